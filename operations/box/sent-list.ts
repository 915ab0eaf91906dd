import { createHash } from "node:crypto";
import type pg from "pg";
import { z } from "zod";

/** An opened list that somebody sends in pieces. */
export interface SentList {
  readonly lawId: string;
  /** SHA-256 of its file, in hexadecimal digits. */
  readonly sha256: string;
  /** Who sends it: nobody adds to what another person sends. */
  readonly operator: string;
}

/**
 * Under which id the pieces of a list are kept: the same person goes on with the same file, on any machine.
 *
 * @param list the list
 */
export function piecesId({ lawId, sha256, operator }: SentList): string {
  return createHash("sha256")
    .update(JSON.stringify([lawId, sha256, operator]))
    .digest("hex")
    .slice(0, 32);
}

const CountRow = z.object({ pieces: z.number() });
const TextRow = z.object({ text: z.instanceof(Buffer) });

/**
 * How many pieces of a list are here; they are the first ones.
 *
 * @param pool the database
 * @param list the list
 */
export async function piecesOf(pool: pg.Pool, list: SentList): Promise<number> {
  const { rows } = await pool.query(
    "select count(*)::int as pieces from opening_pieces where law_id = $1 and run = $2::uuid",
    [list.lawId, piecesId(list)],
  );
  return CountRow.parse(rows[0]).pieces;
}

/**
 * Keeps a piece of a list, if all before it are here. One that is here stays.
 *
 * @param pool the database
 * @param list the list
 * @param number of the piece, from 0
 * @param text whole lines
 * @returns which piece is the next one
 */
export async function keepPiece(pool: pg.Pool, list: SentList, number: number, text: string): Promise<number> {
  if (number !== (await piecesOf(pool, list))) return piecesOf(pool, list);
  await pool.query(
    "insert into opening_pieces (law_id, run, number, text) values ($1, $2::uuid, $3, $4) on conflict do nothing",
    [list.lawId, piecesId(list), number, Buffer.from(text)],
  );
  return piecesOf(pool, list);
}

/**
 * A piece of a list.
 *
 * @param pool the database
 * @param list the list
 * @param number of the piece, from 0
 * @returns undefined when it is not here
 */
export async function pieceOf(pool: pg.Pool, list: SentList, number: number): Promise<Buffer | undefined> {
  const { rows } = await pool.query(
    "select text from opening_pieces where law_id = $1 and run = $2::uuid and number = $3",
    [list.lawId, piecesId(list), number],
  );
  return rows[0] === undefined ? undefined : TextRow.parse(rows[0]).text;
}

/**
 * Forgets the pieces of a list.
 *
 * @param pool the database
 * @param list the list
 */
export async function forgetPieces(pool: pg.Pool, list: SentList): Promise<void> {
  await pool.query("delete from opening_pieces where law_id = $1 and run = $2::uuid", [list.lawId, piecesId(list)]);
}

/**
 * Forgets the pieces of a list that was brought as the second opening, if those of the first one are others. Both are
 * the same list.
 *
 * @param pool the database
 * @param list the list
 */
export async function forgetOtherPieces(pool: pg.Pool, list: SentList): Promise<void> {
  await pool.query(
    `delete from opening_pieces where law_id = $1 and run = $2::uuid
       and exists (select from openings o where o.law_id = $1 and o.number = 1 and o.pieces is distinct from $2::uuid)`,
    [list.lawId, piecesId(list)],
  );
}
