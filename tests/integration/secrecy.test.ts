import { randomBytes, randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cannotRun } from "../../commands/test/target-exceptions.ts";
import { readLocalDescription } from "../../places/stack-description.ts";
import { CHOICES } from "../../shared/domain/ballot.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { addLawOfForm } from "../support/add-law-of-form.ts";
import { closeForAll } from "../support/close-law.ts";
import { buildTestEnvironment, loadVoters, type TestEnvironment, type Voter } from "../support/environment.ts";
import { databaseRows, dynamoItems, files, formsOf, type Place, redisKeys } from "../support/everything.ts";

let env: TestEnvironment;
let lawId: string;
const sealedLawId = `T-sealed-${randomBytes(6).toString("hex")}`;
let requestIds: readonly string[];
const digits = () => String(randomInt(100_000_000, 1_000_000_000));
const voters: readonly Voter[] = Array.from({ length: 6 }, (_, index) => ({
  nas: digits(),
  code: `Recognisable${digits()}Code${index}`,
}));
const strangers: readonly Voter[] = [{ nas: digits(), code: `Stranger${digits()}Code` }];
/** Everybody's NAS and codes, plain, spaced, as hex and as base64. */
const secrets = [...voters, ...strangers].flatMap(({ nas, code }) => [
  ...formsOf(nas),
  ...formsOf(code),
  Buffer.from(nas.replace(/(...)(...)(...)/, "$1 $2 $3")),
]);

beforeAll(async () => {
  env = await buildTestEnvironment();
  ({ lawId } = await env.newLaw(null));
  await loadVoters(env.target, [lawId], voters);
  const spaced = voters.map(({ nas, code }) => ({ code, nas: nas.replace(/(...)(...)(...)/, "$1 $2 $3") }));
  const answers = await Promise.all(
    [...voters, ...spaced, ...strangers].map((voter, index) =>
      env.api.vote({ lawId, voter, vote: index % 2 === 0 ? "oui" : "non", idempotencyKey: `key-${index}` }),
    ),
  );
  // Refused requests must not be stored either.
  for (const { nas, code } of voters) {
    await env.api.post(JSON.stringify({ nas, code, law_id: lawId, vote: "maybe", [nas]: code }));
    await env.api.request("GET", `/api/v1/votes/${nas}-${code}`);
    await env.api.post(`${nas},${code}`, { "content-type": "text/csv" });
  }
  const statuses = await env.decided(answers);
  expect([...statuses].sort()).toEqual([...Array(6).fill("counted"), ...Array(6).fill("duplicate"), "invalid"]);
  requestIds = answers.map((answer) => answer.field("request_id"));
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

/** Every place of storage of the stack. */
async function* everything(): AsyncGenerator<Place> {
  yield* databaseRows(env.target);
  yield* redisKeys(env.target);
  yield* dynamoItems(env.target);
  if (cannotRun(env.stack.stage, "files") !== undefined) return;
  const { data_dir, credentials_file } = env.stack;
  yield* files(data_dir, [credentials_file]);
  const postgresDir = readLocalDescription(data_dir)?.postgres_dir;
  if (postgresDir !== undefined) yield* files(postgresDir, []);
}

async function placesWith(places: AsyncGenerator<Place>, wanted: readonly Buffer[]): Promise<string[]> {
  const found = new Set<string>();
  let looked = 0;
  for await (const { name, content } of places) {
    looked += 1;
    if (wanted.some((secret) => content.includes(secret))) found.add(name);
  }
  expect(looked).toBeGreaterThan(0);
  return [...found];
}

describe("no NAS and no code is", () => {
  test("in a table of the database", async () => {
    expect(await placesWith(databaseRows(env.target), secrets)).toEqual([]);
  });

  test("in Redis", async () => {
    expect(await placesWith(redisKeys(env.target), secrets)).toEqual([]);
  });

  test("in DynamoDB", async () => {
    expect(await placesWith(dynamoItems(env.target), secrets)).toEqual([]);
  });

  test("in a file of the data directory: no queue, no log, no database's log", async ({ skip }) => {
    const { data_dir, credentials_file } = env.stack;
    const elsewhere = cannotRun(env.stack.stage, "files");
    if (elsewhere !== undefined) return skip(elsewhere);
    expect(await placesWith(files(data_dir, [credentials_file]), secrets)).toEqual([]);
    const postgresDir = readLocalDescription(data_dir)?.postgres_dir;
    expect(postgresDir).toBeDefined();
    if (postgresDir !== undefined) expect(await placesWith(files(postgresDir, []), secrets)).toEqual([]);
  });
});

describe("after counting, a voter and a choice meet nowhere", () => {
  test("no table has a choice beside a voter hash or a request id", async () => {
    const { rows } = await env.target.pool.query<{ table_name: string; columns: string[] }>(
      "select table_name::text, array_agg(column_name::text) as columns from information_schema.columns " +
        "where table_schema = 'public' group by table_name",
    );
    const choices = rows.filter(({ columns }) => columns.includes("choice"));
    expect(choices.map(({ table_name }) => table_name)).toEqual(["ballots"]);
    expect(choices[0]?.columns.sort()).toEqual(["ballot_id", "choice", "law_id"]);
  });

  test("no row, item or key that names a voter or a submission says oui or non", async () => {
    const names = [...voters.map(({ nas, code }) => voterHash(nas, code, lawId)), ...requestIds].flatMap((name) =>
      typeof name === "string" ? [Buffer.from(name)] : [name, Buffer.from(name.toString("hex"))],
    );
    for (const places of [databaseRows(env.target), dynamoItems(env.target), redisKeys(env.target)]) {
      for await (const { name, content } of places) {
        if (!names.some((one) => content.includes(one))) continue;
        expect(content.toString(), name).not.toMatch(/\b(oui|non)\b/);
      }
    }
  });

  test("no log line names a voter, and none names a choice", async ({ skip }) => {
    const elsewhere = cannotRun(env.stack.stage, "files");
    if (elsewhere !== undefined) return skip(elsewhere);
    const hashes = voters.map(({ nas, code }) => Buffer.from(voterHash(nas, code, lawId).toString("hex")));
    expect(await placesWith(files(`${env.stack.data_dir}/logs`, []), hashes)).toEqual([]);
    expect(await placesWith(files(`${env.stack.data_dir}/logs`, []), [Buffer.from('"choice"')])).toEqual([]);
  });

  test("no message that was processed is left in the queues' file", async ({ skip }) => {
    const elsewhere = cannotRun(env.stack.stage, "files");
    if (elsewhere !== undefined) return skip(elsewhere);
    const hashes = voters.map(({ nas, code }) => Buffer.from(voterHash(nas, code, lawId).toString("hex")));
    await env.until(
      "the file is free of them",
      async () => (await placesWith(files(`${env.stack.data_dir}/queue`, []), hashes)).length === 0,
    );
  });
});

describe("a sealed law", () => {
  /** Sealed by the client and by `ingest`, each also a second time, and once by a stranger to the roll. */
  async function cast() {
    const { law } = await addLawOfForm(env.target, sealedLawId, "sealed");
    await loadVoters(env.target, [sealedLawId], voters);
    const box = ballotBox(law.origin ?? "", Buffer.from(law.trustees?.electionKey ?? "", "base64url"));
    const post = (voter: Voter | undefined, ballot: object) =>
      env.api.post(JSON.stringify({ ...voter, law_id: sealedLawId, ...ballot }));
    const ballots = CHOICES.flatMap((vote, option) => {
      const ballot = sealBallot(box, option, randomBytes(SEED_BYTES));
      return ballot.type === "sealed" ? [{ sealed_vote: ballot.envelope }, { vote }] : [];
    });
    const answers = await Promise.all([
      ...ballots.map((ballot, at) => post(voters[at], ballot)),
      ...ballots.map((ballot, at) => post(voters[at], "vote" in ballot ? { vote: "oui" } : ballot)),
      post(strangers[0], { vote: "non" }),
    ]);
    for (const ballot of ballots) {
      const both = { vote: "non", sealed_vote: "x", ...ballot };
      expect((await post(voters[5], both)).status, "both are refused, and not kept either").toBe(400);
    }
    return answers;
  }

  /** The places where a law stands beside a choice, as in a message, an item or a row of a table's file. */
  async function choicesOf(law: string): Promise<string[]> {
    // A message or line, and a row of `ballots`: the law, 16 bytes of an id, the choice.
    const beside = [`\\{[^{}]*${law}[^{}]*\\}`, `${law}[\\s\\S]{0,24}`].map((near) => new RegExp(near, "g"));
    const found = new Set<string>();
    for await (const { name, content } of everything()) {
      if (!content.includes(law)) continue;
      // The public description of a law names its options; those are nobody's choice.
      const text = content.toString("latin1").replaceAll(/["\\]+options["\\]+:\s*\[[^\]]*\]/g, "");
      const isFile = name.startsWith("file ");
      const near = isFile ? beside.flatMap((pattern) => text.match(pattern) ?? []) : [text];
      if (near.some((some) => /(?<![a-z])(oui|non)(?![a-z_])/.test(some))) found.add(name.replace(/ .*\//, " "));
    }
    return [...found];
  }

  test("has no choice in any queue, dead letter, log, table, item, key or file, while it is open and after", async () => {
    const answers = await cast();
    const decided = env.decided(answers);
    // Some are on their way.
    expect(await choicesOf(sealedLawId)).toEqual([]);
    expect([...new Set(await decided)].sort()).toEqual(["counted", "duplicate", "invalid"]);
    await closeForAll(env, sealedLawId);
    expect(await choicesOf(sealedLawId)).toEqual([]);
    const ofAnother = await choicesOf(lawId);
    expect(ofAnother, "the search finds those of another law").toContain("table public.ballots");
    if (cannotRun(env.stack.stage, "files") === undefined) {
      expect(ofAnother, "in a file of the database as well").toContainEqual(
        expect.stringMatching(/^file [0-9A-F]{24}$/),
      );
    }
  });
});
