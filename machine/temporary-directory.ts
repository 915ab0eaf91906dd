import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAME = /^referendum-[a-z]+-(\d+)-/;

/**
 * Makes a directory in the system's temporary folder for data that must not outlive this process: data of a stack,
 * rolls, votes. Its name says which process owns it, so that `npm run clean` finds the directories of killed processes.
 *
 * @param purpose its purpose in lower-case letters: `stack`, `load`
 * @returns its path
 */
export function makeTemporaryDirectory(purpose: string): Promise<string> {
  return mkdtemp(join(tmpdir(), `referendum-${purpose}-${process.pid}-`));
}

/**
 * The process that owns a temporary directory.
 *
 * @param name the directory's name
 * @returns its id; undefined for a directory that `makeTemporaryDirectory` did not make
 */
export function ownerOfTemporaryDirectory(name: string): number | undefined {
  const owner = NAME.exec(name)?.[1];
  return owner === undefined ? undefined : Number(owner);
}
