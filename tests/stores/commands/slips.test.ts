import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { lawsCommand } from "../../../commands/laws.ts";
import { opsCommand } from "../../../commands/ops/command.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { votersCommand } from "../../../commands/voters/command.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import { writeOutcome, writeVote } from "../../../shared/messages/queue.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aRequestId, aVote, aVoterHash } from "../../support/factories.ts";
import { putOn } from "../../support/queues.ts";
import { type CommandLine, startCommandLine, type } from "../support/command-line.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let line: CommandLine;
let laws = 0;

beforeAll(async () => {
  line = await startCommandLine();
});
afterAll(() => line?.stop());
afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  const { PurgeQueueCommand } = await import("@aws-sdk/client-sqs");
  for (const output of ["VotesDlqUrl", "OutcomesDlqUrl"]) {
    await line.stack.target.sqs.send(new PurgeQueueCommand({ QueueUrl: line.stack.target.output(output) }));
  }
});

const ops = (...args: readonly string[]) => type(opsCommand, ...args, ...line.here);
const voters = (...args: readonly string[]) => type(votersCommand, ...args, ...line.here);

async function newLaw(): Promise<string> {
  const lawId = `S-${++laws}`;
  await addReadyLaw(line.stack.target, { lawId, title: "A law" });
  return lawId;
}

test("closing an open law says until when it takes votes and how many voters it has, and wants --yes of a script", async () => {
  const lawId = await newLaw();
  expect(await type(lawsCommand, "close", lawId, ...line.here)).toEqual({
    code: 2,
    out: "",
    err: expect.stringMatching(
      new RegExp(`^${lawId} is open: it takes votes from .* until it is closed\\. Its roll has 0 voters\\..*--yes`),
    ),
  });
  // An end that is announced for later changes nothing yet.
  const later = await type(lawsCommand, "close", lawId, "--at", "2090-01-01T00:00Z", ...line.here);
  expect(later.code).toBe(0);
});

test("a file is compared with the loads of a law: letters are not made from another one unnoticed", async () => {
  const lawId = await newLaw();
  writeFileSync(line.path("roll.csv"), "100000001,AAAAAA\n100000002,BBBBBB\n");
  writeFileSync(line.path("older.csv"), "100000001,AAAAAA\n100000002,OLDCODE\n");
  const check = (name: string) => voters("check", line.path(name), "--law", lawId);
  const before = await check("roll.csv");
  expect(before).toMatchObject({ code: 0, out: expect.stringContaining(`It was not loaded to ${lawId}: no load`) });
  expect(await voters("load", "--law", lawId, "--file", line.path("roll.csv"))).toMatchObject({ code: 0 });
  expect(await voters("seal", lawId, "--expect", "2")).toMatchObject({ code: 0 });
  expect(await check("roll.csv")).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      new RegExp(`It was loaded to ${lawId} at \\S+, all of it\\. The roll has 2 voters, as many as this file\\.\n`),
    ),
  });
  expect(await check("older.csv")).toMatchObject({
    code: 1,
    out: expect.stringMatching(
      /It was not loaded to .* The roll is sealed, so letters must not be made from this file/,
    ),
  });
});

test("a second file on a roll is looked at by --dry-run", async () => {
  const lawId = await newLaw();
  writeFileSync(line.path("first.csv"), "100000001,AAAAAA\n100000002,BBBBBB\n");
  writeFileSync(line.path("second.csv"), "100000003,CCCCCC\nnonsense\n");
  const load = (name: string, ...more: string[]) => voters("load", "--law", lawId, "--file", line.path(name), ...more);
  const first = await load("first.csv", "--dry-run");
  expect(first.out).toMatch(/^first\.csv: 2 lines; 2 voters, 0 lines would be refused\. Nothing was changed\.\n/);
  expect(first.out).toMatch(new RegExp(`${lawId} +0 +0 +not loaded`));
  expect(await load("first.csv")).toMatchObject({ code: 0 });

  const planned = await load("second.csv", "--dry-run", "--json");
  expect(planned.code).toBe(4);
  expect(JSON.parse(planned.out)).toMatchObject({
    dry_run: true,
    voters: 1,
    refused: 1,
    laws: [{ law_id: lawId, postgresql: 2, digest: null }],
  });
  expect(await load("second.csv")).toMatchObject({ code: 4, out: expect.stringMatching(/1 loaded/) });
});

test("several files are all loaded, each with its result, and none if one of them is wrong as a whole", async () => {
  const lawId = await newLaw();
  writeFileSync(line.path("one.csv"), "100000001,AAAAAA\n100000002,BBBBBB\n");
  writeFileSync(line.path("two.csv"), "100000003,CCCCCC\nnonsense\n");
  writeFileSync(line.path("empty.csv"), "nas,code\n");
  const load = (names: readonly string[], ...more: string[]) =>
    voters("load", "--law", lawId, ...names.flatMap((name) => ["--file", line.path(name)]), ...more);
  const refused = await load(["one.csv", "empty.csv"]);
  expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("no voter in empty.csv") });
  const planned = JSON.parse((await load(["one.csv", "two.csv"], "--dry-run", "--json")).out);
  expect(planned).toMatchObject({ dry_run: true, files: [{ voters: 2 }, { voters: 1, refused: 1 }] });
  expect(planned.laws).toMatchObject([{ law_id: lawId, postgresql: 0 }]);

  const { code, out } = await load(["one.csv", "two.csv"]);
  expect(code, "two.csv has a bad line").toBe(4);
  expect(out).toMatch(
    /one\.csv\n.* 2 loaded.*; 2 on the roll now\n.*two\.csv\n.* 1 loaded, .*1 refused.*; 3 on the roll/,
  );
  const again = await load(["two.csv", "one.csv"], "--json");
  expect(JSON.parse(again.out)).toMatchObject({
    files: [
      { file: "two.csv", laws: [{ loaded: 0, known: 1 }] },
      { file: "one.csv", laws: [{ loaded: 0, known: 2 }] },
    ],
  });
  expect(await voters("load", "--law", lawId, "--file", "-", "--file", line.path("one.csv"))).toMatchObject({
    code: 2,
    err: expect.stringContaining("Standard input (--file -) is loaded alone"),
  });
});

test("a second value of an option that takes one is refused, and never taken alone", async () => {
  writeFileSync(line.path("a.csv"), "100000001,AAAAAA\n");
  const twice = ["--file", line.path("a.csv"), "--file", line.path("a.csv")];
  const refusal = { code: 2, out: "", err: expect.stringMatching(/give it once|too many arguments/) };
  expect(await voters("check", line.path("a.csv"), line.path("a.csv"))).toMatchObject(refusal);
  expect(await voters("letters", ...twice, "--law", "L", "--out", line.path("letters"))).toMatchObject(refusal);
  for (const kind of ["add", "replace", "strike"]) {
    expect(await voters(kind, "L", ...twice), kind).toMatchObject(refusal);
  }
});

test("redrive --dry-run counts what would be sent back, and moves nothing", async () => {
  const lawId = await newLaw();
  const votes = [1, 2, 3].map(() => writeVote(aVote({ lawId })));
  await putOn(line.stack.target, "votesDeadLetters", [...votes, "not a vote"]);
  const { code, out } = await ops("redrive", "--dry-run");
  expect([code, out]).toEqual([
    0,
    "votes: 3 dead letters would be sent back, of 3 readable and 1 unreadable ones\n" +
      "outcomes: 0 dead letters would be sent back, of 0 readable and 0 unreadable ones\nNothing was changed.\n",
  ]);
  const some = await ops("redrive", "votes", "--dry-run", "--all", "--max", "2", "--json");
  expect(JSON.parse(some.out)).toMatchObject({ dry_run: true, queues: [{ queue: "votes", would_move: 2 }] });
  expect(await queueDepths(line.stack.target)).toMatchObject({ votes: 0, votesDeadLetters: 4 });
});

test("settle says how many voters would be counted, by --dry-run and before it asks", async () => {
  const lawId = await newLaw();
  const twice = aVoterHash();
  const duplicates = [twice, twice, aVoterHash()].map((voterHash) => ({
    ...aVote({ lawId, voterHash }),
    requestId: aRequestId(lawId),
  }));
  await putOn(line.stack.target, "outcomesDeadLetters", [
    ...duplicates.map((vote) => writeOutcome(vote, "duplicate")),
    writeOutcome(aVote({ lawId: await newLaw() }), "duplicate"),
  ]);
  const sentences = `${lawId} has 3 dead letters of outcomes. 2 voters without a counted vote would be counted by their earliest submission, and 1 other dead letter sent back.`;
  expect(await ops("settle", lawId, "--dry-run")).toEqual({
    code: 0,
    out: `${sentences} Nothing was changed.\n`,
    err: "",
  });
  const plan = await ops("settle", lawId, "--dry-run", "--json");
  expect(JSON.parse(plan.out)).toEqual({
    dry_run: true,
    law_id: lawId,
    dead_letters: 3,
    would_count: 2,
    would_send_back: 1,
    without_choice: 0,
    complete: true,
  });
  const asked = await ops("settle", lawId);
  expect(asked).toEqual({ code: 2, out: "", err: expect.stringMatching(new RegExp(`^${sentences}`)) });
  expect(await queueDepths(line.stack.target)).toMatchObject({ outcomes: 0, outcomesDeadLetters: 4 });
});

test("restore-receipts --dry-run counts what is missing and what is not known; --mark-lost says so before it asks", async () => {
  const lawId = await newLaw();
  const { dynamoDb, pool } = line.stack.target;
  const fail = (error: unknown) => {
    throw error;
  };
  const receipts = new DynamoReceiptStore(dynamoDb, "receipts", { pause: async () => undefined, onError: fail });
  const at = new Date().toISOString();
  const orphan = aRequestId(lawId);
  await receipts.putAll([{ requestId: orphan, lawId, status: "counted", acceptedAt: at, updatedAt: at }]);
  await pool.query(
    `insert into vote_audit (request_id, voter_hash, law_id, status, "timestamp") values ($1, $2, $3, 'invalid', now())`,
    [aRequestId(lawId), Buffer.from(aVoterHash(), "hex"), lawId],
  );
  const planned = await ops("restore-receipts", "--dry-run", "--json");
  expect(JSON.parse(planned.out)).toMatchObject({ dry_run: true, missing: 1, orphans: [{ request_id: orphan }] });
  const text = await ops("restore-receipts", "--dry-run");
  expect(text.out).toMatch(
    /^1 receipts are missing\. Nothing was changed\.\n1 receipts say what PostgreSQL does not know, 1/,
  );

  const marking = await ops("restore-receipts", "--orphans", line.path("lost.csv"), "--mark-lost");
  expect(marking).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(new RegExp(`^1 receipt of ${lawId}, 1 of them "counted", will say "lost".*--yes`)),
  });
  const again = await ops("restore-receipts", "--orphans", line.path("marked.csv"), "--mark-lost", "--yes");
  expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/0 missing.*\n.*they say "lost" now/) });
  expect(JSON.parse((await ops("restore-receipts", "--dry-run", "--json")).out)).toMatchObject({ orphans: [] });
});

test("abandon-load says how many voters there are, and wants the number and --yes of a script", async () => {
  const lawId = await newLaw();
  await line.stack.target.pool.query(
    `insert into roll_work (law_id, kind, source_id, source_name, lines_done) values ($1, 'load', '\\x01', 'members.csv', 0)`,
    [lawId],
  );
  const told = await voters("abandon-load", "--law", lawId);
  expect(told).toMatchObject({
    code: 2,
    out: "",
    err: expect.stringMatching(
      new RegExp(`has 0 voters now;.*abandon-load --data \\S+ --law ${lawId} --voters 0 --yes\n$`),
    ),
  });
  expect(await voters("abandon-load", "--law", lawId, "--voters", "0")).toMatchObject({ code: 2 });
  expect(await voters("abandon-load", "--law", lawId, "--voters", "5", "--yes")).toMatchObject({ code: 1 });
});
