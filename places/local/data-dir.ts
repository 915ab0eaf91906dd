import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { basename, join, resolve } from "node:path";
import { STACK_FILE } from "../stack-description.ts";

/** The paths in the data directory of a local stack. */
export interface DataDir {
  readonly root: string;
  readonly redis: string;
  readonly queue: string;
  readonly dynamodb: string;
  /** The buckets that functions write to. */
  readonly objects: string;
  readonly logs: string;
  /** Secrets Manager's secrets (0600). */
  readonly keysFile: string;
  /** The passwords of PostgreSQL, and of functions in Redis (0600). */
  readonly passwordsFile: string;
  /** The sample roll's credentials (0600). */
  readonly credentialsFile: string;
  /** The description of the stack, while it runs. */
  readonly stackFile: string;
  /** The supervisor's process, from its first moment to its last. */
  readonly lockFile: string;
  /** The servers that the supervisor has started, so that the next supervisor finds those that are left. */
  readonly processesFile: string;
  /** The paused event source mappings. */
  readonly stateFile: string;
  /** The mark of a data directory: whatever has no mark is somebody else's. */
  readonly markFile: string;
}

/**
 * @param root the directory that `--data` names
 */
export function dataDirOf(root: string): DataDir {
  const at = (name: string) => join(resolve(root), name);
  return {
    root: resolve(root),
    redis: at("redis"),
    queue: at("queue"),
    dynamodb: at("dynamodb"),
    objects: at("objects"),
    logs: at("logs"),
    keysFile: at("keys.json"),
    passwordsFile: at("passwords.json"),
    credentialsFile: at("credentials.csv"),
    stackFile: at(STACK_FILE),
    lockFile: at("supervisor.pid"),
    processesFile: at("processes.json"),
    stateFile: at("state.json"),
    markFile: at("referendum-data"),
  };
}

/**
 * Makes the data directory and marks it.
 *
 * @throws Error in one sentence when it cannot be made, is on a file system without permissions, or has files that a
 *   stack would use and that none has made
 */
export async function makeRoot(dir: DataDir): Promise<void> {
  const probe = join(dir.root, `.permissions.${process.pid}`);
  try {
    await mkdir(dir.root, { recursive: true });
    await writeFile(probe, "", { mode: 0o600 });
    await chmod(probe, 0o600);
    refuseWithoutPermissions(dir.root, (await stat(probe)).mode);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new Error(`The data directory ${dir.root} cannot be used (${error.message}): name another with --data.`);
  } finally {
    await rm(probe, { force: true }).catch(() => undefined);
  }
  await mark(dir);
}

/** A stack may remove its data, so it takes no directory in which files of others have such names. */
async function mark(dir: DataDir): Promise<void> {
  if (!existsSync(dir.markFile) && !(await isOfEarlierRelease(dir))) {
    const known = entriesOf(dir);
    const others = (await readdir(dir.root)).filter((name) => known.has(name));
    if (others.length > 0) {
      throw new Error(
        `The directory ${dir.root} has ${others.join(", ")}, which no stack has made and which one would replace: ` +
          "name another directory with --data, or move them away.",
      );
    }
  }
  await writeFile(dir.markFile, "The data of a local stack of Referendum. npm run clean -- --data removes them.\n");
}

/** Earlier releases left no mark, but the secrets of a stack, or its description. */
async function isOfEarlierRelease({ root, keysFile, stackFile }: DataDir): Promise<boolean> {
  const names = async (path: string) => {
    const value = await readJson(path).catch(() => undefined);
    return typeof value === "object" && value !== null ? value : {};
  };
  const secrets = Object.keys(await names(keysFile));
  if (secrets.length > 0 && secrets.every((name) => /^Referendum-local-\w+$/.test(name))) return true;
  const described = await names(stackFile);
  return "data_dir" in described && described.data_dir === root;
}

/**
 * Removes the data of a stack that does not run. What tells whose directory it is, and which processes are of it,
 * stays.
 *
 * @param dir the directory
 */
export async function removeData(dir: DataDir): Promise<void> {
  const kept = new Set([dir.root, dir.markFile, dir.lockFile, dir.processesFile]);
  for (const path of Object.values(dir)) if (!kept.has(path)) await rm(path, { recursive: true, force: true });
}

/** The names of what a stack makes in its data directory. */
function entriesOf(dir: DataDir): Set<string> {
  return new Set([...Object.values(dir).filter((path) => path !== dir.root), "postgres"].map((path) => basename(path)));
}

/**
 * Refuses a file system such as FAT, or a Windows drive in WSL: everybody could read keys and votes there, and
 * PostgreSQL does not start.
 *
 * @param root the data directory
 * @param mode the mode of a file that was created with 0600
 * @throws Error in one sentence
 */
export function refuseWithoutPermissions(root: string, mode: number): void {
  if (platform() === "win32" || (mode & 0o777) === 0o600) return;
  throw new Error(
    `The data directory ${root} lies on a file system without permissions, where others could read keys and votes: ` +
      "name one on another disk with --data.",
  );
}

/**
 * Makes the directories. Other users may pass through them, because PostgreSQL runs as another user if this is root,
 * but may not read their contents.
 */
export async function makeDataDir(dir: DataDir): Promise<void> {
  await mkdir(dir.root, { recursive: true });
  const { mode } = await stat(dir.root);
  if ((mode & 0o011) !== 0o011) await chmod(dir.root, (mode & 0o777) | 0o011);
  for (const path of [dir.redis, dir.queue, dir.dynamodb, dir.objects, dir.logs]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
}

/** Writes a file that only its owner may read, in one step. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
}

/** Reads a JSON file, or undefined when there is none. */
export async function readJson(path: string): Promise<unknown> {
  return existsSync(path) ? JSON.parse(await readFile(path, "utf8")) : undefined;
}

/**
 * Whether a stack has made a directory: it has the mark, or what stacks of earlier releases left.
 *
 * @param root the directory
 */
export async function isDataDir(root: string): Promise<boolean> {
  const dir = dataDirOf(root);
  return existsSync(dir.markFile) || (await isOfEarlierRelease(dir));
}

/**
 * Removes everything that a stack has made in its data directory, and the directory if nothing else is in it.
 *
 * @param root the directory
 * @returns the names of the other entries
 */
export async function removeDataDir(root: string): Promise<readonly string[]> {
  const known = entriesOf(dataDirOf(root));
  for (const name of await readdir(root)) {
    if (!known.has(name) && !/^(supervisor\.pid|[a-z]+\.(json|csv))\.\d+\./.test(name)) continue;
    await rm(join(root, name), { recursive: true, force: true, maxRetries: 3 });
  }
  const left = await readdir(root);
  if (left.length === 0) await rmdir(root);
  return left;
}
