import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { processExists } from "../../machine/processes.ts";

const UNFINISHED = /^\..+\.(\d+)\.unfinished$/;

/**
 * The name of a file while it is written. It says which process writes it.
 *
 * @param name its name when it is complete
 * @param pid the process
 */
export function unfinishedName(name: string, pid = process.pid): string {
  return `.${name}.${pid}.unfinished`;
}

/**
 * Removes files that processes which have ended were writing.
 *
 * @param folder where
 * @param pid of a process whose files go as well
 * @returns how many there were
 */
export function removeUnfinished(folder: string, pid?: number): number {
  const left = readdirSync(folder).filter((name) => {
    const owner = UNFINISHED.exec(name)?.[1];
    return owner !== undefined && (Number(owner) === pid || !processExists(Number(owner)));
  });
  for (const name of left) rmSync(join(folder, name), { force: true });
  return left.length;
}
