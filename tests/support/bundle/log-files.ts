import { createHash, hash, type KeyObject, sign } from "node:crypto";

/**
 * Writes the files of a log, as RFC 6962 and the specifications of C2SP say. This is neither the server's code nor the
 * verifier's: it is slow, simple, and a third opinion.
 */

const sha = (...parts: readonly Uint8Array[]) => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
};

/** The hash of an entry. */
function leafHash(entry: Uint8Array): Buffer {
  return sha(Buffer.of(0), entry);
}

/** Every level of the tree over some hashes, each as far as it is complete; the entries' own hashes first. */
function levelsOf(hashes: readonly Buffer[]): Buffer[][] {
  const levels = [[...hashes]];
  for (let below = levels[0] ?? []; below.length > 1; ) {
    const above: Buffer[] = [];
    for (let at = 0; at + 1 < below.length; at += 2) {
      above.push(sha(Buffer.of(1), below[at] ?? Buffer.of(), below[at + 1] ?? Buffer.of()));
    }
    levels.push(above);
    below = above;
  }
  return levels;
}

/** The root over the first entries of a tree. */
function rootAt(levels: readonly (readonly Buffer[])[], size: number): Buffer {
  const roots: Buffer[] = [];
  let rest = size;
  for (let level = levels.length - 1, at = 0; level >= 0; level--) {
    const width = 2 ** level;
    if (rest < width) continue;
    roots.push(levels[level]?.[at / width] ?? Buffer.of());
    at += width;
    rest -= width;
  }
  return roots.reduceRight((right, left) => (right.length === 0 ? left : sha(Buffer.of(1), left, right)), Buffer.of());
}

function pathOf(level: number | "entries", index: number, width: number): string {
  const digits = String(index).padStart(3, "0");
  const place = digits.length <= 3 ? digits : `x${digits.slice(0, -3).padStart(3, "0")}/${digits.slice(-3)}`;
  return `tile/${level}/${place}${width < 256 ? `.p/${width}` : ""}`;
}

/** The tree over entries, and the files of their tiles. */
export function treeOf(entries: readonly Buffer[]): {
  readonly root: (size: number) => Buffer;
  readonly files: Map<string, Buffer>;
} {
  const levels = levelsOf(entries.map(leafHash));
  const files = new Map<string, Buffer>();
  for (let level = 0; 8 * level < levels.length; level++) {
    const hashes = levels[8 * level] ?? [];
    for (let from = 0; from < hashes.length; from += 256) {
      const some = hashes.slice(from, from + 256);
      files.set(pathOf(level, from / 256, some.length), Buffer.concat(some));
    }
  }
  for (let from = 0; from < entries.length; from += 256) {
    const some = entries.slice(from, from + 256);
    const bytes = some.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry]);
    files.set(pathOf("entries", from / 256, some.length), Buffer.concat(bytes));
  }
  return { root: (size) => rootAt(levels, size), files };
}

/** The key of a log. */
export interface LogKey {
  readonly name: string;
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

function keyHash({ name, publicKey }: Pick<LogKey, "name" | "publicKey">): Buffer {
  return sha(Buffer.from(`${name}\n`), Buffer.of(1), publicKey).subarray(0, 4);
}

/** The key as those who verify know it. */
export function verifierKey(key: Pick<LogKey, "name" | "publicKey">): string {
  const bytes = Buffer.concat([Buffer.of(1), key.publicKey]);
  return `${key.name}+${keyHash(key).toString("hex")}+${bytes.toString("base64")}`;
}

/** A text with the signature of a log. */
export function noteOf(key: LogKey, text: string): Buffer {
  const signature = Buffer.concat([keyHash(key), sign(null, Buffer.from(text), key.privateKey)]);
  return Buffer.from(`${text}\n— ${key.name} ${signature.toString("base64")}\n`);
}

/** SHA-256 in hexadecimal digits. */
export function hexOf(value: string | Uint8Array): string {
  return hash("sha256", value);
}
