import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { handle as migrate } from "../../../functions/migrate/index.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, macsOf } from "../../support/factories.ts";
import {
  aCopyOf,
  anEnvelope,
  aSealedVote,
  lawWithVoters,
  newLawId,
  recordedIn,
  TRUSTEES,
} from "../support/laws-of-forms.ts";
import { type Servers, startServers } from "../support/servers.ts";
import { endPools, MIGRATIONS, openPool } from "../support/votes.ts";

let servers: Servers;
let pool: pg.Pool;
let store: PostgresOutcomeStore;

beforeAll(async () => {
  servers = await startServers();
  await migrate({ connectionString: servers.postgresUrl }, MIGRATIONS);
  pool = openPool({ connectionString: servers.postgresUrl, max: 8 });
  store = new PostgresOutcomeStore(pool);
});
afterAll(async () => {
  if (servers && pool) await endPools([pool], servers.postgresUrl);
  await servers?.stop();
});

const aLaw = (form: "open" | "sealed" | null, voters = 3) => lawWithVoters(pool, form, voters);
const recorded = (...votes: readonly DecidedVote[]) => recordedIn(store, votes);

async function rows(lawId: string) {
  const count = async (table: string) => {
    const { rows: found } = await pool.query(`select count(*)::int as n from ${table} where law_id = $1`, [lawId]);
    return found[0].n as number;
  };
  return {
    box: await count("ballot_box"),
    participation: await count("participation"),
    ballots: await count("ballots"),
    results: await count("vote_results"),
  };
}

describe("a vote of a sealed law", () => {
  test("goes into the box with its participation, once, and leaves no ballot and no tally", async () => {
    const { lawId, voters } = await aLaw("sealed");
    const vote = aSealedVote(lawId, voters[0]);
    for (const outcome of ["accepted", "invalid", "duplicate"] as const) {
      expect(await recorded({ ...vote, outcome })).toEqual(["counted"]);
      expect(await rows(lawId)).toEqual({ box: 1, participation: 1, ballots: 0, results: 0 });
    }
    const { rows: found } = await pool.query("select enc, envelope from ballot_box where law_id = $1", [lawId]);
    const bytes = Buffer.from(vote.sealed, "base64url");
    expect(found).toEqual([{ enc: bytes.subarray(9, 41), envelope: bytes }]);
  });

  test("is a duplicate after another one of its voter, and not in the box", async () => {
    const { lawId, voters } = await aLaw("sealed");
    expect(await recorded(aSealedVote(lawId, voters[0]))).toEqual(["counted"]);
    const second = aSealedVote(lawId, voters[0], undefined, { outcome: "duplicate" });
    expect(await recorded(second)).toEqual(["duplicate: already_voted"]);
    expect(await rows(lawId)).toMatchObject({ box: 1, participation: 1 });
  });

  test("that copies an envelope is invalid, and its voter may vote again, although the claim is the copy's", async () => {
    const { lawId, voters } = await aLaw("sealed");
    const [victim, copier] = voters;
    const original = aSealedVote(lawId, victim);
    const copy = aSealedVote(lawId, copier, aCopyOf(original.sealed));
    expect(await recorded(original)).toEqual(["counted"]);
    expect(await recorded(copy)).toEqual(["invalid: copied"]);
    expect(await recorded(copy)).toEqual(["invalid: copied"]);
    const again = aSealedVote(lawId, copier, undefined, { outcome: "duplicate" });
    expect(await recorded(again)).toEqual(["counted"]);
    expect(await rows(lawId)).toMatchObject({ box: 2, participation: 2 });
  });

  test("that copies one of the same batch is invalid as well: the earlier one is the original", async () => {
    const { lawId, voters } = await aLaw("sealed");
    const [victim, copier] = voters;
    const original = aSealedVote(lawId, victim, undefined, { acceptedAt: "2026-03-01T12:00:00.000Z" });
    const copy = aSealedVote(lawId, copier, original.sealed, { acceptedAt: "2026-03-01T12:00:01.000Z" });
    expect(await recorded(copy, original)).toEqual(["invalid: copied", "counted"]);
    expect(await rows(lawId)).toMatchObject({ box: 1, participation: 1 });
  });

  test("of many who send the same envelope at the same time counts once", async () => {
    const { lawId, voters } = await aLaw("sealed", 24);
    const envelope = anEnvelope();
    const statuses = await Promise.all(voters.map((voter) => recorded(aSealedVote(lawId, voter, envelope))));
    expect(statuses.flat().filter((status) => status === "counted")).toHaveLength(1);
    expect(statuses.flat().filter((status) => status === "invalid: copied")).toHaveLength(23);
    expect(await rows(lawId)).toMatchObject({ box: 1, participation: 1 });
  });

  test("in one batch of eight laws and forms is recorded with the others", async () => {
    const [sealed, open, none] = [await aLaw("sealed"), await aLaw("open"), await aLaw(null)];
    const ofOpen = aDecidedVote({ lawId: open.lawId, voterHash: open.voters[0] ?? "" });
    const votes = [
      aSealedVote(sealed.lawId, sealed.voters[0]),
      { ...ofOpen, macs: macsOf(ofOpen) },
      aDecidedVote({ lawId: none.lawId, voterHash: none.voters[0] ?? "" }),
    ];
    expect(await recorded(...votes)).toEqual(["counted", "counted", "counted"]);
    expect(await rows(open.lawId)).toEqual({ box: 0, participation: 1, ballots: 1, results: 1 });
    expect(await rows(none.lawId)).toEqual({ box: 0, participation: 1, ballots: 1, results: 1 });
  });
});

describe("a vote that is not of its law's form", () => {
  test("is never recorded, whoever asks for it", async () => {
    const [sealed, open, none] = [await aLaw("sealed"), await aLaw("open"), await aLaw(null)];
    const plain = (law: { lawId: string; voters: string[] }) =>
      aDecidedVote({ lawId: law.lawId, voterHash: law.voters[0] ?? "" });
    const withMacs = (vote: DecidedVote) => ({ ...vote, macs: macsOf(vote) });
    const wrong = [
      ...[plain(sealed), withMacs(plain(sealed)), plain(open), aSealedVote(open.lawId, open.voters[0])],
      ...[withMacs(plain(none)), aSealedVote(none.lawId, none.voters[0])],
    ];
    for (const vote of wrong) expect(await recorded(vote)).toEqual(["waits"]);
    for (const { lawId } of [sealed, open, none]) {
      expect(await rows(lawId)).toEqual({ box: 0, participation: 0, ballots: 0, results: 0 });
    }
  });

  test("is refused to a release that does not know forms", async () => {
    const { lawId, voters } = await aLaw("open");
    const vote = aDecidedVote({ lawId, voterHash: voters[0] ?? "" });
    const { rows: answer } = await pool.query(
      "select * from record_outcomes(array[$1], array[$2], array[$3::bytea], array['accepted'], array['oui'], array[now()], array[1::bigint])",
      [vote.requestId, lawId, Buffer.from(vote.voterHash, "hex")],
    );
    expect(answer).toEqual([]);
    expect(await rows(lawId)).toMatchObject({ participation: 0 });
  });

  test("is found by the forms of laws", async () => {
    const [sealed, none] = [await aLaw("sealed"), await aLaw(null)];
    const forms = await store.formsOf(new Set([sealed.lawId, none.lawId, "NOBODY"]));
    expect([forms.get(sealed.lawId), forms.get(none.lawId)]).toEqual(["sealed", undefined]);
    expect([forms.has(none.lawId), forms.has("NOBODY")]).toEqual([true, false]);
  });
});

describe("a box that is closed", () => {
  async function closed(lawId: string, counted: number) {
    const { rows: answer } = await pool.query("select close_box($1, 1, $2, 0, 0) as closed", [lawId, counted]);
    return answer[0].closed as boolean;
  }

  async function bring(lawId: string, number: number, oui: number, non: number, spoiled: object, sha = "00") {
    await pool.query(
      `insert into openings (law_id, number, run, brought_by, sha256, oui, non, spoiled)
       values ($1, $2, gen_random_uuid(), $3, decode(repeat($4, 32), 'hex'), $5, $6, $7)`,
      [lawId, number, `person ${number}`, sha, oui, non, JSON.stringify(spoiled)],
    );
  }

  async function counted(lawId: string) {
    const { rows: answer } = await pool.query("select count_opened($1, 2) as counted", [lawId]);
    return answer[0].counted as boolean;
  }

  async function addBallots(lawId: string) {
    for (const choice of ["oui", "non"]) {
      for (;;) {
        const { rows: left } = await pool.query("select add_opened_ballots($1, $2, 1) as left", [lawId, choice]);
        if (Number(left[0].left) === 0) break;
      }
    }
  }

  test("takes no vote any more, and is closed only with the figures that it has", async () => {
    const { lawId, voters } = await aLaw("sealed");
    await recorded(aSealedVote(lawId, voters[0]));
    expect(await closed(lawId, 2)).toBe(false);
    expect(await closed(lawId, 1)).toBe(true);
    expect(await closed(lawId, 1)).toBe(false);
    expect(await recorded(aSealedVote(lawId, voters[1]))).toEqual(["waits"]);
    await expect(pool.query("update laws set box_closed = false where law_id = $1", [lawId])).rejects.toThrow(
      "the box of",
    );
  });

  test("is counted with two equal openings that account for every envelope", async () => {
    const { lawId, voters } = await aLaw("sealed", 6);
    for (const voter of voters) await recorded(aSealedVote(lawId, voter));
    await closed(lawId, 6);
    await bring(lawId, 1, 3, 2, { not_authentic: 1 });
    await addBallots(lawId);
    expect([await counted(lawId), (await rows(lawId)).ballots]).toEqual([false, 0]);
    await bring(lawId, 2, 3, 2, { not_authentic: 1 });
    expect(await counted(lawId), "before its ballots are there").toBe(false);
    await addBallots(lawId);
    expect(await rows(lawId)).toMatchObject({ ballots: 5, box: 6 });
    expect(await counted(lawId)).toBe(true);
    const { rows: results } = await pool.query(
      "select oui_count, non_count, spoiled_count from vote_results where law_id = $1",
      [lawId],
    );
    expect(results).toEqual([{ oui_count: "3", non_count: "2", spoiled_count: "1" }]);
    await addBallots(lawId);
    expect(await rows(lawId), "nothing changes afterwards").toMatchObject({ ballots: 5 });
  });

  test.each([
    ["differ", 3, 2, "11"],
    ["leave an envelope out", 2, 2, "00"],
  ])("is not counted when its openings %s", async (_, oui, non, sha) => {
    const { lawId, voters } = await aLaw("sealed", 5);
    for (const voter of voters) await recorded(aSealedVote(lawId, voter));
    await closed(lawId, 5);
    await bring(lawId, 1, oui, non, {});
    await bring(lawId, 2, oui, non, {}, sha);
    await addBallots(lawId);
    expect(await counted(lawId)).toBe(false);
  });
});

describe("a sealed law in PostgreSQL", () => {
  test("is not ready before its trustees have opened test ballots", async () => {
    const lawId = newLawId();
    await pool.query(
      `insert into laws (law_id, form, origin, trustees, reached, title, opens_at, key_version, version, confirmed_version)
       values ($1, 'sealed', 'test/1', $2, 'draft', 'A law', now(), 1, 1, 1)`,
      [lawId, JSON.stringify({ ...TRUSTEES, tested: false })],
    );
    const ready = "update laws set reached = 'ready', sealed_voters = 1 where law_id = $1";
    await expect(pool.query(ready, [lawId])).rejects.toThrow("have not opened test ballots");
    await pool.query("update laws set trustees = $2 where law_id = $1", [lawId, JSON.stringify(TRUSTEES)]);
    await pool.query(ready, [lawId]);
    const change = "update laws set trustees = $2 where law_id = $1";
    const other = JSON.stringify({ ...TRUSTEES, election_key: "D".repeat(43) });
    await expect(pool.query(change, [lawId, other])).rejects.toThrow("are fixed");
  });
});
