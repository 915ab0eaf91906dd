import { printableLine } from "../printable.ts";
import type { Target } from "../target.ts";
import { RedisRoll } from "./redis-roll.ts";

/** How large a law's roll is. */
export interface RollCount {
  readonly law_id: string;
  /** In PostgreSQL, the truth. */
  readonly postgresql: number;
  /** In Redis, the fast filter. */
  readonly redis: number;
  /** Whether Redis says that its roll is complete; without that no vote of the law is decided. */
  readonly complete: boolean;
}

/**
 * Counts the voters of laws.
 *
 * @param target a running stack
 * @param lawIds which laws; default: every law, and every roll without one
 */
export async function countRolls(target: Target, lawIds?: readonly string[]): Promise<RollCount[]> {
  const counted = await rollSizes(target, lawIds);
  const ids = lawIds ?? [...new Set([...(await target.laws.list()).map((law) => law.lawId), ...counted.keys()])].sort();
  const cache = new RedisRoll(target.redis);
  const counts: RollCount[] = [];
  for (const lawId of ids) {
    counts.push({
      law_id: lawId,
      postgresql: counted.get(lawId) ?? 0,
      redis: await cache.count(lawId),
      complete: (await cache.meta(lawId)) !== undefined,
    });
  }
  return counts;
}

/**
 * The sizes of rolls in PostgreSQL.
 *
 * @param target a running stack
 * @param lawIds which laws; default: all that have a roll
 */
export async function rollSizes(target: Target, lawIds?: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await target.pool.query<{ law_id: string; voters: string }>(
    `select law_id, (select count(*) from voter_roll v where v.law_id = r.law_id) as voters
     from rolls r where $1::text[] is null or law_id = any($1)`,
    [lawIds ?? null],
  );
  return new Map(rows.map((row) => [row.law_id, Number(row.voters)]));
}

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

/**
 * Lines up columns.
 *
 * @param cells rows of cells, the first row being the heading; a cell never becomes more than one line
 */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printableLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
