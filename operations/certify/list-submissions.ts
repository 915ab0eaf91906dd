import type pg from "pg";
import { z } from "zod";
import { LEAF_STATUSES, type LeafStatus, statusOfByte } from "../../shared/domain/log/leaf.ts";

/** Rows that one statement works on: some seconds at most. */
const MOST_ROWS = 50_000;

const Dropped = z.object({ dropped: z.number() });
const Last = z.object({ last: z.string().nullable() });
const Compared = z.object({ matching: z.coerce.number(), differing: z.coerce.number() });
const Figure = z.object({ status: z.number(), submissions: z.coerce.number() });

/** The list of the submissions of a law, as it is made, compared and deleted. */
export class SubmissionList {
  readonly #pool: pg.Pool;
  readonly #lawId: string;

  constructor(pool: pg.Pool, lawId: string) {
    this.#pool = pool;
    this.#lawId = lawId;
  }

  /** Deletes some of it. @returns how many lines; 0: there are none */
  async drop(): Promise<number> {
    const { rows } = await this.#pool.query("select drop_submissions($1, $2) as dropped", [this.#lawId, MOST_ROWS]);
    return Dropped.parse(rows[0]).dropped;
  }

  /** Adds some of what was recorded, after a request id. @returns the last one; null: that was all */
  async gather(after: string): Promise<string | null> {
    const { rows } = await this.#pool.query("select gather_submissions($1, $2, $3) as last", [
      ...[this.#lawId, after, MOST_ROWS],
    ]);
    return Last.parse(rows[0]).last;
  }

  /**
   * Compares some entries of the log with it.
   *
   * @param from the place of the first one
   * @returns the place of the next one, how many of them are the last word on a submission, and how many differ
   */
  async compare(from: number): Promise<{ readonly to: number; readonly matching: number; readonly differing: number }> {
    const to = from + MOST_ROWS;
    const { rows } = await this.#pool.query("select * from compare_submissions($1, $2, $3)", [this.#lawId, from, to]);
    return { to, ...Compared.parse(rows[0]) };
  }

  /** How many submissions have each status. */
  async figures(): Promise<Record<LeafStatus, number>> {
    const figures: Record<LeafStatus, number> = { lost: 0, invalid: 0, duplicate: 0, counted: 0, repeated: 0, late: 0 };
    const { rows } = await this.#pool.query(
      "select status, count(*) as submissions from law_submissions where law_id = $1 group by status",
      [this.#lawId],
    );
    for (const row of rows) {
      const { status, submissions } = Figure.parse(row);
      const name = statusOfByte(status);
      if (name === undefined) throw new Error(`a submission of ${this.#lawId} has the status ${status}`);
      figures[name] = submissions;
    }
    return figures;
  }
}

/** How many submissions there are in all. */
export function allOf(figures: Readonly<Record<LeafStatus, number>>): number {
  return Object.keys(LEAF_STATUSES).reduce((all, name) => all + figures[name as LeafStatus], 0);
}
