import { randomBytes } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import type { RollWork } from "../../shared/domain/roll.ts";
import { giveUpSeal, withRight } from "./change.ts";
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

/** A roll that is not sealed yet. */
export interface DraftRoll {
  readonly lawId: string;
  readonly voters: number;
  /** Loads that have begun and not ended. */
  readonly unfinished: readonly RollWork[];
}

/** The result of loading a roll file, for one law. */
export interface LawLoad extends DraftRoll {
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
 * Adds voters to the rolls of laws in PostgreSQL, chunk by chunk. Redis gets them when the roll is sealed. Loading the
 * same voters again changes nothing, and completes an interrupted load.
 *
 * @param ports the stores
 * @param laws the laws of the chunks
 * @param chunks the voters, which are hashed while the chunk before is stored
 * @param options interruption and progress
 * @returns the result for each law
 */
export async function loadRoll(
  ports: Pick<RollPorts, "database" | "marks">,
  laws: readonly Law[],
  chunks: AsyncIterable<RollChunk>,
  options: RollLoadOptions = {},
): Promise<readonly LawLoad[]> {
  const tallies = new Map<string, Tally>(laws.map((law) => [law.lawId, { loaded: 0, known: 0, conflicts: 0 }]));
  const marks = new Map(laws.map((law) => [law.lawId, (options.markOf ?? namelessMark)(law)]));
  return withRight(ports, laws, async (right) => {
    for (const [lawId, mark] of marks) {
      await giveUpSeal(ports, lawId);
      await ports.marks.begin(lawId, mark);
    }
    await enterChunks(ports, chunks, tallies, { ...options, markOf: (lawId) => marks.get(lawId) });
    await right.check();
    for (const [lawId, mark] of marks) await ports.marks.finish(lawId, mark);
    const loads: LawLoad[] = [];
    for (const [lawId, tally] of tallies) loads.push({ ...(await draftRoll(ports, lawId)), ...tally });
    return loads;
  });
}

/**
 * A roll after work on it. The caller has the right to change it, so no other work on it is under way.
 *
 * @param ports the stores
 * @param lawId the law
 */
export async function draftRoll(
  { database, marks }: { readonly database: Pick<RollPorts["database"], "count">; readonly marks: RollPorts["marks"] },
  lawId: string,
): Promise<DraftRoll> {
  const unfinished = (await marks.unfinished(lawId)).map((one) => ({ ...one, isRunning: false }));
  return { lawId, voters: await database.count(lawId), unfinished };
}

interface EnterOptions extends Omit<RollLoadOptions, "markOf"> {
  /** The work that the voters of a law belong to. */
  readonly markOf: (lawId: string) => WorkMark | undefined;
}

/**
 * Puts chunks on rolls. The caller must have the right to change the rolls.
 *
 * @param ports the stores
 * @param chunks the voters
 * @param tallies by law; they are added to
 * @param options interruption and progress
 */
export async function enterChunks(
  ports: Pick<RollPorts, "database">,
  chunks: AsyncIterable<RollChunk>,
  tallies: ReadonlyMap<string, Tally>,
  options: EnterOptions,
): Promise<void> {
  let entries = 0;
  for await (const chunk of ahead(chunks)) {
    options.signal?.throwIfAborted();
    const tally = tallies.get(chunk.lawId);
    if (tally === undefined) throw new Error(`a chunk is for ${chunk.lawId}, which is not being loaded`);
    await enterChunk(ports, chunk, options.markOf(chunk.lawId), tally, options);
    entries += chunk.entries.length;
    options.onProgress?.(entries);
  }
}

function namelessMark(): WorkMark {
  return { kind: "load", sourceId: randomBytes(16), sourceName: "a list without a name" };
}

/** Puts a chunk on the roll in PostgreSQL. */
async function enterChunk(
  { database }: Pick<RollPorts, "database">,
  { lawId, entries }: RollChunk,
  mark: WorkMark | undefined,
  tally: Tally,
  options: Pick<RollLoadOptions, "onConflict">,
): Promise<void> {
  const { loaded, conflicts } = await database.enter(lawId, entries, mark);
  for (const position of conflicts) options.onConflict?.(lawId, entries[position]?.line ?? 0);
  tally.loaded += loaded;
  tally.conflicts += conflicts.size;
  tally.known += entries.length - loaded - conflicts.size;
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
