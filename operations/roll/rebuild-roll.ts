import type { Law } from "../../shared/domain/law.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { type ChangedRoll, changeRolls } from "./change.ts";
import type { RollPorts, RollVoter, WorkMark } from "./stores/ports.ts";

/** Any two rebuilds of a law are the same work. */
export const REBUILD: WorkMark = { kind: "rebuild", sourceId: Buffer.alloc(0), sourceName: "" };

export interface RebuildPorts extends RollPorts {
  /**
   * Waits, while `validate` is paused, until every decided vote is recorded, so that PostgreSQL has all claims. Gives
   * up after a while. Votes that are recorded later are still right, because PostgreSQL has the last word.
   *
   * @returns whether the outcomes queue is empty
   */
  readonly outcomesRecorded: () => Promise<boolean>;
}

export interface RebuildOptions {
  /** Stops between two batches. The roll then stays incomplete, and its votes wait. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of restored voters, over all laws. */
  readonly onProgress?: ((voters: number) => void) | undefined;
}

export interface Rebuilt extends ChangedRoll {
  readonly claims: number;
}

/**
 * Rebuilds the rolls in Redis from PostgreSQL: every voter and, for voters who have voted, the claim of the counted
 * submission. The former contents of Redis are removed. If a rebuild does not end, the rolls stay incomplete, and no
 * load completes them before another rebuild has ended, because Redis may still have the old claims.
 *
 * @param ports the stores
 * @param laws the laws to rebuild
 * @param options interruption and progress
 * @returns the state of each roll, and how many claims were restored
 */
export async function rebuildRoll(
  ports: RebuildPorts,
  laws: readonly Law[],
  options: RebuildOptions = {},
): Promise<readonly Rebuilt[]> {
  const { result, rolls } = await changeRolls(
    ports,
    laws,
    () => REBUILD,
    () => restoreAll(ports, laws, options),
  );
  return rolls.map((roll) => ({ ...roll, claims: result.get(roll.lawId) ?? 0 }));
}

/** @returns how many claims were restored, by law */
async function restoreAll(
  ports: RebuildPorts,
  laws: readonly Law[],
  options: RebuildOptions,
): Promise<ReadonlyMap<string, number>> {
  await ports.outcomesRecorded();
  let restored = 0;
  const claimsOf = new Map<string, number>();
  for (const law of laws) {
    options.signal?.throwIfAborted();
    await ports.cache.clear(law.lawId);
    let claimed = 0;
    for await (const batch of ports.database.voters(law.lawId)) {
      options.signal?.throwIfAborted();
      const voters = batch.map(withClaim);
      await ports.cache.restore(law.lawId, voters);
      claimed += voters.filter((voter) => voter.id !== undefined).length;
      restored += voters.length;
      options.onProgress?.(restored);
    }
    claimsOf.set(law.lawId, claimed);
  }
  return claimsOf;
}

/**
 * A voter as Redis has one.
 *
 * @param voter of PostgreSQL
 * @throws Error when the participation does not name a request id
 */
export function withClaim({ voterHash, countedRequestId }: RollVoter) {
  return { voterHash, id: idOf(countedRequestId) };
}

function idOf(requestId: string | null): Buffer | undefined {
  if (requestId === null) return undefined;
  const parts = parseRequestId(requestId);
  if (parts === undefined) throw new Error(`the participation names ${requestId}, which is not a request id`);
  return parts.id;
}
