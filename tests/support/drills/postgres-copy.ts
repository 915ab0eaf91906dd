import { chown, copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { z } from "zod";
import { localStatus } from "../../../places/local/local-status.ts";
import { readLocalDescription, type StackDescription } from "../../../places/stack-description.ts";

/**
 * Plays the part of RDS's backups for a local stack: PostgreSQL's own physical backup, taken while the server works
 * ("Making a Base Backup Using the Low Level API" in its manual). The copy recovers to the moment at which its log was
 * copied. The programs that come with the stack have no pg_dump and no pg_basebackup.
 */
export interface Cluster {
  readonly directory: string;
  readonly copy: string;
  readonly admin: pg.ClientConfig;
}

const Passwords = z.object({ admin: z.string() });
/** Files that belong to the running server. The log is copied at the end. */
const LEFT_OUT = new Set(["postmaster.pid", "postmaster.opts", "pg_wal"]);

/**
 * Finds a stack's cluster.
 *
 * @param stack a local stack that runs
 */
export async function clusterOf(stack: StackDescription): Promise<Cluster> {
  const directory = z.string().parse(readLocalDescription(stack.data_dir)?.postgres_dir);
  const { admin } = Passwords.parse(JSON.parse(await readFile(join(stack.data_dir, "passwords.json"), "utf8")));
  const { hostname, port } = new URL(stack.postgres_url);
  return {
    directory,
    copy: `${directory}-copy`,
    admin: { host: hostname, port: Number(port), user: "postgres", password: admin, database: "postgres" },
  };
}

/**
 * Copies a cluster while its server works.
 *
 * @param cluster which one
 */
export async function backUp({ directory, copy, admin }: Cluster): Promise<void> {
  const client = new pg.Client(admin);
  await client.connect();
  try {
    await client.query("select pg_backup_start('drill', true)");
    await copyDirectory(directory, copy, LEFT_OUT);
    const { rows } = await client.query<{ labelfile: string }>("select labelfile from pg_backup_stop(false)");
    await writeFile(join(copy, "backup_label"), rows[0]?.labelfile ?? "");
    await likeOwner(directory, join(copy, "backup_label"));
  } finally {
    await client.end();
  }
  await copyDirectory(join(directory, "pg_wal"), join(copy, "pg_wal"), new Set());
}

/**
 * Replaces the cluster by the copy. The supervisor starts the server on it.
 *
 * @param stack the stack
 * @param cluster its cluster, of which there is a copy
 */
export async function restore(stack: StackDescription, cluster: Cluster): Promise<void> {
  const { directory, copy } = cluster;
  const { postgres } = (await localStatus(stack.data_dir)).pids;
  await rename(directory, `${directory}-damaged`);
  await rename(copy, directory);
  process.kill(postgres, "SIGKILL");
  await tidyUp(cluster);
}

/**
 * Removes what an interrupted drill leaves beside the cluster.
 *
 * @param cluster which one
 */
export async function tidyUp({ directory, copy }: Cluster): Promise<void> {
  for (const path of [copy, `${directory}-damaged`]) await rm(path, { recursive: true, force: true, maxRetries: 20 });
}

/** Copies the existing files. A file that disappears meanwhile does not matter, because the log has its changes. */
async function copyDirectory(from: string, to: string, leftOut: ReadonlySet<string>): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  await likeOwner(from, to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (leftOut.has(entry.name)) continue;
    try {
      if (entry.isDirectory()) await copyDirectory(source, target, new Set());
      else {
        await copyFile(source, target);
        await likeOwner(source, target);
      }
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}

/** If this is root, the server runs as another user. */
async function likeOwner(from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from);
  if (process.getuid?.() === 0) await chown(to, uid, gid);
}
