import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { castVote } from "../../../client/index.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { readEntry } from "../../../shared/domain/log/leaf.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import { sealRoll } from "../../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest } from "../../../shared/messages/operators/sealed-laws.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { PublicLaw } from "../../../shared/messages/responses.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { logFilesAt, logKeyOf } from "../../support/log/log-over-http.ts";
import { readPublishedLog } from "../../support/log/published-log.ts";
import { runCommand } from "../../support/processes.ts";
import { type TestTrustees, testTrustees } from "../../support/trustees.ts";
import { doneByTwo, type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// A sealed law from its draft to its count, with votes over HTTP, by two people and the functions' own database roles.
// Each test goes on where the one before it has ended.

vi.setConfig({ testTimeout: limitOf(120) });

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
let trustees: TestTrustees;

beforeAll(async () => {
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  // Before the box is closed, no submission comes into the log: there are never enough.
  const publicLog = { minimumSubmissions: 1_000 };
  const settings = { twoPeople: true, validate: consumer, aggregate: consumer, functions, publicLog };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
  people = twoPeopleOf(env.stack);
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

const LAW = `S-${randomBytes(4).toString("hex")}`;
const voters = newVoters(5);
const [first, second, third, fourth, copier] = voters as readonly Voter[] as readonly [
  Voter,
  Voter,
  Voter,
  Voter,
  Voter,
];
const accepted: string[] = [];
/** What the voters chose, as envelopes: none of it is a choice in clear. */
let copied: string;

const byTwo = (act: Act, request: object) => doneByTwo(people, act, request);
const at = (name: string) => join(env.stack.data_dir, name);
const shown = () => people.anna.look(showLaw, { law_id: LAW });

function sealed(option: number): string {
  const { origin, election_key } = trustees.publicFile;
  const ballot = sealBallot(ballotBox(origin, Buffer.from(election_key, "base64url")), option, randomBytes(SEED_BYTES));
  if (ballot.type !== "sealed") throw new Error(ballot.type);
  return ballot.envelope;
}

/** Sends a vote; it becomes what it says. */
async function cast(
  voter: Voter,
  ballot: { readonly vote: string } | { readonly sealed_vote: string },
): Promise<string> {
  const body = JSON.stringify({ ...voter, law_id: LAW, ...ballot });
  const answer = await env.api.request("POST", "/api/v1/vote", {
    body,
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(202);
  return decided(answer.field("request_id"));
}

/** Waits until a vote that was accepted is decided. */
async function decided(id: string): Promise<string> {
  accepted.push(id);
  await env.until("the vote is decided", async () => (await env.api.receipt(id)).field("status") !== "received");
  return (await env.api.receipt(id)).field("status");
}

/** A command that somebody types. */
function typed(person: string, ...args: readonly string[]) {
  return runCommand("ops", [...args, "--data", env.stack.data_dir], "", { REFERENDUM_OPERATOR: person });
}

describe("a sealed law", () => {
  test("is ready once its keys are registered and tested by two people", async () => {
    const { result } = await added();
    trustees = testTrustees(LAW, result.law.origin ?? "");
    await byTwo(registerKeys, { law_id: LAW, keys: trustees.publicFile });
    await byTwo(registerTest, { law_id: LAW, statement: trustees.statement(1, 3) });
    const file = at("roll.csv");
    await writeFile(file, voters.map(({ nas, code }) => `${nas},${code}\n`).join(""));
    await sendRoll(people.anna, { laws: [LAW], source: file });
    const version = (await env.target.laws.get(LAW))?.version;
    expect(await byTwo(sealRoll, { law_id: LAW, expect: voters.length, version })).toMatchObject({
      law: { state: "open", form: "sealed" },
    });
  });

  async function added() {
    const outcome = await people.anna.perform(laws.addLaw, { law_id: LAW, title: "A sealed law", form: "sealed" });
    if (outcome.kind !== "done") throw new Error("it was proposed");
    return outcome;
  }

  test("takes votes that ingest seals and votes that came sealed, and no copy", async () => {
    copied = sealed(1);
    expect(await cast(first, { vote: "oui" })).toBe("counted");
    expect(await cast(second, { sealed_vote: copied })).toBe("counted");
    expect(await cast(third, { sealed_vote: sealed(0) })).toBe("counted");
    expect(await cast(fourth, { sealed_vote: sealed(7) })).toBe("counted");
    expect(await cast(first, { vote: "non" })).toBe("duplicate");
    expect(await cast(copier, { sealed_vote: copied })).toBe("invalid");
    const promised = await castVote(env.api.url, { ...copier, law_id: LAW, vote: "non" });
    expect(promised).toMatchObject({ sealed: "device", isPromiseChecked: true });
    expect(await decided(promised.requestId)).toBe("counted");
    const { rows } = await env.target.pool.query("select count(*)::int as n from ballots where law_id = $1", [LAW]);
    expect(rows).toEqual([{ n: 0 }]);
    expect(await statusesInLog()).toEqual([]);
  });

  test("is closed, and its box with it", async () => {
    const { in_force_at } = laws.closeLaw.result.parse(await byTwo(laws.closeLaw, { law_id: LAW }));
    const ready = Date.parse(in_force_at ?? "") + 8_500;
    await env.until("it has closed for long enough", async () => Date.now() > ready, 60_000);
    expect(await byTwo(countLaw, { law_id: LAW })).toMatchObject({
      law: { state: "closed", box_closed: true },
      count: null,
      box: { envelopes: 5, duplicate: 1, invalid: 1, openings: [] },
    });
    await env.checkLedger(accepted);
    // Each submission, and the copied envelope once more.
    await env.until("the log has every submission", async () => (await statusesInLog()).length === accepted.length);
    expect((await statusesInLog()).sort()).toEqual([
      "counted",
      "counted",
      "counted",
      "counted",
      "counted",
      "duplicate",
      "invalid",
    ]);
  });

  async function statusesInLog(): Promise<string[]> {
    const law = PublicLaw.parse((await env.api.request("GET", `/api/v1/laws/${LAW}`)).json);
    const { entries } = await readPublishedLog(logFilesAt(env.api.url, LAW), logKeyOf(law));
    return entries.flatMap((entry) => {
      const leaf = readEntry(entry);
      return leaf?.kind === "submission" ? [leaf.status] : [];
    });
  }

  test("is exported, opened by its trustees, and brought back by two people", async () => {
    expect(await typed("anna", "export-box", LAW, "--out", at("box.ndjson"))).toMatchObject({ code: 0 });
    const header = await trustees.open(at("box.ndjson"), at("one.ndjson"));
    await trustees.open(at("box.ndjson"), at("two.ndjson"));
    expect(header).toMatchObject({ envelopes: 5, spoiled: [{ reason: "no_such_option", ballots: 1 }] });
    expect(readFileSync(at("two.ndjson"), "utf8")).toBe(readFileSync(at("one.ndjson"), "utf8"));
    const one = await typed("anna", "bring-opening", LAW, "--file", at("one.ndjson"));
    expect(one.stdout).toMatch(/This is the first opening of the box of .*: 5 envelopes, spoiled: 1 no such option/);
    const again = await typed("anna", "bring-opening", LAW, "--file", at("two.ndjson"));
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/another person brings the second one/) });
    expect((await typed("bruno", "bring-opening", LAW, "--file", at("two.ndjson"))).stdout).toMatch(/second opening/);
  });

  test("is counted with what was opened, and with what was spoiled", async () => {
    expect(await byTwo(countLaw, { law_id: LAW })).toMatchObject({
      law: { state: "counted" },
      count: { oui: 2, non: 2, spoiled: 1, counted: 5, duplicate: 1, invalid: 1 },
    });
    expect(await shown()).toMatchObject({
      missing: [`It is not certified: npm run ops -- certify ${LAW}`],
      box: { openings: [{ brought_by: "anna" }, { brought_by: "bruno" }] },
    });
    await env.checkLedger(accepted);
  });

  test("has a provisional report, with the figures of the log and the result, until it is certified", async () => {
    const [to, data] = [join(env.stack.data_dir, "report"), env.stack.data_dir];
    const written = () => runCommand("laws", ["report", LAW, "--to", to, "--data", data, "--json"]);
    // The last entries come into the log within moments of the count, and the result is some seconds old.
    await env.until("log and result agree", async () => (await written()).code === 0, 60_000);
    const ended = await written();
    expect(JSON.parse(ended.stdout)).toMatchObject({ law_id: LAW, standing: "provisional" });
    const report = JSON.parse(readFileSync(join(to, `provisional-report-${LAW}.json`), "utf8"));
    expect(report).toMatchObject({
      standing: "provisional",
      result: { options: [{ ballots: 2 }, { ballots: 2 }], valid: 4, spoiled: 1 },
      roll: { sealed: 5, eligible: 5 },
      turnout: { voted: 5, percent: 100 },
      submissions: { counted: 5, duplicate: 1, invalid: 1 },
      certificate: null,
    });
    const acts = report.journal.acts.map(({ act, phase }: Record<string, string>) => `${act} ${phase}`);
    expect(acts).toEqual(expect.arrayContaining(["seal-roll approved", "bring-opening done", "count-law done"]));
    expect(JSON.stringify(report)).not.toMatch(/anna|bruno/);
  });
});
