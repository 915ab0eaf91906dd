/**
 * How a log lies in files (C2SP tlog-tiles): tiles of 256 hashes, and bundles of 256 entries. The last one of a level
 * may have fewer.
 */
export const TILE_WIDTH = 256;
/** A tile of level n has nodes of the tree's level 8 n. */
export const TILE_HEIGHT = 8;

function placeOf(index: number): string {
  const groups: string[] = [];
  for (let rest = index; groups.length === 0 || rest > 0; rest = Math.floor(rest / 1_000)) {
    groups.unshift(String(rest % 1_000).padStart(3, "0"));
  }
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join("/");
}

/**
 * The path of a tile.
 *
 * @param level from 0; `entries` for a bundle of entries
 * @param index from 0
 * @param width how many hashes or entries it has, 1 to 256
 */
export function tilePath(level: number | "entries", index: number, width: number): string {
  return `tile/${level}/${placeOf(index)}${width < TILE_WIDTH ? `.p/${width}` : ""}`;
}

/**
 * Reads a bundle of entries: each has its length before it, as two bytes.
 *
 * @param bytes the bundle
 * @param longest no entry may be longer
 * @returns the entries; undefined when the bytes are no bundle
 */
export function readEntries(bytes: Uint8Array, longest: number): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (length > longest || end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
