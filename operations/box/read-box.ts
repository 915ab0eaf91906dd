import type pg from "pg";
import { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";
import { ENVELOPE_BYTES } from "../../shared/domain/sealing/envelope.ts";
import { boxHeader, type ClosedBox } from "./closed-box.ts";
import { continuedHash } from "./continued-hash.ts";

const ENC_AT = 9;
const ENC_END = 41;

const PieceRow = z.object({ envelopes: z.instanceof(Buffer).nullable() });

/**
 * Envelopes of a closed box in the order of their ephemeral keys, which are random: the order tells nothing.
 *
 * @param pool the database
 * @param lawId the law
 * @param after the ephemeral key of the last one before, base64url; null: from the beginning
 * @param limit how many at most
 * @returns their texts, and the ephemeral key of the last one; none: there are no more
 */
export async function boxPiece(
  pool: pg.Pool,
  lawId: string,
  after: string | null,
  limit: number,
): Promise<{ readonly envelopes: readonly string[]; readonly last: string | null }> {
  // One value, and not a row per envelope: reading rows takes much longer than cutting bytes.
  const { rows } = await pool.query(
    `select string_agg(envelope, ''::bytea order by enc) as envelopes from (
       select enc, envelope from ballot_box where law_id = $1 and enc > $2 order by enc limit $3
     ) as piece`,
    [lawId, Buffer.from(after ?? "", "base64url"), limit],
  );
  const bytes = PieceRow.parse(rows[0]).envelopes ?? Buffer.alloc(0);
  const envelopes: string[] = [];
  for (let at = 0; at < bytes.length; at += ENVELOPE_BYTES) {
    envelopes.push(bytes.toString("base64url", at, at + ENVELOPE_BYTES));
  }
  const last = bytes.subarray(-ENVELOPE_BYTES).toString("base64url", ENC_AT, ENC_END);
  return { envelopes, last: envelopes.length === 0 ? null : last };
}

/** How far a box has been hashed. */
export interface BoxSoFar {
  readonly after: string | null;
  readonly envelopes: number;
  /** The state of the hash. */
  readonly hash: string;
}

/** How many envelopes are hashed before the clock is looked at. */
const PIECE = 40_000;

/**
 * Goes on with the SHA-256 of the export of a closed box, until the step should end.
 *
 * @param pool the database
 * @param box the box
 * @param soFar how far it has come; undefined: it begins
 * @param isOver whether the step should end
 * @returns how far it has come; or the hash, in hexadecimal digits
 * @throws Refusal when there are other envelopes than the box was closed with
 */
export async function hashBox(
  pool: pg.Pool,
  box: ClosedBox,
  soFar: BoxSoFar | undefined,
  isOver: () => boolean,
): Promise<BoxSoFar | { readonly sha256: string }> {
  const { law, closing } = box;
  const hash = await continuedHash(soFar?.hash);
  if (soFar === undefined) hash.update(`${JSON.stringify(boxHeader(box))}\n`);
  let [after, envelopes] = [soFar?.after ?? null, soFar?.envelopes ?? 0];
  do {
    const piece = await boxPiece(pool, law.lawId, after, PIECE);
    if (piece.last === null) {
      refuseChanged(box, envelopes);
      return { sha256: hash.digest().toString("hex") };
    }
    hash.update(piece.envelopes.map((envelope) => `"${envelope}"\n`).join(""));
    after = piece.last;
    envelopes += piece.envelopes.length;
  } while (!isOver());
  if (envelopes > closing.counted) refuseChanged(box, envelopes);
  return { after, envelopes, hash: hash.state };
}

function refuseChanged({ law: { lawId }, closing }: ClosedBox, envelopes: number): void {
  if (envelopes === closing.counted) return;
  throw new Refusal(
    `The box of ${lawId} was closed with ${closing.counted} envelopes, and has ${envelopes} now: somebody has changed the ` +
      "database. Nothing of it is opened or counted before you know who, and it is restored.",
    { subject: lawId },
  );
}
