import { type Dirent, existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ownerOfTemporaryDirectory } from "../../machine/temporary-directory.ts";
import { readSupervisorPid } from "../../places/stack-description.ts";
import { UserError } from "../../terminal/errors.ts";

/** What tests, builds and synth leave in the project's folder. */
const GENERATED = [
  "reports",
  "dist",
  "cdk.out",
  "coverage",
  "node_modules/.cache/referendum",
  "node_modules/.vitest-cache",
  ".install.lock",
];

/** Where to clean, and what. */
export interface CleanRequest {
  root: string;
  temporaryFolder: string;
  /** A data directory to delete as well, with every vote in it. */
  dataDir?: string | undefined;
  /** Whether a process exists; passed in so that tests need none. */
  isAlive: (pid: number) => boolean;
}

/** What was done: paths that are gone, and sentences about what was left alone. */
export interface CleanResult {
  removed: string[];
  kept: string[];
}

/**
 * Removes what tests and builds left. Dependencies stay, and so does the local stack's data unless it is asked for.
 * @throws UserError while a stack runs in the project: its functions run from the bundles, its data is in use
 */
export async function clean({ root, temporaryFolder, dataDir, isAlive }: CleanRequest): Promise<CleanResult> {
  const temporary = (await readdir(temporaryFolder)).filter((name) => ownerOfTemporaryDirectory(name) !== undefined);
  const folders = [join(root, ".local"), dataDir, ...temporary.map((name) => join(temporaryFolder, name))];
  for (const folder of folders) {
    const running = folder && supervisorOf(folder);
    if (running && isAlive(running)) {
      throw new UserError(
        `A stack is running in ${folder} (process ${running}) from what would be removed. ` +
          `Stop it first: Ctrl-C, or kill ${running}.`,
      );
    }
  }
  const result: CleanResult = { removed: [], kept: [] };
  const paths = GENERATED.map((name) => join(root, name));
  if (dataDir !== undefined) paths.push(dataDir);
  for (const path of paths.filter((one) => existsSync(one))) await remove(path, result);
  const stacks = await cleanTemporaryDirectories(temporaryFolder, isAlive);
  return { removed: [...result.removed, ...stacks.removed], kept: stacks.kept };
}

/**
 * Removes temporary directories (data of stacks, rolls, votes) whose owner has ended without doing so: it was killed.
 *
 * @param temporaryFolder the folder that they are in
 * @param isAlive whether a process exists
 */
export async function cleanTemporaryDirectories(
  temporaryFolder: string,
  isAlive: CleanRequest["isAlive"],
): Promise<CleanResult> {
  const result: CleanResult = { removed: [], kept: [] };
  for (const entry of await readdir(temporaryFolder, { withFileTypes: true })) {
    await cleanTemporaryDirectory(temporaryFolder, entry, isAlive, result);
  }
  return result;
}

async function cleanTemporaryDirectory(
  folder: string,
  entry: Dirent,
  isAlive: CleanRequest["isAlive"],
  result: CleanResult,
): Promise<void> {
  const owner = ownerOfTemporaryDirectory(entry.name);
  if (owner === undefined || !entry.isDirectory()) return;
  const path = join(folder, entry.name);
  const supervisor = supervisorOf(path);
  if (isAlive(owner)) result.kept.push(`${path}: process ${owner} is using it`);
  else if (supervisor !== undefined && isAlive(supervisor)) {
    result.kept.push(`${path}: its stack still runs; stop it with kill ${supervisor}`);
  } else await remove(path, result);
}

async function remove(path: string, result: CleanResult): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  result.removed.push(path);
}

/** The process that runs a stack in this data directory, if a stack says that it does. */
function supervisorOf(dataDir: string): number | undefined {
  return readSupervisorPid(dataDir);
}
