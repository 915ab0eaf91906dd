import { createSecretKey, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { existingLaws } from "../../../operations/laws/existing-laws.ts";
import { runLogNow } from "../../../operations/laws/log-function.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { promiseKeyPair } from "../../../shared/domain/promise.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { logKeyPair } from "../../../shared/runtime/log-keys.ts";
import { noteOf, treeOf, verifierKey } from "../../support/bundle/log-files.ts";
import { type ConcludedStack, concludedStack } from "../../support/conclusion/concluded-stack.ts";
import { type Insider, insiderOf } from "../../support/conclusion/insider.ts";
import { newVoters, type Voter } from "../../support/environment.ts";
import { logFilesAt } from "../../support/log/log-over-http.ts";
import { readPublishedLog } from "../../support/log/published-log.ts";
import { runCommand } from "../../support/processes.ts";
import { writeJson } from "../../support/trustees.ts";

// Somebody with full access to the servers changes something of a law that runs: its roll, its keys, its log.
// docs/verifiability.md has the whole table, and tampered-law.test.ts what is done later.

vi.setConfig({ testTimeout: limitOf(180), hookTimeout: limitOf(240) });

let stack: ConcludedStack;
let insider: Insider;
const named = (name: string) => `${name}-${randomBytes(4).toString("hex")}`;
/** An open law, on whose roll somebody puts a voter. */
const ROLL = named("ROLL");
/** A sealed law, whose election key somebody exchanges. */
const KEY = named("KEY");

const reconcile = async (lawId: string) => {
  const { code, stdout } = await stack.typed("reconcile", "--law", lawId, "--json");
  const { findings } = JSON.parse(stdout);
  return { code, findings: findings.map(({ message }: { message: string }) => message) };
};
const verified = async (bundle: string, ...args: readonly string[]) => {
  const { code, stdout, stderr } = await runCommand("verify", [bundle, ...args, "--json"]);
  expect(stderr).not.toMatch(/cannot be read/);
  const { checks, remembered, proof } = JSON.parse(stdout);
  const fails = checks
    .filter(({ outcome }: { outcome: string }) => outcome === "fails")
    .map(({ id }: { id: string }) => id);
  return { code, fails, remembered, proof };
};
const files = (lawId: string) => logFilesAt(stack.env.api.url, lawId);

beforeAll(async () => {
  stack = await concludedStack();
  insider = insiderOf(stack.env);
  for (const [lawId, form] of [
    [ROLL, "open"],
    [KEY, "sealed"],
  ] as const) {
    await stack.ready(lawId, form, 2);
    await stack.env.until("its log has a description", async () => (await files(lawId)("description")) !== undefined);
  }
});
afterAll(() => stack?.stop());

describe("a second view of a log, signed with its key", () => {
  test("is found by whoever has seen the other one, and by comparing", async () => {
    const { target } = stack.env;
    const [law] = await existingLaws(target, [ROLL]);
    const name = law?.origin ?? "";
    const { privateKey, publicKey } = logKeyPair(await insider.stolen("log"), 1);
    const key = { name, privateKey, publicKey };
    const mine = stack.at("mine.json");
    expect(await verified(stack.address(ROLL), "--remember", mine)).toEqual({
      ...{ code: 3, fails: [], remembered: true, proof: null },
    });
    const { entries } = await readPublishedLog(files(ROLL), { name, publicKey });
    // Another act of the office than the one that everybody else sees.
    const changed = entries.map((entry, at) => {
      if (at < entries.length - 1) return entry;
      const copy = Buffer.from(entry);
      copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
      return copy;
    });
    const tree = treeOf(changed);
    const checkpoint = noteOf(key, `${name}\n${changed.length}\n${tree.root(changed.length).toString("base64")}\n`);
    const view = stack.at("second-view");
    const description = (await files(ROLL)("description")) ?? Buffer.of();
    const written = [
      ...tree.files,
      ["key", `${verifierKey(key)}\n`],
      ["checkpoint", checkpoint],
      ["description", description],
    ] as const;
    for (const [path, bytes] of written) {
      await mkdir(dirname(join(view, path)), { recursive: true });
      await writeFile(join(view, path), bytes);
    }
    const theirs = stack.at("theirs.json");
    expect(await verified(view, "--remember", theirs)).toMatchObject({ code: 3, fails: [], remembered: true });

    const proof = stack.at("two-views.json");
    const compared = await runCommand("verify", [
      "--remember",
      mine,
      "--compare",
      theirs,
      "--proof",
      proof,
      "--lang",
      "en",
    ]);
    expect(compared).toMatchObject({ code: 1, stdout: expect.stringContaining("TWO VIEWS") });
    expect(JSON.parse(await readFile(proof, "utf8")).views).toHaveLength(2);
    const later = await verified(stack.address(ROLL), "--remember", theirs, "--proof", stack.at("forked.json"));
    expect(later).toMatchObject({ code: 1, fails: ["2.05"], remembered: false });
  });
});

describe("a roll that somebody enlarges after it was sealed", () => {
  const [stranger] = newVoters(1);

  async function hashOf(voter: Voter): Promise<Buffer> {
    const { target } = stack.env;
    const [law] = await existingLaws(target, [ROLL]);
    return voterHash(voter.nas, voter.code, ROLL, (await target.keys()).pepper(law?.pepperId));
  }

  test("in Redis alone gives nobody a vote", async () => {
    const hash = await hashOf(stranger);
    await new RedisRoll(stack.env.target.redis).restore(ROLL, [{ voterHash: hash, id: undefined }]);
    await stack.cast(ROLL, stranger, "oui");
    expect(await reconcile(ROLL)).toEqual({ code: 0, findings: [] });
    const { rows } = await stack.env.target.pool.query("select status, reason from vote_audit where law_id = $1", [
      ROLL,
    ]);
    expect(rows).toEqual([{ status: "invalid", reason: "not_on_roll" }]);
  });

  test("in Redis and PostgreSQL is found before the law is counted, and with it the vote", async () => {
    const [other] = newVoters(1);
    const hash = await hashOf(other);
    await new RedisRoll(stack.env.target.redis).restore(ROLL, [{ voterHash: hash, id: undefined }]);
    await insider.asOwner("insert into voter_roll (law_id, voter_hash, person_hash) values ($1, $2, $2)", ROLL, hash);
    await stack.cast(ROLL, other, "oui");
    const { code, findings } = await reconcile(ROLL);
    expect([code, findings]).toEqual([1, [expect.stringMatching(/^1 buckets of the sealed roll have other voters/)]]);
    expect((await verified(stack.address(ROLL))).fails).toEqual([]);
  });

  test("together with its digests is found by whoever reads its log", async () => {
    await insider.asOwner(
      `insert into roll_buckets select r.law_id, get_byte(r.voter_hash, 0) * 256 + get_byte(r.voter_hash, 1), count(*),
         sha256(string_agg(r.voter_hash, ''::bytea order by r.voter_hash))
       from voter_roll r where r.law_id = $1 group by 1, 2
       on conflict (law_id, bucket) do update set voters = excluded.voters, digest = excluded.digest`,
      ROLL,
    );
    await insider.asOwner(
      `update rolls set digest = d.digest, digest_voters = d.voters from roll_digest($1) d where law_id = $1`,
      ROLL,
    );
    const { code, findings } = await reconcile(ROLL);
    expect([code, findings]).toEqual([1, [expect.stringMatching(/^1 digests of the sealed roll .* the last act/)]]);
    await stack.env.until("the log has it", async () => (await files(ROLL)("description.2")) !== undefined);
    expect(await verified(stack.address(ROLL))).toMatchObject({ code: 1, fails: ["1.07"] });
    await stack.close(ROLL);
    await expect(stack.count(ROLL)).rejects.toThrow(/digests of the sealed roll/);
  });
});

describe("an election key that somebody exchanges before anybody has voted", () => {
  const exchanged = electionKeys(randomBytes(32)).election.publicKey.toString("base64url");
  const publicFile = () => writeJson(stack.at("trustees.json"), stack.trusteesOf(KEY).publicFile);

  test("where voters' functions read it is found by trustees, observers and the ledger", async () => {
    const { target } = stack.env;
    const check = () => runCommand("keys", ["check", stack.address(KEY), "--public", publicFile()]);
    expect(await check()).toMatchObject({ code: 0 });
    expect((await verified(stack.address(KEY), "--trustees", publicFile())).fails).toEqual([]);
    await target.dynamoDb.send(
      new UpdateItemCommand({
        TableName: target.output("LawsTableName"),
        Key: { law_id: { S: KEY } },
        UpdateExpression: "SET trustees.election_key = :key",
        ExpressionAttributeValues: { ":key": { S: exchanged } },
      }),
    );
    await stack.env.until("voters are told of it", async () => (await check()).code === 1);
    expect(await check()).toMatchObject({ stdout: expect.stringContaining("Do not vote with it") });
    expect(await verified(stack.address(KEY))).toMatchObject({ code: 1, fails: ["1.05"] });
    expect(await reconcile(KEY)).toEqual({
      code: 1,
      findings: [expect.stringMatching(/in DynamoDB.*: election_key$/)],
    });
  });

  test("in PostgreSQL as well stops the log with an alarm", async () => {
    await insider.asOwner(
      "update laws set trustees = jsonb_set(trustees, '{election_key}', to_jsonb($2::text)) where law_id = $1",
      ...[KEY, exchanged],
    );
    expect(await reconcile(KEY)).toEqual({
      code: 1,
      findings: [expect.stringMatching(/other ones than its log has signed: election_key$/)],
    });
    await stack.env.until("the log stops", async () => {
      const run = await runLogNow(stack.env.target, KEY, 8_000);
      return run?.outcome === "stopped" && /another election_key/.test(run.stopped ?? "");
    });
    expect((await verified(stack.address(KEY), "--trustees", publicFile())).fails).toEqual(["1.05"]);
  });
});

describe("a key of promises that somebody gives a law", () => {
  const PROMISING = named("PROMISING");

  test("is found by the ledger, and by whoever reads its log", async () => {
    await stack.ready(PROMISING, "open", 1);
    await stack.env.until("its log has begun", async () => (await files(PROMISING)("description")) !== undefined);
    const { publicKey } = promiseKeyPair(createSecretKey(randomBytes(32)));
    await insider.asOwner(
      `update laws set promise_keys = promise_keys || jsonb_build_array(
         jsonb_set(jsonb_set(promise_keys->0, '{version}', '2'), '{public_key}', to_jsonb($2::text))) where law_id = $1`,
      ...[PROMISING, publicKey.toString("base64url")],
    );
    expect(await reconcile(PROMISING)).toEqual({
      code: 1,
      findings: [expect.stringMatching(/in DynamoDB.*: promise_keys$/)],
    });
    await stack.env.until("the log has it", async () => (await files(PROMISING)("description.2")) !== undefined);
    expect(await verified(stack.address(PROMISING))).toMatchObject({ code: 1, fails: ["1.10"] });
  });
});
