import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { errorCode } from "./error-code.ts";
import { type ProcessIdentity, processIdentity, stillRuns } from "./processes.ts";

/** Each try loses against another process that took or gave back the lock in the same moment. */
const TRIES = 10;

const identity = z.object({ pid: z.int().min(2), started: z.string() });

/** The result of an attempt to take a lock. Without a holder, several processes were trying at the same time. */
export type LockResult = { readonly taken: true } | { readonly taken: false; readonly holder: number | undefined };

/**
 * Takes a lock file for this process. A lock whose process has ended is nobody's: its number may be another process's
 * by now, so the lock names the start of its process too.
 *
 * @param file the lock's path; its folder must exist
 * @returns whether it is taken now, else the process that holds it; undefined when others kept taking it
 */
export function takeLock(file: string): LockResult {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, `${JSON.stringify(processIdentity(process.pid))}\n`, { mode: 0o600 });
  try {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (tryLink(mine, file)) return { taken: true };
      const holder = lockHolder(file);
      if (holder !== undefined) return { taken: false, holder };
      takeAway(file);
    }
    return { taken: false, holder: undefined };
  } finally {
    rmSync(mine, { force: true });
  }
}

/**
 * Gives a lock back, unless another process has it by now.
 *
 * @param file the lock's path
 */
export function giveBackLock(file: string): void {
  if (lockHolder(file) === undefined) rmSync(file, { force: true });
}

/**
 * The other process that holds a lock.
 *
 * @param file the lock's path
 * @returns its id; undefined when nobody, or this process, holds it
 */
export function lockHolder(file: string): number | undefined {
  const holder = identityIn(file);
  return holder !== undefined && holder.pid !== process.pid && stillRuns(holder) ? holder.pid : undefined;
}

/** Moves the lock of a process that has ended out of the way, and back if a living one took it in this very moment. */
function takeAway(file: string): void {
  const aside = `${file}.${process.pid}.ended`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    throw error;
  }
  if (lockHolder(aside) !== undefined) tryLink(aside, file);
  rmSync(aside, { force: true });
}

/** A link appears with its content, so that nobody reads a lock that is half written. */
function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
}

function identityIn(file: string): ProcessIdentity | undefined {
  try {
    return identity.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined; // There is none, or somebody else wrote it.
  }
}
