import { type Dirent, existsSync, readFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
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

/** Folders of stacks that tests start in the system's temporary folder: prefix, process id of the run, random part. */
const TEST_STACK = /^referendum-test-(\d+)-/;

const stackFile = z.looseObject({ pids: z.looseObject({ supervisor: z.number().int().positive() }) });

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
  const testStacks = (await readdir(temporaryFolder)).filter((name) => TEST_STACK.test(name));
  const folders = [join(root, ".local"), dataDir, ...testStacks.map((name) => join(temporaryFolder, name))];
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
  const stacks = await cleanTestStacks(temporaryFolder, isAlive);
  return { removed: [...result.removed, ...stacks.removed], kept: stacks.kept };
}

/**
 * Removes the data of stacks whose test run has ended without doing so itself: it was interrupted or killed.
 *
 * @param temporaryFolder where test runs keep them
 * @param isAlive whether a process exists
 */
export async function cleanTestStacks(temporaryFolder: string, isAlive: CleanRequest["isAlive"]): Promise<CleanResult> {
  const result: CleanResult = { removed: [], kept: [] };
  for (const entry of await readdir(temporaryFolder, { withFileTypes: true })) {
    await cleanTestStack(temporaryFolder, entry, isAlive, result);
  }
  return result;
}

async function cleanTestStack(
  folder: string,
  entry: Dirent,
  isAlive: CleanRequest["isAlive"],
  result: CleanResult,
): Promise<void> {
  const owner = TEST_STACK.exec(entry.name)?.[1];
  if (owner === undefined || !entry.isDirectory()) return;
  const path = join(folder, entry.name);
  const supervisor = supervisorOf(path);
  if (isAlive(Number(owner))) result.kept.push(`${path}: test run ${owner} is using it`);
  else if (supervisor !== undefined && isAlive(supervisor)) {
    result.kept.push(`${path}: its stack still runs; stop it with kill ${supervisor}`);
  } else await remove(path, result);
}

async function remove(path: string, result: CleanResult): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  result.removed.push(path);
}

/** The process that runs a stack in this data directory, if its stack.json names one. */
function supervisorOf(dataDir: string): number | undefined {
  const file = join(dataDir, "stack.json");
  if (!existsSync(file)) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // Half written by a stack that died: nothing runs there.
  }
  const parsed = stackFile.safeParse(content);
  return parsed.success ? parsed.data.pids.supervisor : undefined;
}
