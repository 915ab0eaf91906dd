import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FaultStack } from "./stack.ts";

/** Beyond what the cluster has: its log of changes takes 16 MiB pieces. */
const SPARE_MIB = 24;
const FILLER = "filler";
const MIB = Buffer.alloc(1 << 20);

/** Why a small file system cannot be mounted here, if it cannot. */
export function noSmallDisk(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "only root on Linux may mount a small file system";
  const place = mkdtempSync(join(tmpdir(), "referendum-mount-"));
  const mounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place) === "";
  if (mounted) run("umount", place);
  rmSync(place, { recursive: true, force: true });
  return mounted ? undefined : "no file system may be mounted in this container";
}

/** PostgreSQL's files on a small file system in memory, which can be filled. */
export class SmallDisk {
  readonly #stack: FaultStack;
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
    mkdirSync(disk.#directory);
    const kib = Number(output("du", "-sk", disk.#aside).split("\t")[0]);
    const options = `size=${kib + SPARE_MIB * 1_024}k,mode=700,uid=${uid},gid=${gid}`;
    try {
      const problem = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.#directory);
      if (problem !== "") throw new Error(`the small file system could not be mounted: ${problem}`);
      output("cp", "-a", `${disk.#aside}/.`, disk.#directory);
      await stack.startAgain();
    } catch (error) {
      await disk.end();
      throw error;
    }
    return disk;
  }

  /** Takes what space is left. */
  fill(): void {
    try {
      for (;;) appendFileSync(join(this.#directory, FILLER), MIB);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(join(this.#directory, FILLER), { force: true });
  }

  /** Starts the stack again with PostgreSQL's files where they were, as they are now. */
  async end(): Promise<void> {
    this.free();
    await this.#stack.stop();
    const back = `${this.#aside}-back`;
    if (existsSync(join(this.#directory, "PG_VERSION"))) output("cp", "-a", this.#directory, back);
    else renameSync(this.#aside, back);
    run("umount", this.#directory);
    rmSync(this.#directory, { recursive: true });
    renameSync(back, this.#directory);
    rmSync(this.#aside, { recursive: true, force: true });
    await this.#stack.startAgain();
  }
}

/** Runs a program and gives what it complained of; nothing when it did its work. */
function run(program: string, ...args: string[]): string {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? "" : (error?.message ?? stderr.trim());
}

function output(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr.trim()}`);
  return stdout;
}
