import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processExists } from "../../machine/processes.ts";
import { UserError } from "../../terminal/errors.ts";

const LOCK = ".run.pid";
/** How often to try: a try fails when another run takes or gives back the folder at the same moment. */
const TRIES = 10;

/**
 * Takes a reports folder for this run, so that two runs do not mix their reports and verdicts.
 *
 * @param folder where the reports go; made if it is missing
 * @returns gives the folder back
 * @throws UserError when another run writes to it
 */
export function takeReportsFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, LOCK);
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return () => rmSync(lock, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const owner = ownerOf(lock);
      if (owner !== undefined && owner !== process.pid && processExists(owner)) {
        throw new UserError(
          `Another npm test (process ${owner}) writes its reports to ${folder}. Wait until it has ended, or give this ` +
            "run another folder: REFERENDUM_REPORTS=reports/second npm test.",
        );
      }
      rmSync(lock, { force: true });
    }
  }
  throw new UserError(`Other runs of npm test keep taking ${folder}: start one of them only.`);
}

/** The process that has a folder; undefined when no process has it any more. */
function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // Given back meanwhile.
  }
}
