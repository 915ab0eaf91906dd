import { describe, expect, test } from "vitest";
import { EMPTY_ROOT, leafHash, nodeHash, rootOf } from "../../../../shared/domain/log/merkle.ts";
import { edgeRanges, GrowingTree, readTile, rootOfEdge, tileBytes } from "../../../../shared/domain/log/tiles.ts";
import { numbered } from "../../../support/log/entries.ts";
import { ENTRIES, LEAF_HASHES, NODE_HASHES, ROOTS } from "../../../support/log/rfc6962-vectors.ts";

describe("the vectors of RFC 6962 as published with certificate-transparency-go", () => {
  test.each(ENTRIES.map((entry, at) => [at, entry] as const))("the hash of entry %i", (at, entry) => {
    expect(leafHash(Buffer.from(entry, "hex")).toString("hex")).toBe(LEAF_HASHES[at]);
  });

  test.each(ROOTS.map((root, size) => [size, root] as const))("the root of %i entries", (size, root) => {
    const hashes = ENTRIES.slice(0, size).map((entry) => leafHash(Buffer.from(entry, "hex")));
    expect(rootOf(hashes).toString("hex")).toBe(root);
    const tree = new GrowingTree();
    for (const hash of hashes) tree.add(hash);
    expect([tree.size, tree.root().toString("hex")]).toEqual([size, root]);
  });

  test("the hashes of its nodes", () => {
    let row: Buffer[] = LEAF_HASHES.map((hash) => Buffer.from(hash, "hex"));
    for (const published of NODE_HASHES) {
      row = Array.from({ length: row.length / 2 }, (_, at) =>
        nodeHash(row[2 * at] ?? EMPTY_ROOT, row[2 * at + 1] ?? EMPTY_ROOT),
      );
      expect(row.map((hash) => hash.toString("hex"))).toEqual(published);
    }
  });
});

/** MTH as RFC 6962 §2.1 defines it. */
function definedRoot(hashes: readonly Buffer[]): Buffer {
  const [first] = hashes;
  if (first === undefined) return EMPTY_ROOT;
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(definedRoot(hashes.slice(0, split)), definedRoot(hashes.slice(split)));
}

describe("a growing tree", () => {
  const hashes = numbered(70_000).map(leafHash);

  test("has the root of the definition at every size", () => {
    const tree = new GrowingTree();
    for (const hash of hashes.slice(0, 530)) {
      tree.add(hash);
      if (tree.size % 3 > 0 && tree.size % 256 > 2) continue;
      expect(tree.root()).toEqual(definedRoot(hashes.slice(0, tree.size)));
    }
  });

  test("has the tiles that the specification counts for 70,000 entries", () => {
    const tree = new GrowingTree();
    const full = hashes.flatMap((hash) => tree.add(hash));
    const counted = [0, 1, 2].map((level) => full.filter((tile) => tile.level === level).length);
    expect(counted).toEqual([273, 1, 0]);
    expect(full.filter(({ level }) => level === 0).map(({ index }) => index)).toEqual(
      Array.from({ length: 273 }, (_, index) => index),
    );
    expect(tree.partialTiles().map(({ level, index, hashes: { length } }) => [level, index, length])).toEqual([
      [0, 273, 112],
      [1, 1, 17],
      [2, 0, 1],
    ]);
    expect(tree.root().equals(definedRoot(hashes))).toBe(true);
    const one = full.find(({ level, index }) => level === 0 && index === 5);
    expect(one?.root.equals(definedRoot(hashes.slice(5 * 256, 6 * 256)))).toBe(true);
    expect(readTile(tileBytes(one?.hashes ?? []))).toEqual(hashes.slice(5 * 256, 6 * 256));
  });

  test("goes on from its edge alone", () => {
    const whole = new GrowingTree();
    for (const hash of hashes.slice(0, 65_800)) {
      if ([1, 255, 256, 257, 511, 65_535, 65_536, 65_537].includes(whole.size)) {
        expect(edgeRanges(whole.size).map(([from, to]) => to - from)).toEqual(whole.edge.map(({ length }) => length));
        expect(rootOfEdge(whole.edge)).toEqual(whole.root());
        const again = new GrowingTree(whole.size, whole.edge);
        expect(again.add(hash).map(({ level, index }) => [level, index])).toEqual(
          whole.size % 256 < 255
            ? []
            : whole.size === 65_535
              ? [
                  [0, 255],
                  [1, 0],
                ]
              : [[0, Math.floor(whole.size / 256)]],
        );
        expect(again.root()).toEqual(rootOf(hashes.slice(0, again.size)));
      }
      whole.add(hash);
    }
  });

  test("does not begin with the edge of another size", () => {
    const tree = new GrowingTree();
    for (const hash of hashes.slice(0, 300)) tree.add(hash);
    expect(() => new GrowingTree(301, tree.edge)).toThrow(/not the edge of a tree of 301/);
    expect(() => new GrowingTree(0, tree.edge)).toThrow(/not the edge of a tree of 0/);
  });
});

test("a tile that is cut off is none", () => {
  expect(readTile(Buffer.alloc(63))).toBeUndefined();
});
