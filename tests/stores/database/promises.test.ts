import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import { envelopeSha256, promiseBytes } from "../../../shared/domain/promise.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, macsOf } from "../../support/factories.ts";
import { aCopyOf, anEnvelope, aSealedVote, lawWithVoters, recordedIn } from "../support/laws-of-forms.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS, openPool } from "../support/votes.ts";

let servers: Servers;
let pool: pg.Pool;
let store: PostgresOutcomeStore;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = openPool({ connectionString: servers.postgresUrl, max: 4 });
  store = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

const auditOf = async (requestId: string) => {
  const { rows } = await pool.query("select status, envelope_sha256, promise from vote_audit where request_id = $1", [
    requestId,
  ]);
  return rows[0];
};
const repeatedOf = async (lawId: string) => {
  const { rows } = await pool.query(
    "select request_id, envelope_sha256, promise from repeated_submissions where law_id = $1 order by promise",
    [lawId],
  );
  return rows;
};
const boxOf = async (lawId: string) => {
  const { rows } = await pool.query("select envelope from ballot_box where law_id = $1", [lawId]);
  return rows.map(({ envelope }) => envelope.toString("base64url"));
};

describe("the audit of a law with a form", () => {
  test("keeps what was promised, and for which envelope", async () => {
    const sealed = await lawWithVoters(pool, "sealed", 1);
    const vote = aSealedVote(sealed.lawId, sealed.voters[0]);
    const [recorded] = await store.record([vote]);
    const digest = envelopeSha256(vote.sealed);
    expect(recorded?.envelopeSha256).toBe(digest.toString("hex"));
    expect(await auditOf(vote.requestId)).toEqual({
      status: "counted",
      envelope_sha256: digest,
      promise: promiseBytes(vote.macs.promise),
    });
    const open = await lawWithVoters(pool, "open", 1);
    const plain = aDecidedVote({ lawId: open.lawId, voterHash: open.voters[0] ?? "" });
    const promised = { ...plain, macs: macsOf(plain) };
    const [one] = await store.record([promised]);
    expect(one).not.toHaveProperty("envelopeSha256");
    const { promise, envelope_sha256 } = await auditOf(plain.requestId);
    expect([promise, envelope_sha256]).toEqual([promiseBytes(promised.macs.promise), null]);
  });

  test("keeps nothing of a law without a form", async () => {
    const { lawId, voters } = await lawWithVoters(pool, null, 1);
    const vote = aDecidedVote({ lawId, voterHash: voters[0] ?? "" });
    expect(await recordedIn(store, [vote])).toEqual(["counted"]);
    expect(await auditOf(vote.requestId)).toEqual({ status: "counted", envelope_sha256: null, promise: null });
  });

  test("takes no vote without a promise", async () => {
    const { lawId, voters } = await lawWithVoters(pool, "open", 1);
    const { requestId } = aDecidedVote({ lawId });
    const { rows } = await pool.query(
      `select * from record_votes(array[$1], array[$2], array[decode($3, 'hex')], array['accepted'], array['oui'],
         array[now()], array[1::bigint], array['open'], array[null::bytea], array[null::bytea])`,
      [requestId, lawId, voters[0]],
    );
    expect([rows, await auditOf(requestId)]).toEqual([[], undefined]);
  });
});

describe("a further envelope of a submission", () => {
  test("is noted once with its promise, is not counted, and changes nothing of the first", async () => {
    const { lawId, voters } = await lawWithVoters(pool, "sealed", 1);
    const first = aSealedVote(lawId, voters[0]);
    const second = aSealedVote(lawId, voters[0], anEnvelope(), { requestId: first.requestId });
    expect(await recordedIn(store, [first])).toEqual(["counted"]);
    for (const outcome of ["accepted", "duplicate", "invalid"] as const) {
      expect(await recordedIn(store, [{ ...second, outcome }])).toEqual(["counted"]);
    }
    expect(await boxOf(lawId)).toEqual([first.sealed]);
    expect(await auditOf(first.requestId)).toMatchObject({ promise: promiseBytes(first.macs.promise) });
    const noted = {
      request_id: first.requestId,
      envelope_sha256: envelopeSha256(second.sealed),
      promise: promiseBytes(second.macs.promise),
    };
    expect(await repeatedOf(lawId)).toEqual([noted]);
    expect(await recordedIn(store, [first]), "the first one again").toEqual(["counted"]);
    expect(await repeatedOf(lawId)).toEqual([noted]);
  });

  test("does not make an invalid submission count: that takes another submission", async () => {
    const { lawId, voters } = await lawWithVoters(pool, "sealed", 2);
    const original = aSealedVote(lawId, voters[0]);
    const copy = aSealedVote(lawId, voters[1], aCopyOf(original.sealed));
    const again = aSealedVote(lawId, voters[1], anEnvelope(), { requestId: copy.requestId });
    expect(await recordedIn(store, [original, copy])).toEqual(["counted", "invalid: copied"]);
    expect(await recordedIn(store, [again])).toEqual(["invalid: copied"]);
    expect(await repeatedOf(lawId)).toHaveLength(1);
    expect(await recordedIn(store, [aSealedVote(lawId, voters[1], anEnvelope(), { outcome: "duplicate" })])).toEqual([
      "counted",
    ]);
    expect(await boxOf(lawId)).toHaveLength(2);
  });

  test("waits when the box is closed, because its promise would be in no log; the first one is answered", async () => {
    const { lawId, voters } = await lawWithVoters(pool, "sealed", 1);
    const first = aSealedVote(lawId, voters[0]);
    const noted = aSealedVote(lawId, voters[0], anEnvelope(), { requestId: first.requestId });
    const late = aSealedVote(lawId, voters[0], anEnvelope(), { requestId: first.requestId });
    for (const vote of [first, noted]) expect(await recordedIn(store, [vote])).toEqual(["counted"]);
    const { rows } = await pool.query("select close_box($1, 1, 1, 0, 0) as closed", [lawId]);
    expect(rows).toEqual([{ closed: true }]);
    for (const vote of [first, noted]) expect(await recordedIn(store, [vote])).toEqual(["counted"]);
    expect(await recordedIn(store, [late])).toEqual(["waits"]);
    expect(await repeatedOf(lawId)).toHaveLength(1);
  });
});

describe("the promise keys of a law", () => {
  const key = (version: number) => ({ version, public_key: "A".repeat(43), from: "2026-03-01T00:00:00.000Z" });
  const set = (lawId: string, keys: unknown) =>
    pool.query("update laws set promise_keys = $2, version = version + 1 where law_id = $1", [
      lawId,
      keys === null ? null : JSON.stringify(keys),
    ]);

  test("stay, and get others after them", async () => {
    const { lawId } = await lawWithVoters(pool, "open", 0);
    await set(lawId, [key(1)]);
    await set(lawId, [key(1), key(2)]);
    for (const keys of [null, [key(1)], [key(2), key(1)], [key(1), key(3)], [key(1), key(1), key(2)]]) {
      await expect(set(lawId, keys)).rejects.toThrow(/stay: others can only come after them/);
    }
    await pool.query("update laws set title = 'Another title', version = version + 1 where law_id = $1", [lawId]);
    await set(lawId, [key(1), key(2), key(3)]);
  });

  test("are of laws with a form only", async () => {
    const { lawId } = await lawWithVoters(pool, null, 0);
    await expect(set(lawId, [key(1)])).rejects.toThrow(/check/);
    await expect(set(lawId, [])).rejects.toThrow(/check/);
  });
});
