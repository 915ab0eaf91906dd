import { createHash, hash } from "node:crypto";
import { ROLL_BUCKETS } from "./roll.ts";

const DIGEST_BYTES = 32;
/** The digests of the buckets of a roll without voters. */
const NOBODY = Buffer.alloc(ROLL_BUCKETS * DIGEST_BYTES, hash("sha256", Buffer.alloc(0), "buffer"));

/** What is known of a bucket with voters: its number in the order of buckets, and who is in it. */
export interface BucketDigest {
  /** From 0 to 65,535: the first 16 bits of its voter hashes. */
  readonly bucket: number;
  readonly voters: number;
  /** 32 bytes. */
  readonly digest: Buffer;
}

/**
 * The bucket of a voter, as a number.
 *
 * @param voterHash 32 bytes
 */
export function bucketNumber(voterHash: Buffer): number {
  return voterHash.readUInt16BE(0);
}

/**
 * The digest of a bucket: SHA-256 over its voter hashes in ascending order, one after the other.
 *
 * @param voterHashes 32 bytes each, in any order
 * @returns 32 bytes
 */
export function bucketDigest(voterHashes: readonly Buffer[]): Buffer {
  const digest = createHash("sha256");
  for (const voterHash of [...voterHashes].sort(Buffer.compare)) digest.update(voterHash);
  return digest.digest();
}

/**
 * The digests of the buckets that some voters are in.
 *
 * @param voterHashes 32 bytes each, in any order; all voters of each of their buckets
 * @returns in the order of the buckets
 */
export function bucketDigests(voterHashes: readonly Buffer[]): BucketDigest[] {
  const hashes = new Map<number, Buffer[]>();
  for (const voterHash of voterHashes) {
    const bucket = bucketNumber(voterHash);
    const others = hashes.get(bucket);
    if (others === undefined) hashes.set(bucket, [voterHash]);
    else others.push(voterHash);
  }
  return [...hashes]
    .map(([bucket, ofBucket]) => ({ bucket, voters: ofBucket.length, digest: bucketDigest(ofBucket) }))
    .sort((one, other) => one.bucket - other.bucket);
}

/**
 * The digest of a roll: SHA-256 over the digests of all of its 65,536 buckets in their order, and then over the number
 * of its voters as 8 bytes, the highest first. The SQL function `roll_digest` is the same.
 *
 * @param buckets those with voters
 * @returns 32 bytes
 */
export function rollDigest(buckets: readonly BucketDigest[]): Buffer {
  const digests = Buffer.from(NOBODY);
  for (const { bucket, digest } of buckets) digest.copy(digests, bucket * DIGEST_BYTES);
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(buckets.reduce((total, { voters }) => total + voters, 0)));
  return createHash("sha256").update(digests).update(count).digest();
}

/**
 * The first bucket of which two descriptions differ.
 *
 * @param some one description, of buckets with voters
 * @param others another one
 * @returns undefined when they are the same
 */
export function differingBucket(some: readonly BucketDigest[], others: readonly BucketDigest[]): number | undefined {
  const textOf = ({ voters, digest }: BucketDigest) => `${voters} ${digest.toString("hex")}`;
  const textAt = (list: readonly BucketDigest[]) => new Map(list.map((one) => [one.bucket, textOf(one)]));
  const [here, there] = [textAt(some), textAt(others)];
  const buckets = [...new Set([...here.keys(), ...there.keys()])].sort((one, other) => one - other);
  return buckets.find((bucket) => here.get(bucket) !== there.get(bucket));
}
