import { createHash, randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RollDatabase, RollMarks, WorkMark } from "../../../operations/roll/stores/ports.ts";
import { PostgresMarks } from "../../../operations/roll/stores/postgres-marks.ts";
import { PostgresRoll } from "../../../operations/roll/stores/postgres-roll.ts";
import type { Random } from "../../../proving/random.ts";
import { type RollRow, SimPostgres, splitVoterKey } from "../../../proving/simulation/models/postgres.ts";
import { outcomeStore, rollDatabase, rollMarks } from "../../../proving/simulation/models/postgres-ports.ts";
import { joinDeliveries } from "../../../shared/domain/batch.ts";
import { promiseBytes } from "../../../shared/domain/promise.ts";
import { issueRequestId } from "../../../shared/domain/request-id.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { bucketDigests } from "../../../shared/domain/roll-digest.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { type OutcomeStore, PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { macsOf } from "../../support/factories.ts";
import { alone, type Database, seeds, startDatabase } from "./support.ts";

/** The model of PostgreSQL is believed because it answers as the SQL of the migrations does. */

let database: Database;
let pool: pg.Pool;
beforeAll(async () => {
  database = await startDatabase();
  pool = database.pool;
});
afterAll(() => database?.stop());
beforeEach(empty);

async function empty(): Promise<void> {
  await pool.query(
    "truncate rolls, voter_roll, roll_sizes, participation, ballots, ballot_box, copied_claims, vote_results, vote_audit, duplicate_attempts, roll_work, validate_pause, repeated_submissions",
  );
}

/** An act. */
const RUN = "00000000-0000-4000-8000-000000000000";
const LAWS = ["L0", "L1"] as const;
const KEY = Buffer.alloc(32, 7);
const sha256 = (text: string) => createHash("sha256").update(text).digest();
const BEGINNING = Date.parse("2026-06-07T08:00:00.000Z");

/** A submission of one of a few voters; the same number is the same submission, in whatever outcome it comes. */
function submission(number: number, random: Random): DecidedVote {
  const lawId = LAWS[number % 2] ?? "L0";
  const outcome = random.pick(["accepted", "accepted", "duplicate", "invalid"] as const);
  return {
    requestId: issueRequestId(sha256(`request ${number}`).subarray(0, 16), lawId, 1, KEY),
    lawId,
    voterHash: sha256(`voter ${number % 5} of ${lawId}`).toString("hex"),
    acceptedAt: new Date(BEGINNING + (number % 7) * 1_000).toISOString(),
    outcome,
    // A duplicate has a choice too, unless the release before decided it.
    ...(outcome === "duplicate" && number % 4 === 0 ? {} : { choice: number % 3 === 0 ? "non" : "oui" }),
  };
}

function batch(random: Random): DecidedVote[] {
  return joinDeliveries(Array.from({ length: 1 + random.below(6) }, () => submission(random.below(24), random)));
}

function rollEntry(voter: number, lawId: string, person = voter) {
  return { line: voter + 1, voterHash: sha256(`voter ${voter} of ${lawId}`), personHash: sha256(`person ${person}`) };
}

/** Gives a voter on a roll a beginning, or an end, in both. */
async function giveTime({ tables }: SimPostgres, random: Random): Promise<void> {
  const [key, row] = random.pick([...tables.roll, ["", undefined]]);
  if (row === undefined) return;
  const { lawId, voterHash } = splitVoterKey(key);
  const at = new Date(BEGINNING + random.below(8) * 1_000).toISOString();
  const isEnd = row.endsAt === undefined && random.below(2) === 0;
  const changed: RollRow = isEnd
    ? { ...row, endsAt: at, endedAs: random.pick(["replaced", "struck"] as const) }
    : { ...row, beginsAt: at };
  tables.roll.set(key, changed);
  await pool.query(
    `update voter_roll set begins_at = $3, ends_at = $4, ended_as = $5 where law_id = $1 and voter_hash = decode($2, 'hex')`,
    [lawId, voterHash, changed.beginsAt, changed.endsAt, changed.endedAs],
  );
}

const FORMS = ["none", "open", "sealed"] as const;
type Form = (typeof FORMS)[number];

/** The same submission as a law with a form has it, or as one of another form has it. */
function ofForm(vote: DecidedVote, form: Form, random: Random): DecidedVote {
  if (form === "none") return vote;
  const { choice = "oui", ...rest } = vote;
  if (form === "open") return { ...rest, choice, macs: macsOf(vote) };
  // A few envelopes: some submissions send copies, some come with another envelope than the last time.
  const bytes = Buffer.concat([
    Uint8Array.of(1),
    sha256(`envelope ${random.below(9)}`),
    sha256("rest").subarray(0, 26),
  ]);
  bytes.writeUInt8(random.below(2), 58);
  const sealed = bytes.toString("base64url");
  return { ...rest, sealed, macs: macsOf({ ...rest, sealed }) };
}

/** Gives the laws their forms, in both. */
async function giveForms(model: SimPostgres, forms: ReadonlyMap<string, Form>): Promise<void> {
  await pool.query("delete from laws");
  for (const [lawId, given] of forms) {
    const form = given === "none" ? undefined : given;
    const trustees = form === "sealed" ? JSON.stringify({ tested: true }) : null;
    await pool.query(
      `insert into laws (law_id, form, origin, trustees, reached, title, opens_at, key_version, version, confirmed_version)
       values ($1, $2, $3, $4, 'ready', 'A law', now(), 1, $5, $5)`,
      [lawId, form, form && "test/1", trustees, ++lawVersions],
    );
    const law = { lawId, form, title: "A law", opensAt: "", keyVersion: 1, version: 1 };
    model.tables.laws.set(lawId, { law, confirmedVersion: 1 });
  }
}

/** The versions of laws are only added to. */
let lawVersions = 0;

type Answer = readonly { readonly requestId: string; readonly status: string; readonly acceptedAt: string }[];

async function recordIn(store: OutcomeStore, votes: readonly DecidedVote[]): Promise<Answer> {
  const rows = await store.record(votes);
  return rows
    .map(({ requestId, lawId, status, acceptedAt, envelopeSha256 }) => ({
      ...{ requestId, lawId, status, acceptedAt },
      envelopeSha256: envelopeSha256 ?? null,
    }))
    .sort((one, other) => (one.requestId < other.requestId ? -1 : 1));
}

const modelled = (model: SimPostgres, votes: readonly DecidedVote[]) =>
  alone((process, scheduler) =>
    recordIn(
      outcomeStore(scheduler, process, model, () => "2026-06-07T09:00:00.000Z"),
      votes,
    ),
  );

async function tablesOfReal(): Promise<unknown> {
  const rows = async (text: string) => (await pool.query<Record<string, unknown>>(text)).rows.map(cellsOf);
  return {
    participation: await rows(
      "select law_id, encode(voter_hash, 'hex') v, encode(person_hash, 'hex') p, request_id from participation order by 1, 2",
    ),
    ballots: await rows("select law_id, choice, count(*)::int n from ballots group by 1, 2 order by 1, 2"),
    box: await rows("select law_id, encode(enc, 'hex') enc, encode(envelope, 'hex') v from ballot_box order by 1, 2"),
    copiedClaims: await rows("select law_id, encode(voter_hash, 'hex') from copied_claims order by 1, 2"),
    tallies: await rows("select law_id, oui_count::int oui, non_count::int non from vote_results order by 1"),
    audit: await rows(
      `select request_id, law_id, encode(voter_hash, 'hex') v, status, case status when 'invalid' then reason end as r, "timestamp" t, encode(envelope_sha256, 'hex') e, encode(promise, 'hex') p from vote_audit order by request_id collate "C"`,
    ),
    repeated: await rows(
      `select request_id || ' ' || encode(envelope_sha256, 'hex'), encode(promise, 'hex') from repeated_submissions order by request_id collate "C", envelope_sha256`,
    ),
    attempts: await rows(
      "select law_id, encode(voter_hash, 'hex') v, attempt_count n, first_attempt_at f, last_attempt_at l from duplicate_attempts order by 1, 2",
    ),
  };
}

/** Instants as text. */
function cellsOf(row: Record<string, unknown>): unknown[] {
  return Object.values(row).map((value) => (value instanceof Date ? value.toISOString() : value));
}

function tablesOfModel({ tables }: SimPostgres): unknown {
  const byVoter = <T>(map: ReadonlyMap<string, T>) =>
    [...map].sort(([one], [other]) => (one < other ? -1 : 1)).map(([key, value]) => ({ ...splitVoterKey(key), value }));
  const ballots = LAWS.flatMap((lawId) =>
    (["non", "oui"] as const).flatMap((choice) => {
      const n = tables.ballots.filter((ballot) => ballot.lawId === lawId && ballot.choice === choice).length;
      return n === 0 ? [] : [[lawId, choice, n]];
    }),
  );
  return {
    participation: byVoter(tables.participation).map(({ lawId, voterHash, value }) => [
      lawId,
      voterHash,
      value.person,
      value.requestId,
    ]),
    ballots,
    box: byVoter(tables.box).map(({ lawId, voterHash: enc, value }) => [
      lawId,
      enc,
      Buffer.from(value, "base64url").toString("hex"),
    ]),
    copiedClaims: [...tables.copiedClaims]
      .sort()
      .map(splitVoterKey)
      .map(({ lawId, voterHash }) => [lawId, voterHash]),
    tallies: [...tables.tallies].sort().map(([lawId, { oui, non }]) => [lawId, oui, non]),
    audit: [...tables.audit]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([requestId, row]) => [
        requestId,
        row.lawId,
        row.voterHash,
        row.status,
        row.invalidReason ?? null,
        row.acceptedAt,
        row.envelopeSha256 ?? null,
        row.promise === undefined ? null : promiseBytes(row.promise).toString("hex"),
      ]),
    repeated: [...tables.repeated]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([pair, promise]) => [pair, promiseBytes(promise).toString("hex")]),
    attempts: byVoter(tables.attempts).map(({ lawId, voterHash, value }) => [
      lawId,
      voterHash,
      value.count,
      value.firstAt,
      value.lastAt,
    ]),
  };
}

describe("the model of PostgreSQL", () => {
  test("records batches like record_outcomes, in its answers and in every table", async () => {
    const real = new PostgresOutcomeStore(pool);
    const roll = new PostgresRoll(pool);
    for (const { seed, random } of seeds(25)) {
      await empty();
      const model = new SimPostgres();
      for (let step = 0; step < 12; step++) {
        if (random.below(3) === 0) {
          const lawId = random.pick(LAWS);
          const entries = random
            .shuffled([0, 1, 2, 3, 4])
            .slice(0, 1 + random.below(3))
            .map((voter) => rollEntry(voter, lawId, random.below(4) === 0 ? 0 : voter));
          const entered = await alone((process) => rollDatabase(process, model).enter(lawId, entries));
          expect({ seed, step, entered }).toEqual({ seed, step, entered: await roll.enter(lawId, entries) });
        }
        if (random.below(2) === 0) await giveTime(model, random);
        const votes = batch(random);
        const answer = await modelled(model, votes);
        expect({ seed, step, answer }).toEqual({ seed, step, answer: await recordIn(real, votes) });
        expect({ seed, step, tables: tablesOfModel(model) }).toEqual({ seed, step, tables: await tablesOfReal() });
      }
    }
  });

  test("records batches of laws of all forms like record_votes: copies, second envelopes, votes of other forms", async () => {
    const real = new PostgresOutcomeStore(pool);
    const roll = new PostgresRoll(pool);
    const seen = new Set<string>();
    for (const { seed, random } of seeds(25)) {
      await empty();
      const model = new SimPostgres();
      const forms = new Map<string, Form>(
        LAWS.map((lawId) => [lawId, random.pick(["sealed", "sealed", "open", "none"])]),
      );
      await giveForms(model, forms);
      for (let step = 0; step < 12; step++) {
        if (random.below(3) === 0) {
          const lawId = random.pick(LAWS);
          const voters = random.shuffled([0, 1, 2, 3, 4]).slice(0, 1 + random.below(3));
          const entries = voters.map((voter) => rollEntry(voter, lawId, random.below(4) === 0 ? 0 : voter));
          await roll.enter(lawId, entries);
          await alone((process) => rollDatabase(process, model).enter(lawId, entries));
        }
        if (random.below(3) === 0) await giveTime(model, random);
        const votes = batch(random).map((vote) =>
          ofForm(vote, random.below(8) === 0 ? random.pick(FORMS) : (forms.get(vote.lawId) ?? "none"), random),
        );
        const answer = await modelled(model, votes);
        expect({ seed, step, answer }).toEqual({ seed, step, answer: await recordIn(real, votes) });
        expect({ seed, step, tables: tablesOfModel(model) }).toEqual({ seed, step, tables: await tablesOfReal() });
        if (model.tables.copiedClaims.size > 0) seen.add("copies");
        if (model.tables.box.size > 2) seen.add("envelopes");
        if (model.tables.repeated.size > 0) seen.add("second envelopes");
        if (answer.length < votes.length) seen.add("votes that wait");
      }
    }
    await pool.query("delete from laws");
    expect([...seen].sort()).toEqual(["copies", "envelopes", "second envelopes", "votes that wait"]);
  });

  test("records nothing new of a counted law, and answers what it had recorded, as record_outcomes does", async () => {
    const real = new PostgresOutcomeStore(pool);
    const roll = new PostgresRoll(pool);
    for (const { seed, random } of seeds(15)) {
      await empty();
      await pool.query("delete from laws");
      const model = new SimPostgres();
      const countedAfter = 1 + random.below(6);
      for (const lawId of LAWS) {
        const entries = [0, 1, 2].map((voter) => rollEntry(voter, lawId));
        await roll.enter(lawId, entries);
        await alone((process) => rollDatabase(process, model).enter(lawId, entries));
      }
      for (let step = 0; step < 10; step++) {
        if (step === countedAfter) {
          await pool.query(
            `insert into laws (law_id, reached, title, opens_at, key_version, version, confirmed_version)
             values ('L1', 'counted', 'A law', now(), 1, $1, $1)`,
            [++lawVersions],
          );
          const law = {
            lawId: "L1",
            reached: "counted",
            title: "A law",
            opensAt: "",
            keyVersion: 1,
            version: 1,
          } as const;
          model.tables.laws.set("L1", { law, confirmedVersion: 1 });
        }
        const votes = batch(random);
        const answer = await modelled(model, votes);
        expect({ seed, step, answer }).toEqual({ seed, step, answer: await recordIn(real, votes) });
        expect({ seed, step, tables: tablesOfModel(model) }).toEqual({ seed, step, tables: await tablesOfReal() });
      }
    }
    await pool.query("delete from laws");
  });

  test("batches that share voters take effect one after the other, as in PostgreSQL", async () => {
    const real = new PostgresOutcomeStore(pool);
    const roll = new PostgresRoll(pool);
    for (const { seed, random } of seeds(25)) {
      await empty();
      const entries = LAWS.map((lawId) => [lawId, [0, 1, 2].map((voter) => rollEntry(voter, lawId))] as const);
      for (const [lawId, list] of entries) await roll.enter(lawId, list);
      const [one, other] = [batch(random), batch(random)];
      await Promise.all([real.record(one), real.record(other)]);
      const orders = [];
      for (const order of [
        [one, other],
        [other, one],
      ]) {
        const model = new SimPostgres();
        for (const [lawId, list] of entries) await alone((process) => rollDatabase(process, model).enter(lawId, list));
        for (const votes of order) await modelled(model, votes);
        orders.push(tablesOfModel(model));
      }
      expect({ seed, orders }).toEqual({ seed, orders: expect.arrayContaining([await tablesOfReal()]) });
    }
  });

  test("keeps a roll like PostgreSQL: no second code of a person, and claims for voters with a vote", async () => {
    const real = new PostgresRoll(pool);
    const model = new SimPostgres();
    const both = async <T>(run: (roll: PostgresRoll | ReturnType<typeof rollDatabase>) => Promise<T>) => {
      const answer = await alone((process) => run(rollDatabase(process, model)));
      expect(answer).toEqual(await run(real));
      return answer;
    };
    const first = await both((roll) => roll.enter("L0", [rollEntry(0, "L0"), rollEntry(1, "L0")]));
    expect(first).toEqual({ loaded: 2, conflicts: new Set() });
    const second = await both((roll) =>
      roll.enter("L0", [rollEntry(1, "L0"), rollEntry(2, "L0", 0), rollEntry(3, "L0")]),
    );
    expect(second).toEqual({ loaded: 1, conflicts: new Set([1]) });
    const vote: DecidedVote = { ...submission(0, seeds(1)[0]?.random as Random), outcome: "accepted", choice: "oui" };
    await new PostgresOutcomeStore(pool).record([vote]);
    await modelled(model, [vote]);
    expect(await both((roll) => roll.count("L0"))).toBe(3);
    const voters = await both(async (roll) => {
      const all = await roll.votersOfBuckets("L0", 0, ROLL_BUCKETS);
      return [...all]
        .map(({ voterHash, countedRequestId }) => [voterHash.toString("hex"), countedRequestId])
        .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
    });
    expect(voters.filter(([, requestId]) => requestId !== null)).toHaveLength(1);
  });

  test("keeps the digests of a roll like PostgreSQL, and computes the same one over them", async () => {
    const real = new PostgresRoll(pool);
    const laws = LAWS.map((lawId) => ({ lawId, title: lawId, opensAt: "2026-01-01T00:00:00.000Z", keyVersion: 1 }));
    for (const { seed, random } of seeds(10)) {
      await pool.query("truncate rolls, roll_buckets");
      for (const law of laws) await real.fix(law);
      const model = new SimPostgres();
      for (let step = 0; step < 8; step++) {
        const lawId = random.pick(LAWS);
        const [from, to] = random.pick([
          [0, ROLL_BUCKETS] as const,
          [0, 30_000] as const,
          [30_000, ROLL_BUCKETS] as const,
        ]);
        const hashes = Array.from({ length: random.below(6) }, () => sha256(`voter ${random.below(9)} of ${seed}`));
        const digests = bucketDigests([...new Set(hashes.map(String))].map((text) => sha256(text)));
        const some = digests.filter(({ bucket }) => from <= bucket && bucket < to);
        const change = random.pick<(roll: RollDatabase) => Promise<unknown>>([
          (roll) => roll.noteDigests(lawId, from, to, some),
          (roll) => roll.noteDigests(lawId, from, to, some),
          (roll) => roll.seal(lawId, RUN),
          (roll) => roll.unseal(lawId),
        ]);
        const both = async (run: (roll: RollDatabase) => Promise<unknown>) => ({
          real: await run(real),
          model: await alone((process) => run(rollDatabase(process, model))),
        });
        for (const run of [
          change,
          (roll: RollDatabase) => roll.sealOf(lawId),
          (roll: RollDatabase) => roll.bucketDigests(lawId, from, to),
        ]) {
          const answers = await both(run);
          expect({ seed, step, answer: answers.model }).toEqual({ seed, step, answer: answers.real });
        }
      }
    }
  });

  test("changes sealed rolls like PostgreSQL, with the same refusals and digests", async () => {
    const real = new PostgresRoll(pool);
    const law = { lawId: "L0", title: "L0", opensAt: "2026-01-01T00:00:00.000Z", keyVersion: 1 };
    for (const { seed, random } of seeds(8)) {
      await empty();
      await pool.query("truncate roll_buckets");
      await real.fix(law);
      const model = new SimPostgres();
      const both = async (run: (roll: RollDatabase) => Promise<unknown>) => {
        const answer = (result: Promise<unknown>) => result.catch((error: Error) => error.message);
        const modelled = await answer(alone((process) => run(rollDatabase(process, model))));
        expect({ seed, answer: modelled }).toEqual({ seed, answer: await answer(run(real)) });
      };
      const entries = [0, 1, 2].map((voter) => rollEntry(voter, "L0"));
      const digests = bucketDigests(entries.map((entry) => entry.voterHash));
      await both((roll) => roll.enter("L0", entries));
      await both((roll) => roll.noteDigests("L0", 0, ROLL_BUCKETS, digests));
      await both((roll) => roll.seal("L0", RUN));
      for (let step = 0; step < 8; step++) {
        const kind = random.pick(["add", "replace", "strike"] as const);
        const [person, voter] = [random.below(4), 10 + random.below(90)];
        const { personHash } = rollEntry(person, "L0");
        const added = kind === "strike" ? [] : [rollEntry(voter, "L0", person)];
        const [known] = await real.persons("L0", [personHash]);
        const ended = kind === "add" || known?.voterHash === undefined ? [] : [known.voterHash];
        const isPossible = kind === "add" ? known?.voterHash === undefined : ended.length > 0;
        const at = new Date(random.below(4) === 0 ? 0 : Date.parse("2090-01-01T00:00:00Z") + step * 1_000);
        const run = randomUUID();
        if (
          isPossible &&
          (
            await real.knownVoters(
              "L0",
              added.map((entry) => entry.voterHash),
            )
          ).length === 0
        ) {
          await both((roll) => roll.changeRoll("L0", { run, kind, added, ended, at, marginMs: 500 }));
        }
        await both((roll) => roll.changed("L0", run));
        await both((roll) => roll.persons("L0", [personHash]));
        await both((roll) => roll.countEnded("L0"));
        await both((roll) => roll.count("L0"));
        await both((roll) => roll.bucketDigests("L0", 0, ROLL_BUCKETS));
      }
    }
  });

  test("keeps notes of work on rolls, and of the reason why validate is paused, like PostgreSQL", async () => {
    const roll = new PostgresRoll(pool);
    const real = new PostgresMarks(pool);
    const markOf = (number: number): WorkMark =>
      number === 3
        ? { kind: "rebuild", sourceId: Buffer.alloc(0), sourceName: "" }
        : { kind: "load", sourceId: sha256(`file ${number}`), sourceName: `file ${number}` };
    for (const { seed, random } of seeds(15)) {
      await empty();
      const model = new SimPostgres();
      for (let step = 0; step < 20; step++) {
        const lawId = random.pick(LAWS);
        const mark = markOf(random.below(4));
        const entries = [rollEntry(random.below(6), lawId)];
        const change = random.pick<(marks: RollMarks, database: RollDatabase) => Promise<unknown>>([
          (marks) => marks.begin(lawId, mark),
          (marks) => marks.begin(lawId, mark),
          (marks) => marks.finish(lawId, mark),
          (marks) => marks.abandonLoads(lawId),
          (_, database) => database.enter(lawId, entries, mark),
          async (marks) => marks.clearPauseNote((await marks.pauseNote())?.token ?? randomUUID()),
          (marks) => marks.clearPauseNote(randomUUID()),
        ]);
        const resultOf = (changed: Promise<unknown>) =>
          changed.then(
            () => "done",
            () => "refused",
          );
        const result = await resultOf(change(real, roll));
        const same = await alone((process) =>
          resultOf(change(rollMarks(process, model), rollDatabase(process, model))),
        );
        expect({ seed, step, result: same }).toEqual({ seed, step, result });
        const shown = async (marks: RollMarks, database: RollDatabase) => ({
          // A load without a note enters nobody.
          voters: await database.count(lawId),
          works: [await marks.unfinished("L0"), await marks.unfinished("L1")],
          // Undefined without a note.
          pausedAt: (await marks.pauseNote())?.mappingChangedAt,
          isAnyoneAtWork: await marks.isAnyoneAtWork(),
        });
        const modelled = await alone((process) => shown(rollMarks(process, model), rollDatabase(process, model)));
        expect({ seed, step, ...modelled }).toEqual({ seed, step, ...(await shown(real, roll)) });
      }
    }
  });

  test("like PostgreSQL, enters no voter of a load if the note of the load is gone, as after a restore", async () => {
    await empty();
    const model = new SimPostgres();
    const mark: WorkMark = { kind: "load", sourceId: sha256("a file"), sourceName: "a file" };
    const enter = async (database: RollDatabase) => {
      await expect(database.enter("L0", [rollEntry(0, "L0")], mark)).rejects.toThrow(/note/);
      return database.count("L0");
    };
    expect(await enter(new PostgresRoll(pool))).toBe(0);
    expect(await alone((process) => enter(rollDatabase(process, model)))).toBe(0);
  });

  test("gives the right to change a roll to one process at a time, like PostgreSQL", async () => {
    const model = new SimPostgres();
    const tried = async (database: RollDatabase, marks: RollMarks) => {
      const right = await database.lock(["L0"]);
      const second = await database.lock(["L1", "L0"]).then(
        () => "given",
        () => "refused",
      );
      const other = await database.lock(["L1"]);
      const during = await marks.isAnyoneAtWork();
      await right.giveBack();
      await other.giveBack();
      const again = await database.lock(["L0", "L1"]);
      await again.check();
      await again.giveBack();
      return { second, during, after: await marks.isAnyoneAtWork() };
    };
    const answer = await tried(new PostgresRoll(pool), new PostgresMarks(pool));
    expect(answer).toEqual({ second: "refused", during: true, after: false });
    expect(await alone((process) => tried(rollDatabase(process, model), rollMarks(process, model)))).toEqual(answer);
  });

  test("a refusal of data has a SQLSTATE of class 22 or 23, and leaves nothing behind", async () => {
    const vote: DecidedVote = { ...submission(1, seeds(1)[0]?.random as Random), outcome: "accepted", choice: "oui" };
    const refused = { ...vote, acceptedAt: "2026-13-45T00:00:00.000Z" };
    const model = new SimPostgres();
    model.refused.add(vote.requestId);
    const codeOf = (record: Promise<unknown>) =>
      record.then(
        () => "none",
        (error: unknown) => String((error as { code?: unknown }).code),
      );
    const code = await codeOf(new PostgresOutcomeStore(pool).record([refused]));
    expect(code).toBe(await codeOf(modelled(model, [vote])));
    expect(tablesOfModel(model)).toEqual(await tablesOfReal());
  });
});
