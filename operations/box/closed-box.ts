import type pg from "pg";
import { z } from "zod";
import { CHOICES } from "../../shared/domain/ballot.ts";
import type { BoxFacts } from "../../shared/domain/law-life.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { keyIdOf } from "../../shared/domain/sealing/key-id.ts";
import type { BoxHeader } from "../../shared/messages/box.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";

/** With what a box was closed. */
export interface BoxClosing {
  readonly endedAt: Date;
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
}

/** A sealed law whose box is closed. */
export interface ClosedBox {
  readonly law: KnownLaw;
  readonly closing: BoxClosing;
}

/** An opening that somebody has brought. */
export interface BroughtOpening {
  readonly number: 1 | 2;
  readonly run: string;
  readonly broughtBy: string;
  readonly broughtAt: Date;
  /** SHA-256 of the opened list, in hexadecimal digits. */
  readonly sha256: string;
  readonly oui: number;
  readonly non: number;
  readonly spoiled: Readonly<Record<string, number>>;
}

const ClosingRow = z.object({
  ended_at: z.date(),
  counted: z.coerce.number(),
  duplicate: z.coerce.number(),
  invalid: z.coerce.number(),
});

const OpeningRow = z.object({
  number: z.union([z.literal(1), z.literal(2)]),
  run: z.string(),
  brought_by: z.string(),
  brought_at: z.date(),
  sha256: z.string(),
  oui: z.coerce.number(),
  non: z.coerce.number(),
  spoiled: z.record(z.string(), z.number()),
});

/**
 * With what the box of a law was closed.
 *
 * @param pool the database
 * @param lawId the law
 * @returns undefined when it is not closed
 */
export async function boxClosing(pool: pg.Pool, lawId: string): Promise<BoxClosing | undefined> {
  const { rows } = await pool.query("select * from box_closings where law_id = $1", [lawId]);
  if (rows[0] === undefined) return undefined;
  const { ended_at: endedAt, ...figures } = ClosingRow.parse(rows[0]);
  return { endedAt, ...figures };
}

/**
 * A law whose box is closed.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @throws Refusal when there is no such law, or it has no box, or its box is not closed
 */
export async function closedBox(servers: Pick<Servers, "laws" | "pool">, lawId: string): Promise<ClosedBox> {
  const [law] = await existingLaws(servers, [lawId]);
  const refuse = (why: string) => new Refusal(why, { subject: lawId });
  if (law?.form !== "sealed") throw refuse(`${lawId} is not a sealed law: it has no box.`);
  if (law.boxClosed !== true) {
    throw refuse(
      `The box of ${lawId} is not closed: nobody sees what is in it before. Once the law has closed, npm run laws -- count ` +
        `${lawId} closes its box.`,
    );
  }
  const closing = await boxClosing(servers.pool, lawId);
  if (closing !== undefined) return { law, closing };
  throw refuse(
    `The box of ${lawId} is closed, and PostgreSQL does not know with what: it was restored to a time before that. Restore ` +
      "it to a time after it; the journal of operators says when that was.",
  );
}

/**
 * The description of a closed box: the first line of its export.
 *
 * @param box the box
 */
export function boxHeader({ law, closing }: ClosedBox): BoxHeader {
  const { lawId: law_id, origin, trustees, proof = "none" } = law;
  if (origin === undefined || trustees === undefined) throw new Error(`the sealed law ${law_id} has no keys`);
  return {
    v: 1,
    kind: "box",
    law_id,
    origin,
    key_id: keyIdOf(Buffer.from(trustees.electionKey, "base64url")).toString("hex"),
    proof,
    options: [...CHOICES],
    envelopes: closing.counted,
  };
}

/**
 * The openings of a box that were brought, in the order of their numbers.
 *
 * @param pool the database
 * @param lawId the law
 */
export async function openingsOf(pool: pg.Pool, lawId: string): Promise<readonly BroughtOpening[]> {
  const { rows } = await pool.query(
    `select number, run::text, brought_by, brought_at, encode(sha256, 'hex') as sha256, oui, non, spoiled
     from openings where law_id = $1 order by number`,
    [lawId],
  );
  return rows.map((row) => {
    const { brought_by: broughtBy, brought_at: broughtAt, ...opening } = OpeningRow.parse(row);
    return { ...opening, broughtBy, broughtAt };
  });
}

/**
 * What of a closed box decides the next step of its law.
 *
 * @param closing with what it was closed
 * @param openings those that were brought
 */
export function boxFacts({ counted }: BoxClosing, openings: readonly BroughtOpening[]): BoxFacts {
  const [first, second] = openings;
  return {
    envelopes: counted,
    broughtBy: openings.map(({ broughtBy }) => broughtBy),
    agree: first !== undefined && first.sha256 === second?.sha256,
  };
}
