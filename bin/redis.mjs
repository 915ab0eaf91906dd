/**
 * Whether `npm start` will find a Redis server, asked before a minute of installing. Plain JavaScript, like run.mjs.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Looks for the programs that places/local/services/redis.ts uses, or that it can install as root by apt-get.
 *
 * @param {{ path: string, isRoot: boolean, platform: string, exists?: (file: string) => boolean }} machine
 * @returns {string | undefined} what to type when there is none
 */
export function missingRedis({ path, isRoot, platform, exists = existsSync }) {
  /** @param {string} name */
  const onPath = (name) => path.split(delimiter).some((folder) => folder !== "" && exists(join(folder, name)));
  if (onPath("redis-server") || onPath("valkey-server") || (isRoot && onPath("apt-get"))) return undefined;
  const how = platform === "darwin" ? "brew install redis" : "sudo apt-get install redis-server";
  return `There is no redis-server or valkey-server on the path. Install one (${how}) and start again.`;
}
