import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { giveBackLock, takeLock } from "../../machine/process-lock.ts";
import { UserError } from "../../terminal/errors.ts";

const LOCK = ".run.pid";

/**
 * Takes a reports folder for this run, so that two runs do not mix their reports and verdicts.
 *
 * @param folder where the reports go; made if it is missing
 * @returns gives the folder back
 * @throws UserError when another run writes to it
 */
export function takeReportsFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, LOCK);
  const lock = takeLock(file);
  if (lock.taken) return () => giveBackLock(file);
  if (lock.holder === undefined) {
    throw new UserError(`Other runs of npm test keep taking ${folder}: start one of them only.`);
  }
  throw new UserError(
    `Another npm test (process ${lock.holder}) writes its reports to ${folder}. Wait until it has ended, or give this ` +
      "run another folder: REFERENDUM_REPORTS=reports/second npm test.",
  );
}
