import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import type { Mutant } from "./mutant.ts";

const execute = promisify(execFile);

const Answer = z.object({
  seed: z.union([z.number(), z.string()]).optional(),
  findings: z.array(z.string()).default([]),
});

/** The result for a mutant. Without a seed, nothing caught it. */
export interface Caught {
  readonly seed?: number | string | undefined;
  readonly findings: readonly string[];
}

/**
 * Runs a mutant in a separate process, which changes the sources while it loads them.
 *
 * @param mutant the mistake
 * @param from the first seed, or the name of a history of crash points
 * @param count how many seeds to try
 * @param signal ends it
 * @throws Error when the source no longer has the text that the mutant changes
 */
export async function tryMutant(
  mutant: Mutant,
  from: number | string,
  count: number,
  signal?: AbortSignal,
): Promise<Caught> {
  const hook = join(import.meta.dirname, "mutant-hook.ts");
  const worker = join(import.meta.dirname, "mutant-worker.ts");
  const { stdout } = await execute(process.execPath, ["--import", hook, worker, String(from), String(count)], {
    env: {
      ...process.env,
      REFERENDUM_MUTANT: mutant.name,
      POWERTOOLS_LOG_LEVEL: "SILENT",
      POWERTOOLS_METRICS_DISABLED: "true",
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return Answer.parse(JSON.parse(stdout));
}
