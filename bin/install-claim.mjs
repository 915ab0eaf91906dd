/**
 * The right to install: a file that names the processes at work, so that only one command at a time runs npm.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/**
 * Claims the right to install. The claim appears with its content in one step (a hard link), so that a reader never
 * sees an empty one. A claim that dead processes left is moved aside, and put back if another process has just renewed
 * it.
 * @param {string} claim a file that names the processes at work: this one, and the npm it started
 * @returns {boolean} whether this process holds it now
 */
export function tryClaim(claim) {
  const mine = `${claim}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, claim);
    return true;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    const holders = readIfThere(claim);
    if (holders !== undefined && !holders.split(" ").some((pid) => isAlive(Number(pid)))) takeAway(claim, holders);
    return false;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @param {string} claim @param {string} deadHolders */
function takeAway(claim, deadHolders) {
  const aside = `${claim}.stale.${process.pid}`;
  try {
    renameSync(claim, aside);
    if (readIfThere(aside) !== deadHolders) linkSync(aside, claim);
  } catch (error) {
    if (!["ENOENT", "EEXIST"].includes(codeOf(error) ?? "")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/**
 * Names npm in the claim as well: npm goes on when this process is killed, and no other npm may start meanwhile.
 * @param {string} claim @param {number | undefined} npmPid
 */
export function addToClaim(claim, npmPid) {
  if (npmPid === undefined) return;
  const mine = `${claim}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${npmPid}`);
  renameSync(mine, claim);
}

/** @param {unknown} error @returns {string | undefined} */
function codeOf(error) {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/**
 * A file's text, or undefined when there is no such file.
 * @param {string} file @returns {string | undefined}
 */
export function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return undefined;
    throw error;
  }
}
