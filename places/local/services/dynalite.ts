/** dynalite on disk, mended in one place. */

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
 * dynalite 4.0.0 ends a query's iterator with `return()`, which level 10 names `close()`: it stays open, and LevelDB
 * keeps every version that an open iterator could see. 16,000 queries then held 1.1 GiB; closed, nothing.
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
