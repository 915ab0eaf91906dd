import { hash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bundleAt, verify } from "../../client/verify/index.ts";
import { limitOf } from "../../commands/test/tags.ts";
import { sendRoll } from "../../places/operators/send-roll.ts";
import type { LawForm } from "../../shared/domain/law.ts";
import { readCheckpoint } from "../../shared/domain/log/checkpoint.ts";
import { type Leaf, type LeafStatus, readEntry, submissionEntry } from "../../shared/domain/log/leaf.ts";
import { type NoteKey, openNote } from "../../shared/domain/log/note.ts";
import { NO_ENTRY, textHash } from "../../shared/domain/log/public-journal.ts";
import { addLaw } from "../../shared/messages/operators/laws.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest } from "../../shared/messages/operators/sealed-laws.ts";
import { PublicLaw } from "../../shared/messages/responses.ts";
import { once } from "../../shared/runtime/once.ts";
import { buildTestEnvironment, newVoters, type TestEnvironment } from "../support/environment.ts";
import { type GoReader, goReader, readByGo } from "../support/log/go-reader.ts";
import { logFilesAt, logKeyOf } from "../support/log/log-over-http.ts";
import { type LogFiles, type PublishedLog, readPublishedLog } from "../support/log/published-log.ts";
import { testTrustees } from "../support/trustees.ts";
import { type TwoPeople, twoPeopleOf } from "../support/two-people.ts";

vi.setConfig({ testTimeout: limitOf(120), hookTimeout: limitOf(120) });

let env: TestEnvironment;
let people: TwoPeople;
let directory: string;
let go: GoReader;

beforeAll(async () => {
  env = await buildTestEnvironment();
  people = twoPeopleOf(env.stack);
  directory = await mkdtemp(join(tmpdir(), "referendum-log-"));
  go = await goReader(directory);
});
afterAll(async () => {
  await env?.close();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

const filesOf = (lawId: string): LogFiles => logFilesAt(env.api.url, lawId);

async function textAt(lawId: string, path: string): Promise<string> {
  return Buffer.from((await filesOf(lawId)(path)) ?? []).toString("utf8");
}

/** A law with a form, with voters, as operators make one; open for votes. */
async function aLaw(form: LawForm, voters: number) {
  const lawId = `LOG-${randomBytes(4).toString("hex")}`;
  const perform = async <T>(done: Promise<{ kind: string; result?: T }>) => {
    const { kind, result } = await done;
    if (kind !== "done" || result === undefined) throw new Error("it was proposed");
    return result;
  };
  const { law } = addLaw.result.parse(
    await perform(people.anna.perform(addLaw, { law_id: lawId, title: "A law with a log", form })),
  );
  if (form === "sealed") {
    const trustees = testTrustees(lawId, law.origin ?? "");
    await perform(people.anna.perform(registerKeys, { law_id: lawId, keys: trustees.publicFile }));
    await perform(people.anna.perform(registerTest, { law_id: lawId, statement: trustees.statement(1, 3) }));
  }
  const roll = newVoters(voters);
  const source = join(directory, `${lawId}.csv`);
  await writeFile(source, roll.map(({ nas, code }) => `${nas},${code}\n`).join(""));
  await sendRoll(people.anna, { laws: [lawId], source });
  await perform(people.anna.perform(sealRoll, { law_id: lawId, expect: voters }));
  await env.until(
    "the law is open",
    async () => (await env.api.request("GET", `/api/v1/laws/${lawId}`)).status === 200,
  );
  const described = PublicLaw.parse((await env.api.request("GET", `/api/v1/laws/${lawId}`)).json);
  return { lawId, roll, described, key: logKeyOf(described) };
}

/** Lets the log be looked at now: an emulated EventBridge calls the function once a minute. */
async function wake(lawId: string): Promise<void> {
  if (env.stack.stage === "local") return;
  const { target } = env;
  await target.lambda.send(
    new InvokeCommand({
      FunctionName: target.output("LogFunctionName"),
      Payload: Buffer.from(JSON.stringify({ law_id: lawId })),
    }),
  );
}

/** The log once so many submissions are in it. */
async function logWith(lawId: string, key: NoteKey, submissions: number): Promise<PublishedLog> {
  let log: PublishedLog | undefined;
  await env.until(`the log has ${submissions} submissions`, async () => {
    await wake(lawId);
    if ((await filesOf(lawId)("checkpoint")) === undefined) return false;
    log = await readPublishedLog(filesOf(lawId), key);
    return leavesOf(log).filter(({ kind }) => kind === "submission").length >= submissions;
  });
  if (log === undefined) throw new Error("there is no log");
  return log;
}

function leavesOf({ entries }: PublishedLog): Leaf[] {
  return entries.map((entry) => {
    const leaf = readEntry(entry);
    if (leaf === undefined) throw new Error(`this is no entry: ${entry.toString("hex")}`);
    return leaf;
  });
}

const sha256 = (text: string) => hash("sha256", text, "buffer");

/** Checks what a log says beside submissions: its descriptions and its journal. */
async function checkTexts(lawId: string, key: NoteKey, log: PublishedLog): Promise<readonly string[]> {
  const leaves = leavesOf(log);
  const description = openNote(await textAt(lawId, "description"), key);
  expect(leaves[0]).toEqual({ kind: "description", version: 1, text: sha256(description ?? "") });
  expect(await textAt(lawId, "description.1")).toBe(await textAt(lawId, "description"));
  const journalled = leaves.filter((leaf) => leaf.kind === "journal");
  // Others may have come meanwhile.
  const lines = (await textAt(lawId, "journal.ndjson")).split("\n").slice(0, journalled.length);
  expect(journalled).toEqual(
    lines.map((line) => ({ kind: "journal", number: JSON.parse(line).number, text: sha256(line) })),
  );
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1];
    expect(JSON.parse(line).previous).toBe(before === undefined ? NO_ENTRY : textHash(before));
  }
  return lines;
}

async function checkByGo(lawId: string, described: PublicLaw, log: PublishedLog, skip: (why: string) => void) {
  if ("absent" in go) return skip(`left out: ${go.absent}`);
  const found = await readByGo(go.program, `${env.api.url}/api/v1/log/${lawId}/`, described.log?.key ?? "");
  expect(found.origin).toBe(described.origin);
  expect(found.entries.slice(0, log.entries.length)).toEqual(log.entries.map((entry) => entry.toString("hex")));
}

/** The project's own verifier finds nothing wrong with the law, as far as a law that runs can be checked. */
async function checkByVerifier(lawId: string, described: PublicLaw): Promise<void> {
  const address = `${env.api.url}/api/v1/laws/${lawId}`;
  const verification = await verify(bundleAt(address), address, { key: described.log?.key });
  const outcomes = (outcome: string) =>
    verification.checks.filter((check) => check.outcome === outcome).map(({ id }) => id);
  expect(outcomes("fails")).toEqual([]);
  expect(outcomes("holds")).toEqual(
    expect.arrayContaining(["1.02", "1.03", "1.04", "1.05", "2.01", "2.02", "2.03", "2.04", "2.06", "2.11", "2.12"]),
  );
  expect(verification).toMatchObject({ verdict: "running", origin: described.origin, isRememberable: true });
}

describe("the public log of an open law", () => {
  // Both tests are about one law: making another takes a while.
  const law = once(() => aLaw("open", 3));

  test("has its description, its journal and every vote, and Go reads it", async ({ skip }) => {
    const { lawId, roll, described, key } = await law();
    expect(described.log).toEqual({ origin: described.origin, key: expect.stringContaining(`${described.origin}+`) });
    const votes = await Promise.all(roll.map((voter) => env.api.vote({ lawId, voter })));
    const again = await env.api.vote({ lawId, voter: roll[0], vote: "non" });
    const statuses = await env.decided([...votes, again]);
    const log = await logWith(lawId, key, 4);
    const expected = [...votes, again].map((answer, at) =>
      submissionEntry(answer.field("request_id"), undefined, statuses[at] as LeafStatus).toString("hex"),
    );
    const submissions = log.entries.filter((entry) => readEntry(entry)?.kind === "submission");
    expect(submissions.map((entry) => entry.toString("hex")).sort()).toEqual(expected.sort());
    const lines = await checkTexts(lawId, key, log);
    const acts = lines.map((line) => JSON.parse(line)).filter(({ law_id }) => law_id === lawId);
    expect(acts.map(({ act, phase }) => `${act} ${phase}`)).toEqual(
      expect.arrayContaining(["add-law begun", "add-law done", "seal-roll begun", "seal-roll done"]),
    );
    expect(acts.at(-1)).toMatchObject({ role: "operator", by: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(JSON.stringify(acts)).not.toMatch(/anna/);
    await checkByVerifier(lawId, described);
    await checkByGo(lawId, described, log, skip);
  });

  test("is told apart from what there is not, and may be kept", async () => {
    const { lawId, key } = await law();
    await logWith(lawId, key, 0);
    const at = (path: string, method = "GET") => env.api.request(method, `/api/v1/log/${lawId}/${path}`);
    const checkpoint = await at("checkpoint");
    expect(Object.fromEntries(checkpoint.headers)).toMatchObject({
      "content-type": expect.stringMatching(/^text\/plain/),
      "cache-control": "public, max-age=5",
      "access-control-allow-origin": "*",
    });
    const { size } = readCheckpoint(openNote(checkpoint.text, key) ?? "") ?? { size: 0 };
    const tile = await at(`tile/0/000.p/${size}`);
    expect(Object.fromEntries(tile.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect((await at("checkpoint", "HEAD")).status).toBe(200);
    for (const missing of ["tile/0/001", "checkpoints/999999999", "nothing", "..%2f..%2fsecret"]) {
      const answer = await at(missing);
      expect([missing, answer.status, answer.headers.get("content-type")]).toEqual([
        missing,
        404,
        "application/problem+json",
      ]);
    }
    expect((await at("checkpoint", "DELETE")).status).toBe(405);
    expect((await env.api.request("GET", "/api/v1/log/no-such-law/checkpoint")).status).toBe(404);
  });
});

describe("the public log of a sealed law", () => {
  test("has the hash of each envelope", async ({ skip }) => {
    const { lawId, roll, described, key } = await aLaw("sealed", 3);
    const votes = await Promise.all(roll.map((voter) => env.api.vote({ lawId, voter })));
    expect(await env.decided(votes)).toEqual(["counted", "counted", "counted"]);
    const log = await logWith(lawId, key, 3);
    const expected = votes.map((answer) => {
      const { envelope_sha256 } = answer.json["promise"] as { envelope_sha256: string };
      return submissionEntry(answer.field("request_id"), Buffer.from(envelope_sha256, "hex"), "counted").toString(
        "hex",
      );
    });
    const submissions = log.entries.filter((entry) => readEntry(entry)?.kind === "submission");
    expect(submissions.map((entry) => entry.toString("hex")).sort()).toEqual(expected.sort());
    await checkTexts(lawId, key, log);
    await checkByVerifier(lawId, described);
    await checkByGo(lawId, described, log, skip);
  });
});
