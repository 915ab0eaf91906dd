import { z } from "zod";
import { ROLL_CHANGES, type RollChangeKind } from "../../shared/domain/roll-row.ts";
import type { Archive } from "./archive.ts";

const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((text) => Buffer.from(text, "hex"));

const Copy = z.object({
  law_id: z.string(),
  kind: z.enum(ROLL_CHANGES),
  added: z.array(z.object({ line: z.number(), voter_hash: hash, person_hash: hash })),
  ended: z.array(hash),
});

/** Who is changed by an act on a sealed roll. When it is in force is in the journal. */
export interface ChangedVoters {
  readonly kind: RollChangeKind;
  /** New voters; hashes have 32 bytes each. */
  readonly added: readonly { readonly line: number; readonly voterHash: Buffer; readonly personHash: Buffer }[];
  /** The hashes of voters whose time ends. */
  readonly ended: readonly Buffer[];
}

function nameOf(run: string): string {
  return `roll-changes/${run}`;
}

/**
 * Keeps whom a change of a sealed roll is about, before it takes effect. An earlier try of the same act is replaced: it
 * has changed nothing.
 *
 * @param archive where
 * @param lawId the law
 * @param change the change, and the run of its act
 */
export async function keepRollChange(
  archive: Archive,
  lawId: string,
  change: ChangedVoters & { readonly run: string },
): Promise<void> {
  const copy: z.input<typeof Copy> = {
    law_id: lawId,
    kind: change.kind,
    added: change.added.map(({ line, voterHash, personHash }) => ({
      line,
      voter_hash: voterHash.toString("hex"),
      person_hash: personHash.toString("hex"),
    })),
    ended: change.ended.map((voterHash) => voterHash.toString("hex")),
  };
  await archive.put(nameOf(change.run), JSON.stringify(copy));
}

/**
 * Reads whom a change of a sealed roll is about.
 *
 * @param archive where it is
 * @param lawId the law
 * @param run the act
 * @throws Error when the archive has no change of the law by this act
 */
export async function keptRollChange(archive: Archive, lawId: string, run: string): Promise<ChangedVoters> {
  const text = await archive.get(nameOf(run));
  if (text === undefined) throw new Error(`the archive has no change of a roll by the act ${run}`);
  const { law_id, kind, added, ended } = Copy.parse(JSON.parse(text));
  if (law_id !== lawId) throw new Error(`the archive's change of a roll by the act ${run} is of another law`);
  return {
    kind,
    added: added.map(({ line, voter_hash, person_hash }) => ({ line, voterHash: voter_hash, personHash: person_hash })),
    ended,
  };
}

/**
 * Which of some acts have left whom they changed in the archive.
 *
 * @param archive where
 * @param runs the acts
 */
export async function rollChangesKept(archive: Archive, runs: readonly string[]): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const run of runs) if (await archive.has(nameOf(run))) kept.push(run);
  return kept;
}

/**
 * Removes whom a change of a sealed roll was about.
 *
 * @param archive where it is
 * @param run the act
 */
export function removeRollChange(archive: Archive, run: string): Promise<void> {
  return archive.remove(nameOf(run));
}
