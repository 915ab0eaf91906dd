import type { Law } from "../../shared/domain/law.ts";
import { changeRolls, type RollState } from "./change.ts";
import type { RollEntry, RollPorts } from "./ports.ts";

/** Some entries of a roll file, hashed for one law. */
export interface RollChunk {
  readonly lawId: string;
  readonly entries: readonly RollEntry[];
}

export interface LoadOptions {
  /** Stops between two chunks; what was loaded stays, and loading again completes it. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk with the number of entries that PostgreSQL has, over all laws. */
  readonly onProgress?: ((entries: number) => void) | undefined;
  /** Called for every entry that is a second code of a person. */
  readonly onConflict?: ((lawId: string, line: number) => void) | undefined;
}

/** What became of a roll file, for one law. */
export interface LawLoad extends RollState {
  /** New on the roll. */
  readonly loaded: number;
  /** On the roll before, or twice in the file. */
  readonly known: number;
  /** Second codes of persons on the roll; left out. */
  readonly conflicts: number;
}

interface Tally {
  loaded: number;
  known: number;
  conflicts: number;
}

/**
 * Adds voters to the rolls of laws, chunk by chunk: first durably in PostgreSQL, then in Redis, so that Redis
 * never has a voter that PostgreSQL does not have. Loading the same voters again changes nothing and completes what was
 * interrupted.
 *
 * @param ports the stores
 * @param laws the laws that chunks may be for
 * @param chunks the voters; hashed while the chunk before is stored
 * @param options interruption and progress
 * @returns for each law what was loaded and whether its roll in Redis is complete
 */
export async function loadRoll(
  ports: RollPorts,
  laws: readonly Law[],
  chunks: AsyncIterable<RollChunk>,
  options: LoadOptions = {},
): Promise<readonly LawLoad[]> {
  const tallies = new Map<string, Tally>(laws.map((law) => [law.lawId, { loaded: 0, known: 0, conflicts: 0 }]));
  const { rolls } = await changeRolls(ports, laws, async () => {
    let entries = 0;
    let cached = Promise.resolve();
    try {
      for await (const chunk of ahead(chunks)) {
        options.signal?.throwIfAborted();
        const tally = tallies.get(chunk.lawId);
        if (tally === undefined) throw new Error(`a chunk is for ${chunk.lawId}, which is not being loaded`);
        const entered = await enterChunk(ports, chunk, tally, options);
        await cached;
        // Redis takes this chunk while PostgreSQL takes the next one.
        cached = ports.cache.add(chunk.lawId, entered);
        cached.catch(() => undefined);
        entries += chunk.entries.length;
        options.onProgress?.(entries);
      }
    } finally {
      await cached;
    }
  });
  return rolls.map((roll) => ({ ...roll, ...(tallies.get(roll.lawId) ?? { loaded: 0, known: 0, conflicts: 0 }) }));
}

/** Puts a chunk on the roll in PostgreSQL and gives the voter hashes that are on it now. */
async function enterChunk(
  { database }: RollPorts,
  { lawId, entries }: RollChunk,
  tally: Tally,
  options: LoadOptions,
): Promise<Buffer[]> {
  const { loaded, conflicts } = await database.enter(lawId, entries);
  for (const position of conflicts) options.onConflict?.(lawId, entries[position]?.line ?? 0);
  tally.loaded += loaded;
  tally.conflicts += conflicts.size;
  tally.known += entries.length - loaded - conflicts.size;
  return entries.filter((_, position) => !conflicts.has(position)).map((entry) => entry.voterHash);
}

/** Asks for the next item while the one before is worked on. */
async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const items = source[Symbol.asyncIterator]();
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done === true) return;
      next = items.next();
      // If the work on this item fails, nobody waits for the next one.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await items.return?.();
  }
}
