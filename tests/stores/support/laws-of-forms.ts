import { randomBytes } from "node:crypto";
import type pg from "pg";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import type { OutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote, aVoterHash, macsOf } from "../../support/factories.ts";

/** Trustees of a sealed law, as its row has them. */
export const TRUSTEES = {
  ...{ election_key: "A".repeat(43), signing_key: "B".repeat(43), split_id: "c".repeat(32) },
  ...{ threshold: 2, trustees: 3, tested: true },
};

let laws = 0;

/** The id of another law at each call. */
export function newLawId(): string {
  return `LAW-${++laws}`;
}

/**
 * A law that has closed, with voters on its roll.
 *
 * @param pool the database
 * @param form its form; null: none
 * @param voters how many
 */
export async function lawWithVoters(pool: pg.Pool, form: "open" | "sealed" | null, voters: number) {
  const lawId = newLawId();
  const hashes = Array.from({ length: voters }, aVoterHash);
  await pool.query(
    `insert into laws (law_id, form, origin, trustees, reached, title, opens_at, closes_at, key_version, version,
       confirmed_version)
     values ($1, $2, $3, $4, 'ready', 'A law', now() - interval '2 days', now() - interval '1 day', 1, 1, 1)`,
    [lawId, form, form && `test/${lawId}`, form === "sealed" ? JSON.stringify(TRUSTEES) : null],
  );
  await pool.query("insert into voter_roll select $1, h, p from unnest($2::bytea[], $3::bytea[]) as u (h, p)", [
    lawId,
    hashes.map((hash) => Buffer.from(hash, "hex")),
    hashes.map(() => randomBytes(32)),
  ]);
  return { lawId, voters: hashes };
}

/** An envelope that nobody can open. */
export function anEnvelope(): string {
  return Buffer.concat([Uint8Array.of(1), randomBytes(58)]).toString("base64url");
}

/** Another envelope with the same ephemeral key. */
export function aCopyOf(envelope: string): string {
  const bytes = Buffer.from(envelope, "base64url");
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return bytes.toString("base64url");
}

/** A decided vote of a sealed law, with its macs. */
export function aSealedVote(lawId: string, voterHash = "", sealed = anEnvelope(), changes: Partial<DecidedVote> = {}) {
  const { choice: _, ...vote } = aDecidedVote({ lawId, voterHash, ...changes });
  return { ...vote, sealed, macs: macsOf({ ...vote, sealed }) };
}

/** What became of votes that are recorded together: the status and why, or that they wait. */
export async function recordedIn(store: OutcomeStore, votes: readonly DecidedVote[]): Promise<string[]> {
  const answers = new Map((await store.record(votes)).map((one) => [one.requestId, one]));
  return votes.map(({ requestId }) => {
    const { status = "waits", reason } = answers.get(requestId) ?? {};
    return reason === undefined ? status : `${status}: ${reason}`;
  });
}
