import { HASH_BYTES, rootOf } from "./merkle.ts";

/** Hashes of a full tile, and entries of a full bundle: tiles are eight levels of the tree high (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
/** The most bytes of an entry: its length stands before it in two bytes. */
const MOST_ENTRY_BYTES = 0xffff;

/** A tile of hashes, or a bundle of entries. */
export interface TileName {
  /** 0: hashes of entries, 1: roots of full tiles of level 0, and so on; `entries`: the entries themselves. */
  readonly level: number | "entries";
  /** Which one of its level, from 0. */
  readonly index: number;
  /** How many hashes or entries it has: 1 to 256. */
  readonly width: number;
}

/**
 * The path of a tile below the address of a log (C2SP tlog-tiles).
 *
 * @param name which tile
 */
export function tilePath({ level, index, width }: TileName): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const parts = padded.match(/.{3}/g) ?? [];
  const number = parts.map((part, at) => (at < parts.length - 1 ? `x${part}` : part)).join("/");
  return `tile/${level}/${number}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/**
 * A bundle of entries: each one after its length in two bytes (C2SP tlog-tiles).
 *
 * @param entries at most 256
 * @throws RangeError for an entry that is too long
 */
export function entryBundle(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > MOST_ENTRY_BYTES) throw new RangeError("An entry of a log has at most 65,535 bytes.");
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/**
 * Reads a bundle of entries.
 *
 * @param bundle its bytes
 * @returns undefined when it is cut off
 */
export function readEntryBundle(bundle: Uint8Array): Buffer[] | undefined {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length);
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}

/**
 * What is right of every full tile of a tree: at each level the hashes of the tile that is not full, at most 255. With
 * them a tree grows without its other hashes.
 */
export type Edge = readonly (readonly Buffer[])[];

/**
 * Where the hashes of the edge of a tree begin and end, by level: [from, to) among the hashes of the level.
 *
 * @param size how many entries the tree has
 */
export function edgeRanges(size: number): readonly (readonly [from: number, to: number])[] {
  const ranges: [number, number][] = [];
  for (let nodes = size; nodes > 0; nodes = Math.floor(nodes / TILE_WIDTH)) {
    ranges.push([nodes - (nodes % TILE_WIDTH), nodes]);
  }
  return ranges;
}

/**
 * The root of a tree by its edge.
 *
 * @param edge as it is
 */
export function rootOfEdge(edge: Edge): Buffer {
  // A tile that is not full is the last hash of the level above.
  const top = edge.reduce<readonly Buffer[]>(
    (below, hashes) => (below.length === 0 ? hashes : [...hashes, rootOf(below)]),
    [],
  );
  return rootOf(top);
}

/** A tile that became full. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Buffer[];
  readonly root: Buffer;
}

/** A tree to which entries are added. It knows its edge only. */
export class GrowingTree {
  readonly #edge: Buffer[][];
  #size: number;

  /**
   * @param size how many entries it has
   * @param edge its edge at this size
   * @throws RangeError when the edge is of another size
   */
  constructor(size = 0, edge: Edge = []) {
    const ranges = edgeRanges(size);
    if (edge.length !== ranges.length || ranges.some(([from, to], level) => edge[level]?.length !== to - from)) {
      throw new RangeError(`This is not the edge of a tree of ${size} entries.`);
    }
    this.#edge = edge.map((hashes) => [...hashes]);
    this.#size = size;
  }

  /** How many entries it has. */
  get size(): number {
    return this.#size;
  }

  /** Its edge as it is now. */
  get edge(): Edge {
    return this.#edge;
  }

  /** Its root as it is now. */
  root(): Buffer {
    return rootOfEdge(this.#edge);
  }

  /**
   * Adds an entry.
   *
   * @param hash its hash
   * @returns the tiles that became full by it, the lowest one first
   */
  add(hash: Buffer): readonly FullTile[] {
    const full: FullTile[] = [];
    this.#size += 1;
    let next: Buffer | undefined = hash;
    for (let level = 0, nodes = this.#size; next !== undefined; level++, nodes /= TILE_WIDTH) {
      const hashes: Buffer[] = this.#edge[level] ?? [];
      this.#edge[level] = hashes;
      hashes.push(next);
      if (hashes.length < TILE_WIDTH) return full;
      const root = rootOf(hashes);
      full.push({ level, index: nodes / TILE_WIDTH - 1, hashes, root });
      this.#edge[level] = [];
      next = root;
    }
    return full;
  }

  /** The tiles that are not full, the lowest one first. */
  partialTiles(): readonly { readonly level: number; readonly index: number; readonly hashes: readonly Buffer[] }[] {
    return edgeRanges(this.#size).flatMap(([from], level) => {
      const hashes = this.#edge[level] ?? [];
      return hashes.length === 0 ? [] : [{ level, index: from / TILE_WIDTH, hashes }];
    });
  }
}

/**
 * The hashes of a tile, one after the other.
 *
 * @param hashes at most 256
 */
export function tileBytes(hashes: readonly Buffer[]): Buffer {
  return Buffer.concat(hashes);
}

/**
 * Reads a tile.
 *
 * @param tile its bytes
 * @returns undefined when it is cut off
 */
export function readTile(tile: Uint8Array): Buffer[] | undefined {
  if (tile.length % HASH_BYTES !== 0) return undefined;
  const bytes = Buffer.from(tile.buffer, tile.byteOffset, tile.length);
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}
