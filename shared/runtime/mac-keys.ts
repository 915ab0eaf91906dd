import type { Vote } from "../domain/ballot.ts";
import type { KeyPurpose } from "../domain/key-purposes.ts";
import type { KeySource } from "./key-ring.ts";
import type { Keys } from "./keys.ts";

/**
 * The keys that the votes of a batch name.
 *
 * @param votes the votes
 * @param source where the keys are
 * @returns undefined when no vote has macs; a version that a vote names may be missing
 */
export async function macKeysOf<P extends KeyPurpose>(
  votes: readonly Vote[],
  source: KeySource<P>,
): Promise<Keys<P> | undefined> {
  const versions = new Set(votes.flatMap(({ macs }) => (macs === undefined ? [] : [macs.keyVersion])));
  return versions.size === 0 ? undefined : source.holding(...versions);
}
