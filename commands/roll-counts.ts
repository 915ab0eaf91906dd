import type { RollCount } from "../operations/roll/count.ts";
import { table } from "../terminal/table.ts";

/**
 * Counts as a table.
 *
 * @param counts what `countRolls` gave
 */
export function describeCounts(counts: readonly RollCount[]): string {
  if (counts.length === 0) return "There are no laws and no rolls yet.";
  const rows = counts.map(({ law_id, postgresql, redis, complete }) => [
    law_id,
    String(postgresql),
    String(redis),
    complete ? "complete" : postgresql === 0 ? "not loaded: votes wait" : "not complete: votes wait",
  ]);
  return table([["law", "PostgreSQL", "Redis", "roll"], ...rows]);
}
