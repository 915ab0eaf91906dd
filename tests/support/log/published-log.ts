import { logObject } from "../../../operations/log/log-objects.ts";
import { type Checkpoint, readCheckpoint } from "../../../shared/domain/log/checkpoint.ts";
import { leafHash } from "../../../shared/domain/log/merkle.ts";
import { type NoteKey, openNote } from "../../../shared/domain/log/note.ts";
import {
  entryBundle,
  GrowingTree,
  readEntryBundle,
  TILE_WIDTH,
  type TileName,
  tileBytes,
  tilePath,
} from "../../../shared/domain/log/tiles.ts";
import type { ObjectStore } from "../../../shared/stores/objects.ts";

/** A log as everybody can read it. */
export interface PublishedLog {
  readonly entries: readonly Buffer[];
  /** The checkpoints of all epochs, the earliest first; the last one may not be published yet. */
  readonly kept: readonly Checkpoint[];
}

/** Reads a file of a log; undefined when there is none. */
export type LogFiles = (path: string) => Promise<Uint8Array | undefined>;

/** The files of a law's log in an object store. */
export function filesIn(objects: ObjectStore, lawId: string): LogFiles {
  return (path) => objects.get(logObject(lawId, path));
}

/**
 * Reads a whole published log, and checks it: every tile of its size and of every checkpoint must be there and give
 * the roots that were signed.
 *
 * @param files where it is
 * @param key must have signed every checkpoint
 * @throws Error that says what is wrong
 */
export async function readPublishedLog(files: LogFiles, key: NoteKey): Promise<PublishedLog> {
  const get = async (path: string): Promise<Buffer> => {
    const body = await files(path);
    if (body === undefined) throw new Error(`${path} is missing`);
    return Buffer.from(body);
  };
  const checkpointAt = async (path: string): Promise<Checkpoint> => {
    const text = openNote((await get(path)).toString(), key);
    const checkpoint = text === undefined ? undefined : readCheckpoint(text);
    if (checkpoint === undefined) throw new Error(`${path} is not signed`);
    return checkpoint;
  };
  const latest = await checkpointAt("checkpoint");
  const kept: Checkpoint[] = [];
  for (let number = 1; ; number++) {
    const path = `checkpoints/${String(number).padStart(9, "0")}`;
    if ((await files(path)) === undefined) break;
    kept.push(await checkpointAt(path));
  }
  const entries: Buffer[] = [];
  const tree = new GrowingTree();
  const same = async (name: TileName, bytes: Buffer): Promise<void> => {
    if (!(await get(tilePath(name))).equals(bytes)) throw new Error(`${tilePath(name)} has other bytes`);
  };
  const bundleWidth = (index: number) => Math.min(TILE_WIDTH, latest.size - index * TILE_WIDTH);
  for (let index = 0; index * TILE_WIDTH < latest.size; index++) {
    const name = { level: "entries", index, width: bundleWidth(index) } as const;
    for (const entry of readEntryBundle(await get(tilePath(name))) ?? []) {
      entries.push(entry);
      for (const { level, index: of, hashes } of tree.add(leafHash(entry))) {
        await same({ level, index: of, width: TILE_WIDTH }, tileBytes(hashes));
      }
      for (const checkpoint of kept.filter(({ size }) => size === tree.size)) {
        if (!tree.root().equals(checkpoint.root)) throw new Error(`the root of ${tree.size} entries is another one`);
        for (const { level, index: of, hashes } of tree.partialTiles()) {
          await same({ level, index: of, width: hashes.length }, tileBytes(hashes));
        }
        const cut = entries.slice(tree.size - (tree.size % TILE_WIDTH));
        if (cut.length > 0) {
          await same(
            { level: "entries", index: Math.floor(tree.size / TILE_WIDTH), width: cut.length },
            entryBundle(cut),
          );
        }
      }
    }
  }
  if (tree.size !== latest.size || !tree.root().equals(latest.root)) throw new Error("the checkpoint has another root");
  return { entries, kept };
}
