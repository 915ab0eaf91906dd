import type pg from "pg";
import { z } from "zod";
import type { CertifiedSetAside } from "../../shared/domain/log/certificate.ts";
import { NO_ENTRY, textHash } from "../../shared/domain/log/public-journal.ts";

/** The end of a law's log. */
export interface LogEnd {
  readonly size: number;
  readonly root: Buffer;
  /** Entries that wait, without those of the journal, which may always come. */
  readonly waiting: number;
  readonly journal: { readonly entries: number; readonly end: string };
  /** Public texts of acts that set messages aside or sent them back. */
  readonly setAsideTexts: readonly string[];
}

const Row = z.object({
  size: z.coerce.number(),
  root: z.instanceof(Buffer),
  waiting: z.coerce.number(),
  entries: z.coerce.number(),
  last_text: z.string().nullable(),
  set_aside: z.array(z.string()),
});

/**
 * Reads the end of a law's log.
 *
 * @param pool the database
 * @param lawId the law
 * @returns undefined while the log has no epoch
 */
export async function logEnd(pool: pg.Pool, lawId: string): Promise<LogEnd | undefined> {
  const { rows } = await pool.query("select * from log_end($1)", [lawId]);
  if (rows[0] === undefined) return undefined;
  const { size, root, waiting, entries, last_text: last, set_aside: setAsideTexts } = Row.parse(rows[0]);
  const journal = { entries, end: last === null ? NO_ENTRY : textHash(last) };
  return { size, root, waiting, journal, setAsideTexts };
}

const Told = z.looseObject({
  number: z.number(),
  act: z.enum(["set-aside", "undo-set-aside"]),
  details: z.looseObject({ fingerprint: z.string().optional(), reason: z.string().optional() }),
});

/**
 * What was set aside and not sent back, as the public journal of a law says it.
 *
 * @param texts public texts of these acts, in order
 */
export function setAsideOf(texts: readonly string[]): readonly CertifiedSetAside[] {
  const acts = texts.map((text) => Told.parse(JSON.parse(text)));
  const isUndone = (one: z.output<typeof Told>) =>
    acts.some(
      (later) =>
        later.act === "undo-set-aside" &&
        later.number > one.number &&
        later.details.fingerprint === one.details.fingerprint,
    );
  return acts.flatMap((one) => {
    const { number, details } = one;
    const { fingerprint, reason = "" } = details;
    return one.act === "set-aside" && fingerprint !== undefined && !isUndone(one)
      ? [{ number, sha256: fingerprint, reason }]
      : [];
  });
}
