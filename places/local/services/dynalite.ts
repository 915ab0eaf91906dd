/** dynalite on disk, with one correction. */

import type { Server } from "node:http";
import { createRequire } from "node:module";

interface Iterator {
  next(): Promise<unknown>;
  nextv(count: number): Promise<unknown[]>;
  close(): Promise<void>;
  return?: () => Promise<void>;
}
interface Database extends Record<"keys" | "values", (...args: unknown[]) => Iterator> {
  readonly status: string;
  get(key: string): Promise<unknown>;
  getSync(key: string): unknown;
}

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
    iterator.next = readAhead(iterator);
    return iterator;
  };
}

/** Most queries have a few items: when LevelDB sees the end while it reads them, asking for more costs nothing. */
const FIRST_PART = 8;
const FURTHER_PART = 1_000;

/**
 * Takes items out of an iterator in parts, each of which is a way to another thread and back. Only an empty one is the
 * end.
 */
function readAhead(iterator: Iterator): () => Promise<unknown> {
  let part: unknown[] = [];
  let size = FIRST_PART;
  let ended = false;
  return async () => {
    if (part.length === 0 && !ended) {
      part = (await iterator.nextv(size)).reverse();
      ended = part.length === 0;
      size = FURTHER_PART;
    }
    return part.pop();
  };
}

/*
 * Every request looks its table up first. What LevelDB has in memory costs less to read at once than to have another
 * thread read it.
 */
const { get } = Level.prototype;
Level.prototype.get = async function (key) {
  // One that is just being opened answers when it is.
  return this.status === "open" ? this.getSync(key) : await get.call(this, key);
};

/**
 * Makes DynamoDB's server, which does not listen yet.
 * @param directory where its data is
 */
export function createDynalite(directory: string): Server {
  return dynalite({ path: directory, createTableMs: 0 });
}
