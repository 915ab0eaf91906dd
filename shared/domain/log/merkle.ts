import { hash } from "node:crypto";

/** The length of a hash in bytes. */
export const HASH_BYTES = 32;
const LEAF = 0;
const NODE = 1;
/** A node as it is hashed, made in the same place each time. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

/** The root of a log without entries (RFC 6962 §2.1). */
export const EMPTY_ROOT = hash("sha256", "", "buffer");

/**
 * The hash of an entry (RFC 6962 §2.1).
 *
 * @param entry its bytes
 */
export function leafHash(entry: Uint8Array): Buffer {
  const leaf = Buffer.allocUnsafe(1 + entry.length);
  leaf[0] = LEAF;
  leaf.set(entry, 1);
  return hash("sha256", leaf, "buffer");
}

/**
 * The hash of a node of the tree (RFC 6962 §2.1).
 *
 * @param left the hash of what is on its left
 * @param right the hash of what is on its right
 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return hash("sha256", node, "buffer");
}

/**
 * The root of a tree: MTH of RFC 6962 §2.1, over hashes instead of entries. They may be those of entries, or of
 * subtrees that are full, equally high but for the last one, and in order.
 *
 * @param hashes the hashes
 */
export function rootOf(hashes: readonly Buffer[]): Buffer {
  let row = hashes;
  while (row.length > 1) {
    const above: Buffer[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [left, right] = [row[at], row[at + 1]];
      // What stands alone at the end is the root of its subtree already.
      if (left !== undefined) above.push(right === undefined ? left : nodeHash(left, right));
    }
    row = above;
  }
  return row[0] ?? EMPTY_ROOT;
}
