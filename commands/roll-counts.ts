import type { RollCount } from "../operations/roll/count.ts";
import { describeRollWork } from "../shared/domain/roll.ts";
import { table } from "../terminal/table.ts";

/**
 * Counts as a table.
 *
 * @param counts what `countRolls` gave
 * @param drafts the ids of laws that are drafts: no vote on them is accepted, so none waits
 */
export function describeCounts(counts: readonly RollCount[], drafts: ReadonlySet<string>): string {
  if (counts.length === 0) return "There are no laws and no rolls yet.";
  const rows = counts.map((count) => [
    count.law_id,
    String(count.postgresql),
    String(count.redis),
    stateOf(count, drafts),
  ]);
  return table([["law", "PostgreSQL", "Redis", "roll"], ...rows]);
}

function stateOf({ law_id, postgresql, digest, complete, unfinished }: RollCount, drafts: ReadonlySet<string>): string {
  const votes = drafts.has(law_id) ? "a draft takes no votes" : "votes wait";
  if (unfinished.length > 0) return `not complete: ${unfinished.map(describeRollWork).join("; ")}; ${votes}`;
  if (complete) return `sealed: ${digest}`;
  if (postgresql === 0) return `not loaded: ${votes}`;
  return digest === null ? `not sealed: ${votes}` : `sealed: ${digest}; not complete in Redis: ${votes}`;
}

/**
 * The ids of the laws that are drafts.
 *
 * @param laws with their states, as the operators' API shows them
 */
export function draftsOf(laws: readonly { readonly law_id: string; readonly state: string | null }[]): Set<string> {
  return new Set(laws.filter(({ state }) => state === "draft").map(({ law_id }) => law_id));
}
