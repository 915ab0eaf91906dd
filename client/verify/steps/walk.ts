import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, equal } from "../bytes/text.ts";
import { isLeaf, LONGEST_LEAF, pairOf, SUBMISSION, statusOf } from "../log/leaf.ts";
import { GrowingTree, leafHash } from "../log/merkle.ts";
import { PairTable, rangeOf } from "../log/pairs.ts";
import { readEntries } from "../log/tiles.ts";
import { type BundleSource, inOrder } from "../source.ts";
import { filesOf } from "./log-files.ts";
import { TileCheck } from "./tile-check.ts";
import { type Found, type Looking, Walker } from "./walker.ts";

/** What a walk needs. */
export interface Walking extends Looking {
  readonly source: BundleSource;
  /** At which sizes the root is wanted. */
  readonly sizes: readonly number[];
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** What a walk through the log has found. */
export interface Walked {
  /** How many entries could be read. */
  readonly size: number;
  /** The file of entries that is missing. */
  readonly missing: string | undefined;
  /** The file of entries that is none. */
  readonly malformed: string | undefined;
  readonly roots: ReadonlyMap<number, Bytes>;
  readonly found: Found;
  readonly missingTiles: readonly string[];
  readonly differingTiles: readonly string[];
  /** SHA-256 of every file of entries, so that it can be read again. */
  readonly bundles: readonly Bytes[];
}

/** Reads all entries of a log once, in order. */
export async function walk(walking: Walking): Promise<Walked> {
  const { source, size, onProgress, signal } = walking;
  const walker = new Walker(walking);
  const tiles = new TileCheck();
  const tree = new GrowingTree((level, hash) => tiles.add(level, hash));
  const roots = new Map<number, Bytes>();
  const wantedSizes = new Set(walking.sizes);
  const bundles: Bytes[] = [];
  let [missing, malformed]: (string | undefined)[] = [];
  if (wantedSizes.has(0)) roots.set(0, tree.root());
  for await (const { path, bytes, width } of inOrder(filesOf(source, size), source.parallel)) {
    signal?.throwIfAborted();
    const entries = bytes && readEntries(bytes, LONGEST_LEAF);
    if (bytes === undefined) missing = path;
    else if (entries === undefined || entries.length > width) malformed = path;
    if (bytes === undefined || entries === undefined || malformed !== undefined) break;
    bundles.push(sha256(bytes));
    for (const entry of entries) {
      walker.take(entry, tree.size);
      tree.add(leafHash(entry));
      if (wantedSizes.has(tree.size)) roots.set(tree.size, tree.root());
    }
    await tiles.compareSome(source);
    onProgress(tree.size, size);
    if (entries.length < width) break;
  }
  const isWhole = tree.size === size;
  if (isWhole) await tiles.compareRest(source);
  return {
    ...{ size: tree.size, missing, malformed, roots, bundles },
    found: walker.found(),
    missingTiles: tiles.missing,
    differingTiles: tiles.differing,
  };
}

/**
 * Reads the submissions of some ranges again.
 *
 * @param source the bundle
 * @param walked what the first walk has found
 * @param from the first range
 * @param to the range after the last one
 * @returns undefined when the files are not the same any more
 */
export async function readAgain(
  source: BundleSource,
  { size, bundles }: Walked,
  from: number,
  to: number,
): Promise<PairTable | undefined> {
  const table = new PairTable();
  let at = 0;
  for await (const { bytes } of inOrder(filesOf(source, size), source.parallel)) {
    const before = bundles[at++];
    const entries = bytes && readEntries(bytes, LONGEST_LEAF);
    if (bytes === undefined || entries === undefined || before === undefined) return undefined;
    if (!equal(sha256(bytes), before)) return undefined;
    for (const entry of entries) {
      if (!isLeaf(entry) || entry[0] !== SUBMISSION) continue;
      const range = rangeOf(pairOf(entry));
      if (range >= from && range < to) table.add(pairOf(entry), statusOf(entry));
    }
  }
  return table;
}
