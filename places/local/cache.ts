import { createHash } from "node:crypto";
import { accessSync, constants, existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * The folder for the templates and bundles of a checkout: in the checkout, or in the home directory if the checkout is
 * read-only.
 *
 * @param root the checkout
 */
export function cacheDirectory(root: string): string {
  const inside = join(root, "node_modules", ".cache", "referendum");
  if (isWritable(inside)) return inside;
  const name = createHash("sha256").update(resolve(root)).digest("hex").slice(0, 16);
  return join(homedir(), ".cache", "referendum", name);
}

/**
 * Where Node.js keeps what it has compiled of a checkout's sources and bundles (NODE_COMPILE_CACHE): the processes of a
 * stack load the same ones at each start.
 *
 * @param root the checkout
 */
export function compileCacheDirectory(root: string): string {
  return join(cacheDirectory(root), "compiled");
}

function isWritable(path: string): boolean {
  if (!existsSync(path)) return dirname(path) !== path && isWritable(dirname(path));
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false; // This user may not write there, or the file system is mounted read-only.
  }
}
