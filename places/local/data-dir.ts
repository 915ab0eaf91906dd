import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { STACK_FILE } from "../stack-description.ts";

/** Where a local stack keeps what it has. */
export interface DataDir {
  readonly root: string;
  readonly redis: string;
  readonly queue: string;
  readonly dynamodb: string;
  readonly logs: string;
  /** Secrets Manager's secrets (0600). */
  readonly keysFile: string;
  /** The passwords of PostgreSQL, and of functions in Redis (0600). */
  readonly passwordsFile: string;
  /** The sample roll's credentials (0600). */
  readonly credentialsFile: string;
  /** What runs, while it runs. */
  readonly stackFile: string;
  /** Which process is the supervisor, from its first moment to its last. */
  readonly lockFile: string;
  /** Which servers the supervisor has started, so that the next one finds what is left of them. */
  readonly processesFile: string;
  /** Which event source mappings are paused. */
  readonly stateFile: string;
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
    logs: at("logs"),
    keysFile: at("keys.json"),
    passwordsFile: at("passwords.json"),
    credentialsFile: at("credentials.csv"),
    stackFile: at(STACK_FILE),
    lockFile: at("supervisor.pid"),
    processesFile: at("processes.json"),
    stateFile: at("state.json"),
  };
}

/** Makes the directories: open to pass through (PostgreSQL runs as another user when this is root), closed inside. */
export async function makeDataDir(dir: DataDir): Promise<void> {
  await mkdir(dir.root, { recursive: true });
  const { mode } = await stat(dir.root);
  if ((mode & 0o011) !== 0o011) await chmod(dir.root, (mode & 0o777) | 0o011);
  for (const path of [dir.redis, dir.queue, dir.dynamodb, dir.logs]) {
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
