import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { processIdentity, stillRuns } from "../../machine/processes.ts";
import { cacheDirectory } from "./cache.ts";

const entry = z.object({ pid: z.int(), started: z.string(), data_dir: z.string() });

/** A stack that runs from this checkout's bundles or is starting. */
export interface RunningStack {
  readonly supervisor: number;
  readonly dataDir: string;
}

const directoryOf = (root: string) => join(cacheDirectory(root), "stacks");
const ownFile = () => join(directoryOf(PROJECT_ROOT), `${process.pid}.json`);

/**
 * Writes down, beside the bundles, that this process runs a stack from them. A command that removes bundles reads it.
 *
 * @param dataDir its data directory
 */
export function announceStack(dataDir: string): void {
  const directory = directoryOf(PROJECT_ROOT);
  mkdirSync(directory, { recursive: true });
  for (const { file, found } of entriesOf(directory)) if (!stillRuns(found)) rmSync(file, { force: true });
  writeFileSync(ownFile(), JSON.stringify({ ...processIdentity(process.pid), data_dir: dataDir }));
}

/** Removes the note of `announceStack`. */
export function withdrawStack(): void {
  rmSync(ownFile(), { force: true });
}

/**
 * The stacks that run from a checkout's bundles, wherever their data are.
 *
 * @param root the checkout
 */
export function runningStacks(root: string = PROJECT_ROOT): readonly RunningStack[] {
  return entriesOf(directoryOf(root)).flatMap(({ found }) =>
    stillRuns(found) ? [{ supervisor: found.pid, dataDir: found.data_dir }] : [],
  );
}

function entriesOf(directory: string): readonly { file: string; found: z.output<typeof entry> }[] {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.flatMap((name) => {
    const file = join(directory, name);
    try {
      return [{ file, found: entry.parse(JSON.parse(readFileSync(file, "utf8"))) }];
    } catch {
      return []; // It has just stopped, or is writing.
    }
  });
}
