import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { processIdentity, stillRuns } from "../../machine/processes.ts";

const UNFINISHED = /^\..+\.(\d+\.[\w-]*)\.unfinished$/;

/**
 * Names a process within the name of a file: by its id and its start, because ids are given again after a restart, and
 * in each container.
 *
 * @param pid its id
 */
export function ownerOf(pid = process.pid): string {
  return `${pid}.${Buffer.from(processIdentity(pid)?.started ?? "").toString("base64url")}`;
}

/**
 * The name of a file while it is written. It says which process writes it.
 *
 * @param name its name when it is complete
 * @param owner the process
 */
export function unfinishedName(name: string, owner = ownerOf()): string {
  return `.${name}.${owner}.unfinished`;
}

/** Whether a file is one that is being written, or was when its process ended. */
export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/**
 * Removes files that processes which have ended were writing.
 *
 * @param folder where
 * @param ended a process whose files go as well, although its parent has not asked yet how it ended
 * @returns how many there were
 */
export function removeUnfinished(folder: string, ended?: string): number {
  const left = readdirSync(folder).filter((name) => {
    const owner = UNFINISHED.exec(name)?.[1];
    return owner !== undefined && (owner === ended || !runs(owner));
  });
  for (const name of left) rmSync(join(folder, name), { force: true });
  return left.length;
}

function runs(owner: string): boolean {
  const [pid = "", started = ""] = owner.split(".");
  return stillRuns({ pid: Number(pid), started: Buffer.from(started, "base64url").toString() });
}
