import { createHash, type KeyObject } from "node:crypto";
import type pg from "pg";
import { combine, split } from "shamir-secret-sharing";
import { CHOICES } from "../../../shared/domain/ballot.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { ballotBox } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { boxLines } from "../../../shared/messages/box.ts";
import { openGroup } from "../../../trustees/open-group.ts";
import { writeOpening } from "../../../trustees/opening-file.ts";
import type { TestTarget } from "../support/test-target.ts";
import type { Election } from "./election.ts";
import { type Sighting, sighted } from "./sighting.ts";

const TRUSTEES = 5;
const THRESHOLD = 3;

/** What trustees and operators have on their machines after the close. */
export interface TrusteesFiles {
  /** The exported box. */
  readonly box: readonly Sighting[];
  /** The opened list. */
  readonly opened: readonly Sighting[];
}

/**
 * Exports the box of the sealed law, opens it, and counts what was opened.
 *
 * @param stack the stores
 * @param election when it is over
 */
export async function openTheBox(
  { target }: TestTarget,
  { laws: { sealed }, secret }: Election,
): Promise<TrusteesFiles> {
  const { lawId, origin = "", trustees } = sealed.law;
  const { rows } = await target.pool.query<{ envelope: Buffer }>(
    "select envelope from ballot_box where law_id = $1 order by enc",
    [lawId],
  );
  const envelopes = rows.map(({ envelope }) => envelope.toString("base64url"));
  const electionKey = Buffer.from(trustees?.electionKey ?? "", "base64url");
  const box = ballotBox(origin, electionKey);
  const [key_id, proof] = [box.keyId.toString("hex"), "none" as const];
  const header = {
    ...{ v: 1 as const, kind: "box" as const, law_id: lawId, origin, key_id, proof },
    ...{ options: [...CHOICES], envelopes: envelopes.length },
  };
  let text = "";
  for await (const line of boxLines(header, envelopes)) text += line;
  const keys = electionKeys(secret);
  const opening = { origin, electionKey, privateKey: keys.election.privateKey, options: 2, withTrackers: false };
  const opened = openGroup(box, opening, envelopes);
  const fields = {
    ...{ v: 1 as const, law_id: lawId, origin, key_id },
    election_key: trustees?.electionKey ?? "",
    signing_key: trustees?.signingKey ?? "",
  };
  const { lines } = writeOpening(keys, fields, header, createHash("sha256").update(text).digest("hex"), opened);
  const seen = (written: Iterable<string>) => [...written].map((line) => sighted(line));
  const [oui = 0, non = 0] = opened.counts;
  await countTheBox(target.pool, lawId, { oui, non });
  return { box: seen(text.split("\n")), opened: seen(lines) };
}

/** What becomes of the rows once two equal openings were brought back. */
async function countTheBox(pool: pg.Pool, lawId: string, { oui, non }: { readonly oui: number; readonly non: number }) {
  await pool.query("update laws set closes_at = now() - interval '1 second' where law_id = $1", [lawId]);
  const closed = await pool.query<{ done: boolean }>(
    `select close_box($1, (select version from laws where law_id = $1), count(*) filter (where status = 'counted'),
       count(*) filter (where status = 'duplicate'), count(*) filter (where status = 'invalid')) as done
     from vote_audit where law_id = $1`,
    [lawId],
  );
  for (const number of [1, 2]) {
    await pool.query(
      `insert into openings (law_id, number, run, brought_by, sha256, oui, non, spoiled)
       values ($1, $2, gen_random_uuid(), 'anna', decode(repeat('ab', 32), 'hex'), $3, $4, '{}')`,
      [lawId, number, oui, non],
    );
  }
  for (const choice of CHOICES) await pool.query("select add_opened_ballots($1, $2, 1000)", [lawId, choice]);
  const counted = await pool.query<{ done: boolean }>(
    "select count_opened($1, (select version from laws where law_id = $1)) as done",
    [lawId],
  );
  if (![closed, counted].every(({ rows }) => rows[0]?.done === true)) throw new Error("the box was not counted");
}

/**
 * The private key that this many trustees come to.
 *
 * @param election whose key it is
 * @param many as many as the threshold, or one fewer
 */
export async function electionKeyOf({ secret }: Election, many: "enough" | "too few"): Promise<KeyObject> {
  const shares = await split(secret, TRUSTEES, THRESHOLD);
  const some = shares.slice(0, many === "enough" ? THRESHOLD : THRESHOLD - 1);
  return electionKeys(await combine(some)).election.privateKey;
}
