import type { Law } from "../../shared/domain/law.ts";
import { waitUntilEmpty } from "../queues/depths.ts";
import type { Servers } from "../servers.ts";
import { type RebuildOptions, type Rebuilt, rebuildRoll } from "./rebuild-roll.ts";
import { rollPorts } from "./stores/roll-ports.ts";

/** How long a rebuild waits for decided votes to be recorded. */
const OUTCOMES_TIMEOUT_MS = 60_000;

/**
 * Rebuilds rolls in Redis.
 *
 * @param servers those of a running stage
 * @param laws which ones
 * @param options interruption, progress, and a function that warns the operator
 */
export function rebuildRolls(
  servers: Servers,
  laws: readonly Law[],
  options: RebuildOptions & { readonly onWarning?: ((text: string) => void) | undefined },
): Promise<readonly Rebuilt[]> {
  const outcomesRecorded = async () => {
    const left = await waitUntilEmpty(servers, ["outcomes"], OUTCOMES_TIMEOUT_MS, undefined, options.signal);
    if (left > 0) {
      options.onWarning?.(
        `${left} decided votes are still to be recorded; the rebuild goes on, because PostgreSQL has the last word.`,
      );
    }
    return left === 0;
  };
  return rebuildRoll({ ...rollPorts(servers), outcomesRecorded }, laws, options);
}
