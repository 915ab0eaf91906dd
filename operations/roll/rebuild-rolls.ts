import type { Law } from "../../shared/domain/law.ts";
import type { Servers } from "../servers.ts";
import { beginRebuild, continueRebuild } from "./steps/rebuild-steps.ts";
import { withoutDeadline } from "./steps/step-ports.ts";

/** What a rebuild has made of a roll. */
export interface Rebuilt {
  readonly lawId: string;
  readonly voters: number;
  /** In Redis. */
  readonly cached: number;
  /** Whether votes are decided. */
  readonly complete: boolean;
  /** Restored claims; null when another rebuild of the same roll has ended first. */
  readonly claims: number | null;
}

/**
 * Rebuilds rolls in Redis, with all of the steps that `npm run ops -- rebuild-roll` takes.
 *
 * @param servers those of a running stage
 * @param laws which ones
 * @param options a function that warns the operator
 */
export async function rebuildRolls(
  servers: Servers,
  laws: readonly Law[],
  { onWarning = () => undefined }: { readonly onWarning?: (text: string) => void } = {},
): Promise<readonly Rebuilt[]> {
  const context = withoutDeadline(servers);
  let step = await beginRebuild(
    context,
    laws.map(({ lawId }) => lawId),
  );
  while (!step.done) step = await continueRebuild(context, step.cursor);
  if (step.result.outcomes_left > 0) {
    onWarning(
      `${step.result.outcomes_left} decided votes are still to be recorded; PostgreSQL has the last word on them.`,
    );
  }
  return step.result.laws.map(({ law_id, voters, cached, complete, claims }) => {
    return { lawId: law_id, voters, cached, complete, claims };
  });
}
