import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultStack } from "./stack.ts";

/** Space beyond the size of the cluster: its write-ahead log grows by segments of 16 MiB. */
const SPARE_MIB = 24;
const FILLER = "filler";
const MIB = Buffer.alloc(1 << 20);

/** The reason why a small file system cannot be mounted here; undefined if it can. */
export function noSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "only root on Linux may mount a small file system";
  const place = newPlace();
  const mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place) === "";
  if (mounted) run("umount", place);
  rmdirSync(place);
  return mounted ? undefined : "no file system may be mounted in this container";
}

/**
 * PostgreSQL's files on a small file system in memory, which can be filled. It is mounted beside the stack's data and
 * linked into it, so that the data can be removed even if this process is killed.
 */
export class SmallDisk {
  readonly #stack: FaultStack;
  readonly #place = newPlace();
  readonly #directory: string;
  readonly #aside: string;

  private constructor(stack: FaultStack) {
    this.#stack = stack;
    this.#directory = join(stack.dataDir, "postgres");
    this.#aside = join(stack.dataDir, "postgres-aside");
  }

  /**
   * Starts a stack again with PostgreSQL's files on a small file system.
   *
   * @param stack which runs
   */
  static async start(stack: FaultStack): Promise<SmallDisk> {
    const disk = new SmallDisk(stack);
    await stack.stop();
    const { uid, gid } = await stat(disk.#directory);
    renameSync(disk.#directory, disk.#aside);
    symlinkSync(disk.#place, disk.#directory);
    const kib = Number(output("du", "-sk", disk.#aside).split("\t")[0]);
    const options = `size=${kib + SPARE_MIB * 1_024}k,mode=700,uid=${uid},gid=${gid}`;
    try {
      const problem = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.#place);
      if (problem !== "") throw new Error(`the small file system could not be mounted: ${problem}`);
      output("cp", "-a", `${disk.#aside}/.`, disk.#place);
      await stack.startAgain();
    } catch (error) {
      await disk.end();
      throw error;
    }
    return disk;
  }

  /** Fills the space that is left. */
  fill(): void {
    try {
      for (;;) appendFileSync(join(this.#place, FILLER), MIB);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(join(this.#place, FILLER), { force: true });
  }

  /** Starts the stack again with PostgreSQL's files where they were, as they are now. */
  async end(): Promise<void> {
    this.free();
    await this.#stack.stop();
    unlinkSync(this.#directory);
    if (existsSync(join(this.#place, "PG_VERSION"))) {
      output("cp", "-a", this.#place, this.#directory);
      rmSync(this.#aside, { recursive: true });
    } else renameSync(this.#aside, this.#directory);
    run("umount", this.#place);
    rmdirSync(this.#place);
    await this.#stack.startAgain();
  }
}

function newPlace(): string {
  return mkdtempSync(join(tmpdir(), "referendum-disk-"));
}

/** Runs a program. @returns its error message; empty if it succeeded */
function run(program: string, ...args: string[]): string {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? "" : (error?.message ?? stderr.trim());
}

function output(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr.trim()}`);
  return stdout;
}
