import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { MappingConsumer } from "../../../operations/queues/consumer.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { Answer } from "../../support/api-client.ts";
import { type LoggedVotes, loggedVotes } from "../../support/drills/logged-votes.ts";
import { backUp, type Cluster, clusterOf, restore, tidyUp } from "../../support/drills/postgres-copy.ts";
import { auditOf } from "../../support/drills/votes.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";

// docs/runbook.md, "Restoring PostgreSQL to a point in time". RDS's part is played by
// tests/support/drills/postgres-copy.ts.

const PER_SECOND = 150;
/** Requests at once. */
const AT_A_TIME = 50;

let env: TestEnvironment;
let running: StartedStack;
let cluster: Cluster;

beforeAll(async () => {
  // Messages that failed while the database was damaged come back after the visibility timeout. A function has nearly
  // all of it: on a busy machine, a batch may take some seconds.
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  ({ environment: env, running } = await buildOwnEnvironment({
    settings: { validate: consumer, aggregate: consumer, functions },
  }));
  cluster = await clusterOf(env.stack);
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
  if (cluster) await tidyUp(cluster);
});

/** A vote that was accepted. */
interface Cast {
  readonly voter: Voter;
  readonly answer: Answer;
  readonly id: string;
}

async function castAll(lawId: string, voters: readonly Voter[]): Promise<Cast[]> {
  return (await Promise.all(voters.map((voter, index) => voteOf(lawId, voter, index)))).flat();
}

async function voteOf(lawId: string, voter: Voter, index: number): Promise<Cast[]> {
  const answer = await env.api.vote({ lawId, voter, vote: index % 3 === 0 ? "non" : "oui" });
  return answer.status === 202 ? [{ voter, answer, id: answer.field("request_id") }] : [];
}

/** Sends votes at a rate until it is stopped or everybody has voted. @returns the accepted votes */
async function voteAtRate(lawId: string, voters: readonly Voter[], signal: AbortSignal): Promise<Cast[]> {
  const startedMs = Date.now();
  const sent: Promise<Cast[]>[] = [];
  for (const [index, voter] of voters.entries()) {
    if (signal.aborted) break;
    const early = startedMs + (index * 1000) / PER_SECOND - Date.now();
    if (early > 0) await pause(early);
    sent.push(voteOf(lawId, voter, index));
  }
  return (await Promise.all(sent)).flat();
}

function ops(...args: readonly string[]) {
  return runCommand("ops", [...args, "--data", env.stack.data_dir]);
}

/** Requests for each of many, a few at a time: of hundreds at once, the last would wait longer than a request may. */
async function inTurns<T, Out>(of: readonly T[], request: (one: T) => Promise<Out>): Promise<Out[]> {
  const answers: Out[] = [];
  for (let from = 0; from < of.length; from += AT_A_TIME) {
    answers.push(...(await Promise.all(of.slice(from, from + AT_A_TIME).map(request))));
  }
  return answers;
}

/** The statuses of receipts, by request id. */
async function statusesOf(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const statuses = await inTurns(ids, async (id) => (await env.api.receipt(id)).field("status"));
  return new Map(statuses.map((status, index): [string, string] => [ids[index] ?? "", status]));
}

/** The list of `restore-receipts`: the status in the receipt of each submission. */
async function readList(file: string): Promise<ReadonlyMap<string, string>> {
  const [, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  return new Map(
    lines.map((line): [string, string] => {
      const [id = "", , status = ""] = line.split(",");
      return [id, status];
    }),
  );
}

function voterAt(voters: readonly Voter[], index: number): Voter {
  const voter = voters[index];
  if (voter === undefined) throw new Error(`there are only ${voters.length} voters`);
  return voter;
}

/** What acts have left: the digest of the roll, and the journal. */
async function actsOf(lawId: string) {
  const { pool } = env.target;
  const { rows: seal } = await pool.query("select digest, digest_voters from rolls where law_id = $1", [lawId]);
  const { rows } = await pool.query("select number, act, phase, hash from journal order by number");
  return { seal, rows };
}

async function counted(lawId: string): Promise<number> {
  return (await auditOf(env, lawId))["counted"] ?? 0;
}

/** Its public log goes on from what was published: what was lost is said to be, and counted again. */
async function expectRestoredLog(logged: LoggedVotes, lost: ReadonlyMap<string, string>): Promise<void> {
  const { ids, voters } = logged;
  expect(ids.filter((id) => lost.has(id))).toEqual(ids.slice(2));
  expect(await logged.said(6)).toEqual(ids.map((_, index) => (index < 2 ? ["counted"] : ["counted", "lost"])));
  expect(await ops("unfreeze", logged.lawId)).toMatchObject({ code: 0 });
  const again = await Promise.all(voters.slice(2).map((voter) => env.api.vote({ lawId: logged.lawId, voter })));
  expect(new Set(await env.decided(again))).toEqual(new Set(["counted"]));
  await logged.said(8);
  expect(await logged.failures()).toEqual([]);
}

/** What was lost and counted again is certified, and whoever checks what is published finds nothing wrong. */
async function expectCertified({ lawId, failures }: LoggedVotes): Promise<void> {
  const data = ["--data", env.stack.data_dir];
  expect(await runCommand("laws", ["close", lawId, "--yes", ...data])).toMatchObject({ code: 0 });
  const count = async () => (await runCommand("laws", ["count", lawId, "--yes", ...data])).code === 0;
  await env.until("the law is counted", count, 90_000);
  for (const act of ["certify", "publish"]) expect(await ops(act, lawId, "--yes")).toMatchObject({ code: 0 });
  expect(await failures()).toEqual([]);
}

test("after a restore of the database to a point before votes, the ledger is right, acts are in force, lost votes are listed, and their voters vote again", {
  tags: ["faults", "slow"],
  // A duplicate is a dead letter after four deliveries, each 30 s after the one before.
  timeout: limitOf(420),
}, async () => {
  const closesAt = new Date(Date.now() + 4 * 3_600_000).toISOString();
  const { lawId, voters: everybody } = await env.newLaw(4_000, { closes: closesAt });
  const [voters, doubters] = [everybody.slice(22), everybody.slice(0, 20)];
  const [struck, replaced] = [voterAt(everybody, 20), voterAt(everybody, 21)];
  const newCode = newVoters(1)[0].code;
  // Some vote twice, soon or much later, and some are not on the roll.
  const order = voters.flatMap((voter, index) => [
    voter,
    ...(index % 20 === 1 ? voters.slice(index - 1, index) : []),
    ...(index % 20 === 2 ? voters.slice(Math.floor(index / 2), Math.floor(index / 2) + 1) : []),
    ...(index % 20 === 3 ? newVoters(1) : []),
  ]);
  const enough = new AbortController();
  // Some vote only after the failure, however quickly the others are through.
  const logged = await loggedVotes(env);
  await logged.vote(2);
  await logged.said(2);
  const voting = voteAtRate(lawId, order.slice(0, -300), enough.signal);
  await env.until("votes are counted", async () => (await counted(lawId)) >= 200);
  await backUp(cluster);
  const atBackUp = await counted(lawId);
  await logged.vote(2);
  const firstVotes = await castAll(lawId, doubters);
  expect(new Set(await env.decided(firstVotes.map(({ answer }) => answer)))).toEqual(new Set(["counted"]));
  // What operators do after the backup stays in force.
  const change = (kind: string, line: string) =>
    runCommand("voters", [kind, lawId, "--file", "-", "--yes", "--data", env.stack.data_dir], line);
  expect(await change("strike", struck.nas)).toMatchObject({ code: 0 });
  expect(await change("replace", `${replaced.nas},${newCode}`)).toMatchObject({ code: 0 });
  const prolongedTo = new Date(Date.parse(closesAt) + 3_600_000).toISOString();
  const close = ["close", lawId, "--at", prolongedTo, "--yes", "--data", env.stack.data_dir];
  expect(await runCommand("laws", close)).toMatchObject({ code: 0 });
  const { seal, rows: entries } = await actsOf(lawId);
  await env.until("votes are counted after the backup", async () => (await counted(lawId)) >= atBackUp + 200);
  // What is lost of this law is published before.
  await logged.said(4);

  await env.target.pool.query("drop table participation, ballots, vote_audit, vote_results cascade");
  const votingOn = voteAtRate(lawId, order.slice(-300), enough.signal);
  // Decided as duplicates of votes that will be lost; they wait for these until they are settled.
  const secondVotes = await castAll(lawId, doubters);
  await env.until("votes wait", async () => (await queueDepths(env.target)).outcomes > 50);
  for (const law of [lawId, logged.lawId]) expect(await ops("freeze", law)).toMatchObject({ code: 0 });
  enough.abort();
  const cast = [...(await voting), ...(await votingOn), ...firstVotes, ...secondVotes];
  const before = await statusesOf(cast.map(({ id }) => id));

  const mappings = ["ValidateMappingId", "AggregateMappingId"].map(
    (output) => new MappingConsumer(env.target.lambda, env.target.output(output)),
  );
  for (const mapping of mappings) await mapping.pause();
  await restore(env.stack, cluster);
  await env.until("the restored database answers", () => counted(lawId).then(Boolean, () => false));
  const restoredTo = await counted(lawId);
  expect((await actsOf(lawId)).seal).not.toEqual(seal);
  const tooEarly = await ops("rebuild-roll", "--all");
  expect(tooEarly).toMatchObject({ code: 1, stderr: expect.stringContaining("npm run ops -- restore-acts") });
  const broughtBack = await ops("restore-acts");
  expect(broughtBack).toMatchObject({ code: 0, stdout: expect.stringMatching(/, 2 changes of sealed rolls\./) });
  const restored = await actsOf(lawId);
  expect(restored.seal).toEqual(seal);
  expect(restored.rows.slice(0, entries.length)).toEqual(entries);
  expect(await ops("restore-log", logged.lawId)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/The log of \S+ has \d+ entries: \d+ entries of \d+ epochs? were brought back/),
  });
  expect(await ops("restore-log", lawId)).toMatchObject({ code: 1, stderr: expect.stringContaining("no public log") });
  await mappings[1]?.resume();
  const rebuilt = await ops("rebuild-roll", "--all");
  expect(rebuilt).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("validate was disabled before and stays disabled"),
  });
  expect(await mappings[0]?.state()).toBe("Disabled");
  await mappings[0]?.resume();
  expect(await ops("drain")).toMatchObject({ code: 0 });
  // Second votes whose first vote is lost have waited for it, and are dead letters by now.
  expect(await ops("settle", lawId, "--yes")).toMatchObject({ code: 0 });
  const list = join(env.stack.data_dir, "lost.csv");
  expect(await ops("restore-receipts", "--orphans", list, "--mark-lost", "--yes")).toMatchObject({ code: 0 });

  const lost = await readList(list);
  const { rows } = await env.target.pool.query<{ id: string; status: string }>(
    "select request_id as id, status from vote_audit",
  );
  const known = new Map(rows.map(({ id, status }) => [id, status]));
  // Every vote is either known or listed. Of those that only waited none is lost.
  expect(cast.filter(({ id }) => known.has(id) === lost.has(id))).toEqual([]);
  expect(cast.filter(({ id }) => lost.has(id) && before.get(id) === "received")).toEqual([]);
  for (const { id } of secondVotes) expect(known.get(id)).toBe("counted");
  const lostVotes = cast.filter(({ id }) => lost.has(id) && before.get(id) === "counted");
  expect(lostVotes.length).toBeGreaterThanOrEqual(100);
  expect(new Set((await statusesOf([...lost.keys()])).values())).toEqual(new Set(["lost"]));
  const accepted = join(env.stack.data_dir, "accepted.txt");
  await writeFile(accepted, [...known.keys()].join("\n"));
  const verdict = await ops("reconcile", "--accepted", accepted);
  expect(verdict).toMatchObject({ code: 0, stdout: expect.stringContaining("The ledger is clean.") });

  await expectRestoredLog(logged, lost);
  expect(await ops("unfreeze", lawId)).toMatchObject({ code: 0 });
  const law = await env.api.request("GET", `/api/v1/laws/${lawId}`);
  expect(law.field("closes_at")).toBe(prolongedTo);
  const bySealed = await Promise.all([
    env.api.vote({ lawId, voter: struck }),
    env.api.vote({ lawId, voter: replaced }),
    env.api.vote({ lawId, voter: { ...replaced, code: newCode } }),
  ]);
  expect(await env.decided(bySealed)).toEqual(["invalid", "invalid", "counted"]);
  const reasons = await Promise.all(bySealed.map((answer) => env.api.receipt(answer.field("request_id"))));
  expect(reasons.slice(0, 2).map((receipt) => receipt.field("reason"))).toEqual(["struck", "code_replaced"]);
  // A second vote that only waited may have been counted in the place of the lost one.
  const countedVoters = new Set(cast.filter(({ id }) => known.get(id) === "counted").map(({ voter }) => voter));
  const toldTo = lostVotes.filter(({ voter }) => !countedVoters.has(voter));
  const again = await inTurns(toldTo, ({ voter }) => env.api.vote({ lawId, voter }));
  expect(new Set(await env.decided(again))).toEqual(new Set(["counted"]));
  await env.checkLedger([...again, ...bySealed].map((answer) => answer.field("request_id")));
  await expectCertified(logged);
  console.log(
    `restored to ${restoredTo} of ${before.size} accepted votes: ${lost.size} receipts lost, ${lostVotes.length} of them counted, ` +
      `${again.length} of their voters voted again`,
  );
});
