import type pg from "pg";
import { Refusal } from "../../shared/domain/refusal.ts";
import { type OpeningHeader, OpeningReader, type OpeningSoFar, WrongOpening } from "../../shared/messages/opening.ts";
import type { Servers } from "../servers.ts";
import { numberOf, refuseOtherBox, refuseOtherExport } from "./check-opening.ts";
import { type BroughtOpening, type ClosedBox, closedBox, openingsOf } from "./closed-box.ts";
import { continuedHash } from "./continued-hash.ts";
import { type BoxSoFar, hashBox } from "./read-box.ts";
import { forgetOtherPieces, forgetPieces, pieceOf, piecesId, type SentList } from "./sent-list.ts";

/** What a step of bringing an opening knows. */
export interface BringContext {
  readonly servers: Pick<Servers, "laws" | "pool">;
  readonly list: SentList;
  /** How many pieces the list has. */
  readonly pieces: number;
  /** Whether another person must bring the second opening. */
  readonly twoPeople: boolean;
  /** Names the act; the same for all of its steps. */
  readonly run: string;
  readonly isOver: () => boolean;
}

/** How far bringing an opening has come. */
export interface BringSoFar {
  /** The next piece. */
  readonly piece: number;
  readonly list: OpeningSoFar;
  /** The states of two hashes: of what is signed, and of the file. */
  readonly signed: string;
  readonly file: string;
  /** Undefined: the list is being read. */
  readonly box: BoxSoFar | undefined;
}

type BringStep = { readonly soFar: BringSoFar } | { readonly brought: BroughtOpening };

/**
 * Goes on with taking an opened list as an opening of its box: reads the list, whose lines must give its sums and whose
 * signature must be that of the law's trustees; then the box, which must be what the trustees have opened. Nothing is
 * changed before the end, and every step can be taken again.
 *
 * @param context the step
 * @param soFar how far it has come; undefined: the first step
 * @throws Refusal saying what is wrong with the list
 */
export async function bringStep(context: BringContext, soFar: BringSoFar | undefined): Promise<BringStep> {
  const { servers, list, run, isOver } = context;
  const known = (await openingsOf(servers.pool, list.lawId)).find((one) => one.run === run);
  if (known !== undefined) return { brought: known };
  const box = await closedBox(servers, list.lawId);
  let now = soFar;
  while (now === undefined || now.piece < context.pieces) {
    now = await readPiece(context, box, now);
    if (isOver()) return { soFar: now };
  }
  const header = await wholeList(context, now);
  const hashed = await hashBox(servers.pool, box, now.box, isOver);
  if (!("sha256" in hashed)) return { soFar: { ...now, box: hashed } };
  refuseOtherExport(box, header, hashed.sha256);
  const brought = await taken(context, header);
  // One copy of the list is kept until it is published.
  if (brought.number === 2) await forgetOtherPieces(servers.pool, list);
  return { brought };
}

/**
 * Refuses a list whose first piece shows that it is not an opening of the box.
 *
 * @param box the box
 * @param text the first piece
 * @throws Refusal saying why
 */
export function refuseFirstPiece(box: ClosedBox, text: string): void {
  const reader = new OpeningReader({ update: () => undefined });
  inWords(box.law.lawId, () => reader.read(text.slice(0, text.indexOf("\n") + 1)));
  if (reader.header !== undefined) refuseOtherBox(box, reader.header);
}

async function readPiece(
  { servers: { pool }, list }: BringContext,
  box: ClosedBox,
  soFar: BringSoFar | undefined,
): Promise<BringSoFar> {
  const number = soFar?.piece ?? 0;
  const piece = await pieceOf(pool, list, number);
  if (piece === undefined) {
    throw new Refusal(
      `Piece ${number + 1} of the list is not here. Run the same command again: it sends what is missing.`,
      {
        subject: list.lawId,
      },
    );
  }
  const signed = await continuedHash(soFar?.signed);
  const file = (await continuedHash(soFar?.file)).update(piece);
  const reader = new OpeningReader(signed, undefined, soFar?.list);
  await orForget(pool, list, () => {
    reader.read(piece.toString("utf8"));
    if (number === 0 && reader.header !== undefined) refuseOtherBox(box, reader.header);
  });
  return { piece: number + 1, list: reader.soFar, signed: signed.state, file: file.state, box: undefined };
}

/** The first line of a list that was read to its end and is right. */
async function wholeList({ servers: { pool }, list }: BringContext, soFar: BringSoFar): Promise<OpeningHeader> {
  const signed = await continuedHash(soFar.signed);
  const file = (await continuedHash(soFar.file)).digest().toString("hex");
  return orForget(pool, list, () => {
    if (file !== list.sha256) {
      throw new Refusal(
        `What was sent has the SHA-256 ${file}, and the file ${list.sha256}: it has changed while it was sent. Run the same ` +
          "command again, which sends all of it.",
        { subject: list.lawId },
      );
    }
    return new OpeningReader(signed, undefined, soFar.list).end(signed.digest());
  });
}

/** Deletes the pieces of a wrong list; the same file is sent again from its beginning. */
async function orForget<T>(pool: pg.Pool, list: SentList, read: () => T): Promise<T> {
  try {
    return inWords(list.lawId, read);
  } catch (error) {
    await forgetPieces(pool, list);
    throw error;
  }
}

function inWords<T>(lawId: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WrongOpening)) throw error;
    throw new Refusal(`The opened list of ${lawId} ${error.message}. Use another copy of it.`, { subject: lawId });
  }
}

const INSERT = `insert into openings (law_id, number, run, brought_by, sha256, oui, non, spoiled, pieces)
  values ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8, $9) on conflict do nothing`;

/** Notes the opening. When two people bring one at the same moment, one of the two is the second one. */
async function taken(context: BringContext, header: OpeningHeader): Promise<BroughtOpening> {
  const { servers, list, run, twoPeople } = context;
  const { lawId, sha256, operator } = list;
  const ballots = (option: string) => header.sums.find((sum) => sum.option === option)?.ballots ?? 0;
  const spoiled = Object.fromEntries(header.spoiled.map(({ reason, ballots: some }) => [reason, some]));
  for (;;) {
    const brought = await openingsOf(servers.pool, lawId);
    const own = brought.find((one) => one.run === run);
    if (own !== undefined) return own;
    const number = numberOf(lawId, brought, { operator, sha256, header }, twoPeople);
    const values = [lawId, number, run, operator, sha256, ballots("oui"), ballots("non"), JSON.stringify(spoiled)];
    await servers.pool.query(INSERT, [...values, piecesId(list)]);
  }
}
