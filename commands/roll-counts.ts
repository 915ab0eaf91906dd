import type { RollCount } from "../operations/roll/count.ts";
import { describeRollWork } from "../shared/domain/roll.ts";
import { table } from "../terminal/table.ts";

/**
 * Counts as a table.
 *
 * @param counts what `countRolls` gave
 */
export function describeCounts(counts: readonly RollCount[]): string {
  if (counts.length === 0) return "There are no laws and no rolls yet.";
  const rows = counts.map((count) => [count.law_id, String(count.postgresql), String(count.redis), stateOf(count)]);
  return table([["law", "PostgreSQL", "Redis", "roll"], ...rows]);
}

function stateOf({ postgresql, digest, complete, unfinished }: RollCount): string {
  if (unfinished.length > 0) return `not complete: ${unfinished.map(describeRollWork).join("; ")}; votes wait`;
  if (complete) return `sealed: ${digest}`;
  if (postgresql === 0) return "not loaded: votes wait";
  return digest === null ? "not sealed: votes wait" : `sealed: ${digest}; not complete in Redis: votes wait`;
}
