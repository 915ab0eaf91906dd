import { sha256 } from "../bytes/sha256.ts";
import type { Bytes } from "../bytes/text.ts";

/** The hashes of RFC 6962 §2.1: what is an entry can never pass for a node. */
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of an entry. */
export function leafHash(entry: Uint8Array): Bytes {
  return sha256(LEAF, entry);
}

/** The hash of a node of the tree. */
function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(NODE, left, right);
}

/** Takes every complete node of a level, in order. */
export type OnNode = (level: number, hash: Bytes) => void;

/** A tree that grows at its right edge. It keeps one hash per level. */
export class GrowingTree {
  #size = 0;
  readonly #edge: (Bytes | undefined)[] = [];
  readonly #onNode: OnNode | undefined;

  /** @param onNode is told of every complete node, entries included (level 0) */
  constructor(onNode?: OnNode) {
    this.#onNode = onNode;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the hash of an entry. */
  add(entryHash: Bytes): void {
    let hash = entryHash;
    let level = 0;
    this.#onNode?.(0, hash);
    for (let left = this.#edge[0]; left !== undefined; left = this.#edge[level]) {
      this.#edge[level] = undefined;
      hash = nodeHash(left, hash);
      level++;
      this.#onNode?.(level, hash);
    }
    this.#edge[level] = hash;
    this.#size++;
  }

  /** The root over everything that was added (RFC 6962 §2.1). */
  root(): Bytes {
    let root: Bytes | undefined;
    for (const hash of this.#edge) {
      if (hash === undefined) continue;
      root = root === undefined ? hash : nodeHash(hash, root);
    }
    return root ?? sha256();
  }
}
