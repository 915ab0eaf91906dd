import { randomUUID } from "node:crypto";
import { beginComparison } from "../../../operations/receipts/comparison.ts";
import type { Orphan } from "../../../operations/receipts/lost-receipts.ts";
import { orphansPage, type RestoreState, restoreStep } from "../../../operations/receipts/restore-receipts.ts";
import type { Servers } from "../../../operations/servers.ts";

/**
 * Restores receipts step by step, as the operators' API does.
 *
 * @param servers those of a running stage
 * @returns how many were written, and the receipts that PostgreSQL does not know
 */
export async function restoreReceipts(
  servers: Servers,
): Promise<{ readonly written: number; readonly orphans: readonly Orphan[] }> {
  const id = randomUUID();
  await beginComparison(servers.pool, id);
  let state: RestoreState | undefined;
  do state = await restoreStep(servers, { id, writes: true }, state, performance.now() + 60_000);
  while (state.phase !== "done");
  return { written: state.written, orphans: await orphansPage(servers, id, undefined, 1_000) };
}
