import { existsSync } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ownerOfTemporaryDirectory } from "../../machine/temporary-directory.ts";
import { cacheDirectory } from "../../places/local/cache.ts";
import { dataDirOf, isDataDir, removeDataDir } from "../../places/local/data-dir.ts";
import { recordedProcesses } from "../../places/local/lock.ts";
import { type RunningStack, runningStacks } from "../../places/local/running-stacks.ts";
import { clusterElsewhere } from "../../places/local/services/postgres-home.ts";
import { readSupervisorPid } from "../../places/stack-description.ts";
import { UserError } from "../../terminal/errors.ts";

/** What tests, builds and synth leave in the project's folder. */
const GENERATED = ["reports", "dist", "cdk.out", "coverage", "node_modules/.vitest-cache", ".install.lock"];

/** Where to clean, and what. */
export interface CleanRequest {
  root: string;
  temporaryFolder: string;
  /** A data directory to delete as well, with every vote in it. */
  dataDir?: string | undefined;
  /** Whether a process exists; a parameter, so that tests need no processes. */
  isAlive: (pid: number) => boolean;
}

/** The result: the removed paths, and a sentence about each path that was kept. */
export interface CleanResult {
  removed: string[];
  kept: string[];
}

/**
 * Removes the files that tests and builds left. Dependencies stay, and so does the local stack's data unless it is
 * named.
 *
 * @throws UserError while a stack runs from the project, whose functions run from the bundles, and when the directory
 *   that is asked for is not one that a stack has made; nothing is removed then
 */
export async function clean({ root, temporaryFolder, dataDir, isAlive }: CleanRequest): Promise<CleanResult> {
  // A stack of the temporary folder may be another checkout's; this one's are among `runningStacks`.
  const folders = [join(root, ".local"), dataDir];
  const described = folders.flatMap((folder): RunningStack[] => {
    const supervisor = folder === undefined ? undefined : readSupervisorPid(folder);
    return folder !== undefined && supervisor !== undefined && isAlive(supervisor)
      ? [{ supervisor, dataDir: folder }]
      : [];
  });
  refuseWhileInUse([...runningStacks(root), ...described]);
  if (dataDir !== undefined && existsSync(dataDir)) await refuseUnlessData(dataDir);
  const result: CleanResult = { removed: [], kept: [] };
  const generated = [...GENERATED.map((name) => join(root, name)), cacheDirectory(root)];
  for (const path of generated.filter((one) => existsSync(one))) await remove(path, result);
  if (dataDir !== undefined) await removeData(dataDir, result);
  const stacks = await cleanTemporaryDirectories(temporaryFolder, isAlive);
  return { removed: [...result.removed, ...stacks.removed], kept: [...result.kept, ...stacks.kept] };
}

function refuseWhileInUse(running: readonly RunningStack[]): void {
  const [first] = running;
  if (first === undefined) return;
  throw new UserError(
    `A stack is running in ${first.dataDir} (process ${first.supervisor}) and uses files that would be removed. ` +
      `Stop it first: Ctrl-C, or kill ${first.supervisor}.`,
  );
}

async function refuseUnlessData(dataDir: string): Promise<void> {
  if (!(await isDataDir(dataDir))) {
    throw new UserError(
      `${dataDir} is not the data directory of a local stack, so nothing was removed. Name the one that ` +
        "npm start printed, or remove this one yourself.",
    );
  }
  const left = Object.entries(recordedProcesses(dataDirOf(dataDir)));
  if (left.length === 0) return;
  const list = left.map(([name, pid]) => `${name} ${pid}`).join(", ");
  throw new UserError(
    `The stack of ${dataDir} was killed, and these servers of it still run: ${list}. ` +
      `End them first: kill ${left.map(([, pid]) => pid).join(" ")}`,
  );
}

/** PostgreSQL's files may lie elsewhere (as root): the ballots in them go too. */
async function removeData(dataDir: string, result: CleanResult): Promise<void> {
  const elsewhere = clusterElsewhere(dataDir);
  if (existsSync(elsewhere)) await remove(elsewhere, result);
  if (!existsSync(dataDir)) return;
  const left = await removeDataDir(dataDir);
  if (left.length === 0) result.removed.push(dataDir);
  else {
    result.removed.push(`the stack's files in ${dataDir}`);
    result.kept.push(`${dataDir}: no stack made ${left.join(", ")}`);
  }
}

/**
 * Removes temporary directories (data of stacks, rolls, votes) whose owner was killed before it could remove them.
 *
 * @param temporaryFolder the folder that they are in
 * @param isAlive whether a process exists
 * @param uid the user who cleans; files of other users are left alone, except by root
 */
export async function cleanTemporaryDirectories(
  temporaryFolder: string,
  isAlive: CleanRequest["isAlive"],
  uid: number | undefined = process.getuid?.(),
): Promise<CleanResult> {
  const result: CleanResult = { removed: [], kept: [] };
  for (const entry of await readdir(temporaryFolder, { withFileTypes: true })) {
    if (ownerOfTemporaryDirectory(entry.name) === undefined || !entry.isDirectory()) continue;
    const path = join(temporaryFolder, entry.name);
    const owner = (await lstat(path).catch(() => undefined))?.uid;
    if (owner === undefined) continue; // Gone since the folder was read.
    if (uid !== undefined && uid !== 0 && uid !== owner) result.kept.push(`${path}: it belongs to another user`);
    else await cleanTemporaryDirectory(path, isAlive, result);
  }
  return result;
}

async function cleanTemporaryDirectory(
  path: string,
  isAlive: CleanRequest["isAlive"],
  result: CleanResult,
): Promise<void> {
  const owner = ownerOfTemporaryDirectory(basename(path));
  const supervisor = readSupervisorPid(path);
  const left = Object.values(recordedProcesses(dataDirOf(path)));
  if (owner !== undefined && isAlive(owner)) result.kept.push(`${path}: process ${owner} is using it`);
  else if (supervisor !== undefined && isAlive(supervisor)) {
    result.kept.push(`${path}: its stack still runs; stop it with kill ${supervisor}`);
  } else if (left.length > 0) {
    result.kept.push(`${path}: servers of its stack still run; end them with kill ${left.join(" ")}`);
  } else {
    const elsewhere = clusterElsewhere(path);
    for (const one of [elsewhere, path].filter((folder) => existsSync(folder))) {
      await unlessRefused(one, result, () => remove(one, result));
    }
  }
}

/**
 * Removes a folder unless the system refuses that: a folder of this user may hold files of another, such as
 * PostgreSQL's.
 *
 * @param path the folder
 * @param result where a refusal is told
 * @param work what removes it
 */
export async function unlessRefused(path: string, result: CleanResult, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    result.kept.push(`${path}: it holds files of another user (${code})`);
  }
}

async function remove(path: string, result: CleanResult): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
  result.removed.push(path);
}
