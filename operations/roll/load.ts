import { randomBytes } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import { type ChangedRoll, changeRolls } from "./change.ts";
import type { RollEntry, RollPorts, WorkMark } from "./stores/ports.ts";

/** A chunk of entries of a roll file, hashed for one law. */
export interface RollChunk {
  readonly lawId: string;
  readonly entries: readonly RollEntry[];
}

export interface RollLoadOptions {
  /** Names the file for a law. Without it, a load that stops cannot be completed, only abandoned. */
  readonly markOf?: ((law: Law) => WorkMark) | undefined;
  /** Stops between two chunks. Loaded voters stay, and loading the same file again completes the load. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk with the number of entries that PostgreSQL has, over all laws. */
  readonly onProgress?: ((entries: number) => void) | undefined;
  /** Called for every entry that is a second code of a person. */
  readonly onConflict?: ((lawId: string, line: number) => void) | undefined;
}

/** The result of loading a roll file, for one law. */
export interface LawLoad extends ChangedRoll {
  /** New on the roll. */
  readonly loaded: number;
  /** Voters who were on the roll before, or who are twice in the file. */
  readonly known: number;
  /** Second codes of persons on the roll, which are left out. */
  readonly conflicts: number;
}

/** What became of voters, on the roll of one law. */
export interface Tally {
  loaded: number;
  known: number;
  conflicts: number;
}

/**
 * Adds voters to the rolls of laws, chunk by chunk: first durably to PostgreSQL, then to Redis, so that Redis never has
 * a voter that PostgreSQL lacks. The votes of these laws wait until the whole load has ended. Loading the same voters
 * again changes nothing, and completes an interrupted load.
 *
 * @param ports the stores
 * @param laws the laws of the chunks
 * @param chunks the voters, which are hashed while the chunk before is stored
 * @param options interruption and progress
 * @returns the result for each law, and whether its roll in Redis is complete
 */
export async function loadRoll(
  ports: RollPorts,
  laws: readonly Law[],
  chunks: AsyncIterable<RollChunk>,
  options: RollLoadOptions = {},
): Promise<readonly LawLoad[]> {
  const tallies = new Map<string, Tally>(laws.map((law) => [law.lawId, { loaded: 0, known: 0, conflicts: 0 }]));
  const marks = new Map(laws.map((law) => [law.lawId, (options.markOf ?? namelessMark)(law)]));
  const markOf = (law: Law) => marks.get(law.lawId) ?? namelessMark();
  const { rolls } = await changeRolls(ports, laws, markOf, async () => {
    await enterChunks(ports, chunks, tallies, { ...options, markOf: (lawId) => marks.get(lawId) });
  });
  const none: Tally = { loaded: 0, known: 0, conflicts: 0 };
  return rolls.map((roll) => ({ ...roll, ...(tallies.get(roll.lawId) ?? none) }));
}

interface EnterOptions extends Omit<RollLoadOptions, "markOf"> {
  /** The work that the voters of a law belong to. */
  readonly markOf: (lawId: string) => WorkMark | undefined;
}

/**
 * Puts chunks on rolls: each first into PostgreSQL and then into Redis, which takes a chunk while PostgreSQL takes the
 * next one. The caller must have the right to change the rolls. When it returns, both have all.
 *
 * @param ports the stores
 * @param chunks the voters
 * @param tallies by law; they are added to
 * @param options interruption and progress
 */
export async function enterChunks(
  ports: Pick<RollPorts, "database" | "cache">,
  chunks: AsyncIterable<RollChunk>,
  tallies: ReadonlyMap<string, Tally>,
  options: EnterOptions,
): Promise<void> {
  let entries = 0;
  let cached = Promise.resolve();
  try {
    for await (const chunk of ahead(chunks)) {
      options.signal?.throwIfAborted();
      const tally = tallies.get(chunk.lawId);
      if (tally === undefined) throw new Error(`a chunk is for ${chunk.lawId}, which is not being loaded`);
      const entered = await enterChunk(ports, chunk, options.markOf(chunk.lawId), tally, options);
      await cached;
      cached = ports.cache.add(chunk.lawId, entered);
      cached.catch(() => undefined);
      entries += chunk.entries.length;
      options.onProgress?.(entries);
    }
  } finally {
    await cached;
  }
}

function namelessMark(): WorkMark {
  return { kind: "load", sourceId: randomBytes(16), sourceName: "a list without a name" };
}

/** Puts a chunk on the roll in PostgreSQL. @returns the voter hashes that are on it now */
async function enterChunk(
  { database }: Pick<RollPorts, "database">,
  { lawId, entries }: RollChunk,
  mark: WorkMark | undefined,
  tally: Tally,
  options: Pick<RollLoadOptions, "onConflict">,
): Promise<Buffer[]> {
  const { loaded, conflicts } = await database.enter(lawId, entries, mark);
  for (const position of conflicts) options.onConflict?.(lawId, entries[position]?.line ?? 0);
  tally.loaded += loaded;
  tally.conflicts += conflicts.size;
  tally.known += entries.length - loaded - conflicts.size;
  return entries.filter((_, position) => !conflicts.has(position)).map((entry) => entry.voterHash);
}

/** Requests the next item while the one before is processed. */
async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done === true) return;
      next = items.next();
      // If this item fails, nobody waits for the next one.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await items.return?.();
  }
}
