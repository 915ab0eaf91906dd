import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { OperatorsApi } from "../../../places/operators/client.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import { redrive, settle } from "../../../shared/messages/operators/queues.ts";
import { sealRoll } from "../../../shared/messages/operators/rolls.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { writeOutcome } from "../../../shared/messages/queue.ts";
import { LawResult } from "../../../shared/messages/responses.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import { putOn, takeOff } from "../../support/queues.ts";
import { doneByTwo, type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// The whole life of a law by two people, on a stage that wants both, with the functions' own database roles. Each test
// goes on where the one before it has ended.

vi.setConfig({ testTimeout: limitOf(120) });

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
let anna: OperatorsApi;

beforeAll(async () => {
  // A law is counted after the visibility timeout and some seconds, and a vote that fails comes again after it.
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  const settings = { twoPeople: true, validate: consumer, aggregate: consumer, functions };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
  people = twoPeopleOf(env.stack);
  anna = people.anna;
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

const LAW = `W-${randomBytes(4).toString("hex")}`;
const voters = newVoters(4);
const [first, second, absent] = voters as readonly Voter[] as readonly [Voter, Voter, Voter];
const accepted: string[] = [];

const byTwo = (act: Act, request: object) => doneByTwo(people, act, request);

const refusalOf = (act: Act, request: object) =>
  anna.perform(act, request).then(
    () => "nothing",
    (error: Error) => error.message,
  );
const shown = () => anna.look(showLaw, { law_id: LAW });
const resultOf = async () => LawResult.parse((await env.api.results(LAW)).json);

async function load(lines: readonly Voter[]) {
  const file = join(env.stack.data_dir, "life.csv");
  await writeFile(file, lines.map(({ nas, code }) => `${nas},${code}\n`).join(""));
  return sendRoll(anna, { laws: [LAW], source: file });
}

async function vote(voter: Voter, choice: "oui" | "non", status = 202): Promise<void> {
  const answer = await env.api.vote({ lawId: LAW, voter, vote: choice });
  expect(answer.status).toBe(status);
  if (status === 202) accepted.push(answer.field("request_id"));
}

describe("a law", () => {
  test("is added as a draft and changed, and takes no votes", async () => {
    await anna.perform(laws.addLaw, { law_id: LAW, title: "A law", expected_voters: 3, results: "after_close" });
    const change = { law_id: LAW, title_fr: "Une loi", title_en: "A law", expected_voters: 4 };
    expect(await anna.perform(laws.changeDraft, change)).toMatchObject({
      result: {
        changed: true,
        law: { state: "draft", title_fr: "Une loi", expected_voters: 4, results: "after_close" },
      },
    });
    expect((await shown()).missing.join("\n")).toMatch(
      /no roll.*\n.*not sealed, and no vote is accepted: npm run voters -- seal .* --expect 4/s,
    );
    await vote(first, "oui", 404);
  });

  test.each([
    ["opened", laws.openLaw, {}],
    ["closed", laws.closeLaw, {}],
    ["frozen", laws.freezeLaw, {}],
    ["unfrozen", laws.unfreezeLaw, {}],
    ["settled", settle, {}],
    ["counted", countLaw, {}],
  ] as const)("that is a draft is not %s", async (_, act: Act, more) => {
    expect(await refusalOf(act, { law_id: LAW, ...more })).toMatch(/is a draft and takes no votes.*seal/);
  });

  test("has its roll loaded, and sealed by two people with exactly the expected number", async () => {
    await load(voters.slice(0, 3));
    expect(await refusalOf(sealRoll, { law_id: LAW, expect: 3 })).toMatch(/expects 4 voters, not 3.*laws -- change/);
    expect(await refusalOf(sealRoll, { law_id: LAW, expect: 4 })).toMatch(/has 3 voters, 1 fewer than the 4/);
    await load(voters);
    const version = (await env.target.laws.get(LAW))?.version;
    expect(await byTwo(sealRoll, { law_id: LAW, expect: 4, version })).toMatchObject({
      law: { state: "open", sealed_voters: 4 },
    });
  });

  test("that is sealed is not loaded, changed, sealed with another number, or counted", async () => {
    await expect(load(newVoters(1))).rejects.toThrow(/is sealed with 4 voters/);
    expect(await refusalOf(laws.changeDraft, { law_id: LAW, title: "Another" })).toMatch(/is no draft any more/);
    expect(await refusalOf(sealRoll, { law_id: LAW, expect: 5 })).toMatch(/is sealed with 4 voters/);
    expect(await refusalOf(countLaw, { law_id: LAW })).toMatch(/has not closed: it closes when somebody closes it/);
  });

  test("takes votes, and tells nobody how they are", async () => {
    // Somebody asked for it while it was a draft: for a moment, ingest remembers that there was no such law.
    await env.until("ingest knows the law", async () => {
      const answer = await env.api.vote({ lawId: LAW, voter: first, vote: "oui" });
      if (answer.status === 202) accepted.push(answer.field("request_id"));
      return answer.status === 202;
    });
    await vote(second, "non");
    await vote(first, "non");
    const [stranger] = newVoters(1);
    await vote(stranger, "oui");
    const answers = await Promise.all(accepted.map((id) => env.api.receipt(id)));
    expect((await env.decided(answers)).toSorted()).toEqual(["counted", "counted", "duplicate", "invalid"]);
    expect(await resultOf()).toMatchObject({ state: "voting", total_votes: 0, updated_at: null });
    const law = await env.api.request("GET", `/api/v1/laws/${LAW}`);
    expect(law.json).toMatchObject({ results: "after_close", state: "open" });
  });

  test("is closed by two people at a moment that every ingest knows before, and says which window comes", async () => {
    const { in_force_at, now } = laws.closeLaw.result.parse(await byTwo(laws.closeLaw, { law_id: LAW }));
    if (in_force_at === null) throw new Error("nothing was changed");
    expect(Date.parse(in_force_at)).toBeGreaterThan(Date.parse(now));
    const { windows } = await shown();
    expect(windows).toMatchObject([
      { closes_at: null, from: null, until: in_force_at },
      { closes_at: in_force_at, from: in_force_at, until: null },
    ]);
    await env.until("the law has closed", async () => Date.now() >= Date.parse(in_force_at));
    await vote(absent, "oui", 409);
  });

  test("that has just closed is not counted yet, and the refusal says until when", async () => {
    expect(await refusalOf(countLaw, { law_id: LAW })).toMatch(/is counted 8 seconds after that at the soonest, at 20/);
    expect(await refusalOf(laws.openLaw, { law_id: LAW })).toMatch(/has closed.*Its result may be known/);
  });

  test("is not counted while nothing can read a dead letter", async () => {
    await putOn(env.target, "votesDeadLetters", ["not a message"]);
    await env.until(
      "it has closed for long enough",
      async () =>
        /Nothing can read 1 dead letters/.test(await refusalOf(countLaw, { law_id: LAW })) &&
        !/at the soonest/.test(await refusalOf(countLaw, { law_id: LAW })),
    );
    expect(await takeOff(env.target, "votesDeadLetters", "not a message")).toBe(true);
  });

  test("is counted by two people, and its result is final", async () => {
    await env.checkLedger(accepted);
    const counted = countLaw.result.parse(await byTwo(countLaw, { law_id: LAW }));
    expect(counted).toMatchObject({
      law: { state: "counted" },
      count: { oui: 1, non: 1, counted: 2, duplicate: 1, invalid: 1 },
    });
    await env.until("the result is published", async () => (await resultOf()).state === "published");
    expect(await resultOf()).toMatchObject({ oui_count: 1, non_count: 1, total_votes: 2 });
  });

  test("without a log has a report that says that it is not certified", async () => {
    const [to, data] = [join(env.stack.data_dir, "report"), env.stack.data_dir];
    const ended = await runCommand("laws", ["report", LAW, "--to", to, "--data", data]);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("NOT CERTIFIED") });
    const report = JSON.parse(await readFile(join(to, `uncertified-report-${LAW}.json`), "utf8"));
    expect(report).toMatchObject({
      standing: "not_certified",
      result: { options: [{ ballots: 1 }, { ballots: 1 }], valid: 2, spoiled: 0 },
      turnout: { voted: 2 },
    });
  });

  test.each([
    ["opened", laws.openLaw, {}],
    ["opened again", laws.openLaw, { reopen: true }],
    ["closed", laws.closeLaw, {}],
    ["frozen", laws.freezeLaw, {}],
    ["unfrozen", laws.unfreezeLaw, {}],
    ["changed", laws.changeDraft, { title: "Another" }],
    ["settled", settle, {}],
    ["sealed", sealRoll, { expect: 5 }],
  ] as const)("that is counted is not %s", async (_, act: Act, more) => {
    expect(await refusalOf(act, { law_id: LAW, ...more })).toMatch(/is counted, and nothing changes it any more/);
  });

  test("keeps its count when a vote turns up afterwards, which stays a dead letter and can be redriven", async () => {
    const { keyVersion, pepperId } = (await env.target.laws.get(LAW)) ?? {};
    const keys = await env.target.keys();
    const { requestIdMac } = (await env.target.requestIdKeys()).ofVersion(keyVersion ?? 1);
    const hash = voterHash(absent.nas, absent.code, LAW, keys.pepper(pepperId)).toString("hex");
    const requestId = issueRequestId(uuidV7(Date.now(), randomBytes(16)), LAW, keyVersion ?? 1, requestIdMac);
    const acceptedAt = (await env.target.laws.get(LAW))?.opensAt ?? "";
    const body = writeOutcome({ requestId, lawId: LAW, voterHash: hash, choice: "oui", acceptedAt }, "accepted");
    await putOn(env.target, "outcomes", [body]);
    const isDead = async () => {
      const { outcomes, outcomesDeadLetters } = await queueDepths(env.target);
      return outcomes === 0 && outcomesDeadLetters === 1;
    };
    await env.until("it is a dead letter", isDead, 60_000);
    await anna.perform(redrive, { queues: ["outcomes"] });
    await env.until("it is a dead letter again", isDead, 60_000);
    expect(await resultOf()).toMatchObject({ state: "published", total_votes: 2 });
    expect((await env.api.receipt(requestId)).field("status")).toBe("received");
    expect((await shown()).count).toMatchObject({ counted: 2 });
  });

  test("shows who did what, with both people", async () => {
    const { entries } = await shown();
    const told = entries.map(({ operator, act, phase }) => `${operator}: ${act} ${phase}`);
    for (const entry of [
      "anna: add-law done",
      "anna: change-draft done",
      "anna: seal-roll proposed",
      "bruno: seal-roll approved",
      "anna: close-law done",
      "bruno: count-law approved",
      "anna: count-law done",
    ]) {
      expect(told).toContain(entry);
    }
  });
});
