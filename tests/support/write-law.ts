import type { Law } from "../../shared/domain/law.ts";
import type { DynamoLawStore } from "../../shared/stores/laws.ts";

/**
 * Writes a law as it is given, in the place of one with the same id. No command does that, because it undoes whatever
 * somebody else changed meanwhile.
 *
 * @param laws where the laws are
 * @param law the law
 */
export async function writeLaw(laws: DynamoLawStore, law: Law): Promise<void> {
  await laws.remove(law.lawId);
  if (!(await laws.add(law))) throw new Error(`somebody else added the law ${law.lawId} at the same moment`);
}
