import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { resolve } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { Client } from "../../../proving/faults/client.ts";
import { differences } from "../../../proving/faults/judge.ts";
import type { Figures } from "../../../proving/faults/model.ts";
import { type FaultsReport, faultsText, holds } from "../../../proving/faults/report.ts";
import { SCENARIOS } from "../../../proving/faults/scenarios/index.ts";
import { type Submission, submissionOf } from "../../../proving/faults/voting.ts";
import { seededRandom } from "../../../proving/random.ts";
import { holdsWithin, waitUntil } from "../../../shared/runtime/wait.ts";

describe("the moments of faults", () => {
  test("are the same for the same seed, and different for another", () => {
    const moments = (seed: number) => seededRandom(seed).moments(5, 100, 900);
    expect(moments(7)).toEqual(moments(7));
    expect(moments(8)).not.toEqual(moments(7));
    expect(moments(7)).toEqual(moments(7).toSorted((one, other) => one - other));
    for (const moment of moments(7)) expect(moment >= 100 && moment < 900).toBe(true);
  });

  test("are spread over the whole range", () => {
    const random = seededRandom(1);
    const chosen = Array.from({ length: 300 }, () => random.pick(["a", "b", "c"]));
    expect(new Set(chosen)).toEqual(new Set(["a", "b", "c"]));
    const shuffled = random.shuffled([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled).not.toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("compares what was counted with what was sent", () => {
  const voter = (nas: string, choice: "oui" | "non", isOnRoll = true) => ({ nas, code: "ABC123", choice, isOnRoll });
  const accepted = (one: Submission, ...requestIds: string[]) => {
    for (const requestId of requestIds) one.requestIds.add(requestId);
    return one;
  };
  const one = voter("100000001", "oui");
  const submissions = () => [
    accepted(submissionOf(one), "a"),
    accepted(submissionOf(voter("100000002", "non")), "b"),
    accepted(submissionOf(one), "c"),
    accepted(submissionOf(voter("100000003", "oui", false)), "d"),
  ];
  const right = { audit: { counted: 2, duplicate: 1, invalid: 1 }, tally: { oui: 1, non: 1 } };

  test("and finds nothing wrong", () => {
    expect(differences(submissions(), 4, right)).toEqual([]);
  });

  test.each([
    ["a vote is lost", { ...right.audit, counted: 1 }, right.tally, ["audited submissions: 3", "counted: 1"]],
    ["a duplicate is counted", { counted: 3, duplicate: 0, invalid: 1 }, { oui: 2, non: 1 }, ["counted: 3", "oui: 2"]],
    ["a stranger is counted", { counted: 3, duplicate: 1, invalid: 0 }, { oui: 2, non: 1 }, ["invalid: 0"]],
    ["a choice is changed", right.audit, { oui: 2, non: 0 }, ["oui: 2", "non: 0"]],
  ])("%s", (_, audit, tally, expected) => {
    const found = differences(submissions(), 4, { audit, tally });
    for (const text of expected) expect(found).toContainEqual(expect.stringContaining(text));
  });

  test("a vote that was never accepted, and two request ids for one key, are wrong", () => {
    const all = submissions();
    for (const submission of all.slice(0, 1)) accepted(submission, "a2");
    const refused = { ...submissionOf(voter("100000004", "oui")), refused: "status 400" };
    expect(differences([...all, refused], 4, right)).toEqual([
      "1 votes were never accepted: status 400",
      "a submission got several request ids for one Idempotency-Key",
    ]);
  });
});

describe("the report", () => {
  const [scenario] = SCENARIOS;
  if (scenario === undefined) throw new Error("there are no faults");
  const figures: Figures = {
    accepted: 4_000,
    counted: 3_940,
    duplicate: 40,
    invalid: 20,
    lost: 0,
    countedTwice: 0,
    drainedSeconds: 1.5,
    findings: [],
    note: "",
  };
  const report = (outcomes: FaultsReport["outcomes"]): FaultsReport => ({
    v: 1,
    startedAt: "2026-01-01T00:00:00.000Z",
    machine: "2 × CPU",
    seed: 7,
    rate: 200,
    outcomes,
  });

  test("names beside each fault the mistake that it brings to light", () => {
    const text = faultsText(report([{ scenario, figures }]));
    expect(text).toMatch(/kill-validate +4000 +3940 +40 +20 +0 +0 +1\.5 s +yes +a voter is marked as voted before/);
    expect(text).toContain("Every accepted vote is counted, duplicate or invalid");
  });

  test("says in words what is wrong, and that a fault could not be tried", () => {
    const wrong = { scenario, figures: { ...figures, lost: 1, findings: ["one is lost"] } };
    const outcomes = [wrong, { scenario, failed: "it broke" }, { scenario, skipped: "not on this machine" }];
    const text = faultsText(report(outcomes));
    expect(outcomes.map(holds)).toEqual([false, false, true]);
    for (const part of ["is NOT right", "one is lost", "it broke", "not on this machine", "not here"]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain("Every accepted vote");
  });
});

test("every fault has a unique name, for --only", () => {
  const names = SCENARIOS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z-]*$/);
});

describe("a voter's client", () => {
  let server: Server | undefined;
  let client: Client | undefined;
  afterEach(() => {
    client?.close();
    server?.closeAllConnections();
    server?.close();
  });
  async function against(listener: RequestListener): Promise<Client> {
    server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port was given");
    client = new Client(`http://127.0.0.1:${address.port}`);
    return client;
  }

  test("gives an answer with its status", async () => {
    const voter = await against((_, response) => response.writeHead(202).end('{"request_id":"a"}'));
    expect(await voter.vote({}, "key", 5_000)).toEqual({ status: 202, body: { request_id: "a" } });
  });

  test.each<[string, RequestListener]>([
    ["does not come in time", () => undefined],
    [
      "is cut off",
      (_, response) => response.writeHead(202, { "content-length": 100 }).write("{", () => response.destroy()),
    ],
    ["never comes, because the connection breaks", (request) => request.socket.destroy()],
  ])("has no status when the API %s", async (_, listener) => {
    const voter = await against(listener);
    expect(await voter.get("/", 200)).toEqual({ status: undefined, body: {} });
  });
});

describe("waiting", () => {
  test("repeats a check that fails", async () => {
    let asked = 0;
    const holdsLater = () => {
      asked += 1;
      if (asked < 3) throw new Error("it was just killed");
      return true;
    };
    await waitUntil("it answers", holdsLater, { withinMs: 5_000, everyMs: 1 });
    expect(asked).toBe(3);
  });

  test("fails with the condition and the reason of the last failed check", async () => {
    const away = () => Promise.reject(new Error("nobody there"));
    await expect(waitUntil("it answers", away, { withinMs: 5, everyMs: 1 })).rejects.toThrow(
      "it answers: not within 0.005 s (nobody there)",
    );
    expect(await holdsWithin(() => false, { withinMs: 5, everyMs: 1 })).toBe(false);
  });

  test("is ended by its signal", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(waitUntil("it answers", () => false, { withinMs: 5_000, signal })).rejects.toThrow("enough");
  });
});

describe("docs/faults.md", () => {
  test("has a row for every fault, in their order", () => {
    const page = readFileSync(resolve(import.meta.dirname, "../../../docs/faults.md"), "utf8");
    const named = page.split("\n").flatMap((line) => {
      const [, name, does] = /^\| `([a-z-]+)` \| ([^|]+) \|/.exec(line) ?? [];
      return name === undefined ? [] : [[name, does]];
    });
    expect(named).toEqual(SCENARIOS.map(({ name, does }) => [name, does]));
  });
});
