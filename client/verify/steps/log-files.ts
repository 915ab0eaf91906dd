import type { Bytes } from "../bytes/text.ts";
import { TILE_WIDTH, tilePath } from "../log/tiles.ts";
import { type BundleSource, wholeFile } from "../source.ts";

/** Much more than a bundle of entries or a tile has. */
const MOST_BYTES = 1 << 20;

/** A file of a log's entries. */
export interface EntriesFile {
  readonly path: string;
  readonly bytes: Bytes | undefined;
  /** How many entries it must have. */
  readonly width: number;
}

/** The files of a log's entries. A log that has grown since may have the last one full only. */
export function* filesOf(source: BundleSource, size: number): Generator<() => Promise<EntriesFile>> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH);
    yield () => readEntriesFile(source, index, width);
  }
}

async function readEntriesFile(source: BundleSource, index: number, width: number): Promise<EntriesFile> {
  const path = tilePath("entries", index, width);
  const bytes = await wholeFile(source, path, MOST_BYTES);
  if (bytes !== undefined || width === TILE_WIDTH) return { path, bytes, width };
  const full = await wholeFile(source, tilePath("entries", index, TILE_WIDTH), MOST_BYTES);
  return { path, bytes: full && firstEntries(full, width), width };
}

/** The first entries of a bundle; the bundle itself when it is none. */
function firstEntries(bytes: Bytes, width: number): Bytes {
  let at = 0;
  for (let entry = 0; entry < width && at < bytes.length; entry++) {
    at += 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
  }
  return bytes.slice(0, at);
}

/**
 * Reads a tile of hashes.
 *
 * @param source the bundle
 * @param level from 0
 * @param index from 0
 * @param width how many hashes it must have
 * @returns undefined when there is none
 */
export async function readTile(
  source: BundleSource,
  level: number,
  index: number,
  width: number,
): Promise<{ readonly path: string; readonly bytes: Bytes | undefined }> {
  const path = tilePath(level, index, width);
  const bytes = await wholeFile(source, path, MOST_BYTES);
  if (bytes !== undefined || width === TILE_WIDTH) return { path, bytes };
  const full = await wholeFile(source, tilePath(level, index, TILE_WIDTH), MOST_BYTES);
  return { path, bytes: full?.slice(0, 32 * width) };
}
