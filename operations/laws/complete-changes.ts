import { Refusal } from "../../shared/domain/refusal.ts";
import type { Archive } from "../archive/archive.ts";
import { refuseBehind } from "../archive/journal-copies.ts";
import type { Servers } from "../servers.ts";

/**
 * Completes changes of laws that a crash has cut off between row and item, if nobody has looked at the law since. It
 * does what the next look of an operator would do (operations/law-book/law-book.ts), adds nothing to the journal, and
 * changes nothing where nothing was cut off. After a restore of PostgreSQL it waits until the journal is back.
 *
 * @param servers those of the stage
 * @param archive has copies of the journal
 * @param onRefused told of a law that could not be completed; the others are
 * @returns the laws that were completed
 * @throws JournalBehind when PostgreSQL was restored; then nothing was done
 */
export async function completeChanges(
  { pool, laws }: Pick<Servers, "pool" | "laws">,
  archive: Archive,
  onRefused: (lawId: string, refusal: Refusal) => void,
): Promise<readonly string[]> {
  const { rows } = await pool.query<{ law_id: string }>(
    "select law_id from laws where confirmed_version < version order by law_id",
  );
  if (rows.length === 0) return [];
  await refuseBehind(pool, archive);
  const completed: string[] = [];
  for (const { law_id: lawId } of rows) {
    try {
      await laws.get(lawId);
      completed.push(lawId);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      onRefused(lawId, error);
    }
  }
  return completed;
}
