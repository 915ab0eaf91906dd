import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  bucketDigest,
  bucketDigests,
  bucketNumber,
  differingBucket,
  rollDigest,
} from "../../../shared/domain/roll-digest.ts";

const sha256 = (...parts: readonly Uint8Array[]) => {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
};
const voter = (bucket: number, number: number) => {
  const hash = Buffer.alloc(32, number);
  hash.writeUInt16BE(bucket);
  return hash;
};
const [A, B, C] = [voter(3, 1), voter(3, 2), voter(65_535, 1)] as const;

describe("the digest of a roll", () => {
  test("of a bucket is over its voter hashes in ascending order, in whatever order they come", () => {
    expect(bucketDigest([B, A])).toEqual(sha256(A, B));
    expect(bucketNumber(C)).toBe(65_535);
    expect(bucketDigests([C, B, A])).toEqual([
      { bucket: 3, voters: 2, digest: sha256(A, B) },
      { bucket: 65_535, voters: 1, digest: sha256(C) },
    ]);
  });

  test("is over all buckets in order, empty ones too, and the number of voters", () => {
    const empty = sha256();
    const buckets = Array.from({ length: 65_536 }, () => empty);
    const count = (voters: number) => Buffer.from([0, 0, 0, 0, 0, 0, 0, voters]);
    expect(rollDigest([])).toEqual(sha256(...buckets, count(0)));
    buckets[3] = sha256(A, B);
    buckets[65_535] = sha256(C);
    expect(rollDigest(bucketDigests([A, B, C]))).toEqual(sha256(...buckets, count(3)));
  });

  test("is another one for another voter, one fewer, or one more", () => {
    const rolls = [
      [A, B, C],
      [A, voter(3, 9), C],
      [A, C],
      [A, B, C, voter(9, 9)],
    ];
    const digests = rolls.map((roll) => rollDigest(bucketDigests(roll)).toString("hex"));
    expect(new Set(digests).size).toBe(rolls.length);
  });

  test("names the first bucket in which two rolls differ", () => {
    const roll = bucketDigests([A, B, C]);
    expect(differingBucket(roll, bucketDigests([C, B, A]))).toBeUndefined();
    expect(differingBucket(roll, bucketDigests([A, C]))).toBe(3);
    expect(differingBucket(roll, bucketDigests([A, B]))).toBe(65_535);
    expect(differingBucket([], roll)).toBe(3);
  });
});
