import { randomBytes } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import { type ChangedRoll, changeRolls } from "./change.ts";
import type { RollEntry, RollPorts, WorkMark } from "./ports.ts";

/** Some entries of a roll file, hashed for one law. */
export interface RollChunk {
  readonly lawId: string;
  readonly entries: readonly RollEntry[];
}

export interface RollLoadOptions {
  /** What names the file for a law. Absent: nothing does, so that a load which stops can only be given up. */
  readonly markOf?: ((law: Law) => WorkMark) | undefined;
  /** Stops between two chunks; what was loaded stays, and loading the same again completes it. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk with the number of entries that PostgreSQL has, over all laws. */
  readonly onProgress?: ((entries: number) => void) | undefined;
  /** Called for every entry that is a second code of a person. */
  readonly onConflict?: ((lawId: string, line: number) => void) | undefined;
}

/** What became of a roll file, for one law. */
export interface LawLoad extends ChangedRoll {
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
 * never has a voter that PostgreSQL does not have. The votes of these laws wait until the load has ended whole. Loading
 * the same voters again changes nothing and completes what was interrupted.
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
  options: RollLoadOptions = {},
): Promise<readonly LawLoad[]> {
  const tallies = new Map<string, Tally>(laws.map((law) => [law.lawId, { loaded: 0, known: 0, conflicts: 0 }]));
  const marks = new Map(laws.map((law) => [law.lawId, (options.markOf ?? namelessMark)(law)]));
  const markOf = (law: Law) => marks.get(law.lawId) ?? namelessMark();
  const { rolls } = await changeRolls(ports, laws, markOf, async () => {
    let entries = 0;
    let cached = Promise.resolve();
    try {
      for await (const chunk of ahead(chunks)) {
        options.signal?.throwIfAborted();
        const tally = tallies.get(chunk.lawId);
        if (tally === undefined) throw new Error(`a chunk is for ${chunk.lawId}, which is not being loaded`);
        const entered = await enterChunk(ports, chunk, marks.get(chunk.lawId), tally, options);
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
  const none: Tally = { loaded: 0, known: 0, conflicts: 0 };
  return rolls.map((roll) => ({ ...roll, ...(tallies.get(roll.lawId) ?? none) }));
}

function namelessMark(): WorkMark {
  return { kind: "load", sourceId: randomBytes(16), sourceName: "a list without a name" };
}

/** Puts a chunk on the roll in PostgreSQL and gives the voter hashes that are on it now. */
async function enterChunk(
  { database }: RollPorts,
  { lawId, entries }: RollChunk,
  mark: WorkMark | undefined,
  tally: Tally,
  options: RollLoadOptions,
): Promise<Buffer[]> {
  const { loaded, conflicts } = await database.enter(lawId, entries, mark);
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
