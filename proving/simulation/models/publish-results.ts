import type { AskedLaw } from "../../../shared/stores/results.ts";
import type { Tables, Tally } from "./postgres.ts";

/**
 * The SQL function `publish_results` (functions/migrate/migrations) in TypeScript, in two halves.
 * published-model.test.ts runs both on the same data and compares the table.
 */

/** How published tallies move. */
export interface StepRules {
  readonly intervalMs: number;
  readonly minimumVotes: number;
}

interface SeenLaw extends AskedLaw {
  readonly tally: Tally;
  readonly countedAt: number;
}

/** A reader's statement that has seen the tallies, and waits for its turn. */
export interface Publishing {
  readonly atMs: number;
  readonly rules: StepRules;
  readonly laws: readonly SeenLaw[];
}

const NONE: Tally = { oui: 0, non: 0 };
const sum = ({ oui, non }: Tally) => oui + non;

/**
 * Begins the statement: it sees the tallies as they are now.
 *
 * @param tables the database
 * @param asked the laws
 * @param rules interval and minimum
 * @param atMs the server's `now()`, in simulated milliseconds
 */
export function beginPublishing(
  tables: Tables,
  asked: readonly AskedLaw[],
  rules: StepRules,
  atMs: number,
): Publishing {
  const laws = asked.flatMap((law) => {
    const tally = tables.tallies.get(law.lawId);
    if (tally === undefined) return [];
    if (!tables.published.has(law.lawId)) tables.published.set(law.lawId, { published: NONE, held: NONE });
    return [{ ...law, tally, countedAt: tables.countedAt.get(law.lawId) ?? 0 }];
  });
  return { atMs, rules, laws };
}

/**
 * Ends the statement when its turn has come. Others may have published since it began: it decides on what they have
 * left, and on the tallies that it saw.
 *
 * @param tables the database
 * @param publishing the statement
 */
export function finishPublishing(tables: Tables, { atMs, rules, laws }: Publishing): void {
  const { intervalMs, minimumVotes } = rules;
  for (const { lawId, isFinal, tally, countedAt } of laws) {
    const row = tables.published.get(lawId) ?? { published: NONE, held: NONE };
    const isSince = (beganMs: number) => atMs >= beganMs + intervalMs;
    const isOver = isFinal && isSince(countedAt);
    const newVotes = sum(tally) - sum(row.held);
    const isStepDue = newVotes >= minimumVotes && (row.heldAt === undefined || isSince(row.heldAt));
    if (!isStepDue && !(isOver && sum(tally) > sum(row.published))) continue;
    const isAll = minimumVotes <= 1 || isOver;
    tables.published.set(lawId, {
      published: isAll ? tally : row.held,
      publishedAt: isAll || row.heldAt !== undefined ? atMs : undefined,
      held: tally,
      heldAt: atMs,
    });
  }
}

/** What everybody may see of a law. */
export interface PublishedTally extends Tally {
  readonly lawId: string;
}

/**
 * What everybody may see.
 *
 * @param tables the database
 * @param asked the laws
 * @returns those of the laws that have a published step, in this order
 */
export function publishedTallies(tables: Tables, asked: readonly Pick<AskedLaw, "lawId">[]): PublishedTally[] {
  return asked.flatMap(({ lawId }) => {
    const row = tables.published.get(lawId);
    return row?.publishedAt === undefined ? [] : [{ lawId, ...row.published }];
  });
}

/**
 * What everybody may see of one law.
 *
 * @param tables the database
 * @param lawId the law
 * @returns zeros while nothing is published
 */
export function publishedOf(tables: Tables, lawId: string): Tally {
  return publishedTallies(tables, [{ lawId }])[0] ?? NONE;
}
