import type { Law } from "../../shared/domain/law.ts";
import { personHash, voterHash } from "../../shared/domain/voter-hash.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import type { Credentials } from "./file/read.ts";
import type { RollEntry } from "./stores/ports.ts";

/** The number of voters in one transaction: some tenths of a second of work. */
export const TRANSACTION_VOTERS = 10_000;
/** After this many new voters, the statistics of the planner are updated. */
export const ANALYZE_FROM = 10_000;

/** The keys of a roll's hashes. */
export type RollKeys = Keys<"person" | "pepper">;

/**
 * Hashes voters for the roll of a law. NAS and codes go no further.
 *
 * @param voters their credentials
 * @param law the law
 * @param keys of the stage
 */
export function hashVoters(voters: readonly Credentials[], law: Law, keys: RollKeys): RollEntry[] {
  const pepper = keys.pepper(law.pepperId);
  const { person } = keys.ofVersion(law.keyVersion);
  return voters.map(({ line, nas, code }) => ({
    line,
    voterHash: voterHash(nas, code, law.lawId, pepper),
    personHash: personHash(nas, law.lawId, person),
  }));
}
