import type pg from "pg";
import { z } from "zod";
import { CHOICES } from "../../shared/domain/ballot.ts";
import type { BoxFacts } from "../../shared/domain/law-life.ts";
import { boxClosing, boxFacts, openingsOf } from "../box/closed-box.ts";
import type { AddedBallots, BoxPorts } from "./ports.ts";

/** How many ballots are added at a time: some seconds. */
const MOST_BALLOTS = 100_000;

const Left = z.object({ still: z.coerce.number() });

/**
 * The box of a law of a running stage, as counting the law needs it.
 *
 * @param pool the database
 * @param lawId the law
 */
export function boxOf(pool: pg.Pool, lawId: string): BoxPorts {
  const isDone = async (sql: string, values: readonly unknown[]) => {
    const { rows } = await pool.query<{ done: boolean }>(sql, [...values]);
    return rows[0]?.done === true;
  };
  return {
    close: (version, { counted, duplicate, invalid }) =>
      isDone("select close_box($1, $2, $3, $4, $5) as done", [lawId, version, counted, duplicate, invalid]),
    facts: () => factsOf(pool, lawId),
    async addBallots(): Promise<AddedBallots> {
      const [opening] = await openingsOf(pool, lawId);
      const total = opening === undefined ? 0 : opening.oui + opening.non;
      let left = 0;
      for (const choice of CHOICES) {
        // Of the second choice none are added before all of the first one are there.
        const most = left === 0 ? MOST_BALLOTS : 0;
        const { rows } = await pool.query("select add_opened_ballots($1, $2, $3) as still", [lawId, choice, most]);
        left += Left.parse(rows[0]).still;
      }
      return { added: total - left, total };
    },
    count: (version) => isDone("select count_opened($1, $2) as done", [lawId, version]),
  };
}

async function factsOf(pool: pg.Pool, lawId: string): Promise<BoxFacts | undefined> {
  const closing = await boxClosing(pool, lawId);
  return closing && boxFacts(closing, await openingsOf(pool, lawId));
}
