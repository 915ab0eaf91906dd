/** dynalite on disk, with one correction. */

import type { Server } from "node:http";
import { createRequire } from "node:module";

interface Iterator {
  close(): Promise<void>;
  return?: () => Promise<void>;
}
type Database = Record<"keys" | "values", (...args: unknown[]) => Iterator>;

const require = createRequire(import.meta.url);
const dynalite: (options: { path: string; createTableMs: number }) => Server = require("dynalite");
/** The class of dynalite's database: every file of it is opened through this. */
export const { Level }: { Level: { prototype: Database } } = createRequire(require.resolve("dynalite"))("level");

/*
 * dynalite 4.0.0 ends a query's iterator with `return()`, which level 10 calls `close()`. So the iterator stays open,
 * and LevelDB keeps every version that it could see: 1.1 GiB after 16,000 queries, and nothing if they are closed.
 */
for (const name of ["keys", "values"] as const) {
  const open = Level.prototype[name];
  Level.prototype[name] = function (...args) {
    const iterator = open.apply(this, args);
    iterator.return = () => iterator.close();
    return iterator;
  };
}

/**
 * Makes DynamoDB's server, which does not listen yet.
 * @param directory where its data is
 */
export function createDynalite(directory: string): Server {
  return dynalite({ path: directory, createTableMs: 0 });
}
