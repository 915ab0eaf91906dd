import { verifyCheckpoint } from "@sigstore/verify/dist/tlog/checkpoint.js";
import { verifyMerkleInclusion } from "@sigstore/verify/dist/tlog/merkle.js";
import { beforeAll, describe, expect, test } from "vitest";
import { ed25519Pair, ed25519PublicKey } from "../../../../shared/domain/ed25519.ts";
import { checkpointText } from "../../../../shared/domain/log/checkpoint.ts";
import { leafHash, rootOf } from "../../../../shared/domain/log/merkle.ts";
import { noteSigner, signNote, verifierKey } from "../../../../shared/domain/log/note.ts";
import { GrowingTree } from "../../../../shared/domain/log/tiles.ts";
import { numbered } from "../../../support/log/entries.ts";

type Entry = Parameters<typeof verifyCheckpoint>[0];
type Log = Parameters<typeof verifyCheckpoint>[1][number];
type Read = ReturnType<typeof verifyCheckpoint>;

/** What is checked of an entry: of what else sigstore's entries have, nothing is read. */
function entryOf(body: Buffer | undefined, inclusionProof: object): Entry {
  return { canonicalizedBody: body, inclusionProof } as unknown as Entry;
}

const ORIGIN = "local/L2027-001/1f0e2d3c4b5a69788796a5b4c3d2e1f0";
const PAIR = ed25519Pair(Buffer.alloc(32, 3));
const SIGNER = noteSigner(ORIGIN, PAIR.publicKey, PAIR.privateKey);
const SIZE = 1_000;
const entries = numbered(SIZE);
let checkpoint: Read;

/** The log as sigstore knows it: the hash of its key from the text that is given to others. */
function log(): Log {
  const [, hash = ""] = verifierKey(SIGNER).split("+");
  return {
    logID: Buffer.from(hash, "hex"),
    baseURL: ORIGIN,
    publicKey: ed25519PublicKey(PAIR.publicKey),
    validFor: { start: new Date(0), end: new Date(8.64e15) },
  };
}

beforeAll(async () => {
  const tree = new GrowingTree();
  for (const entry of entries) tree.add(leafHash(entry));
  const envelope = await signNote(checkpointText({ origin: ORIGIN, size: SIZE, root: tree.root() }), SIGNER);
  checkpoint = verifyCheckpoint(entryOf(undefined, { checkpoint: { envelope } }), [log()]);
});

/** The proof of RFC 6962 §2.1.1, as it is defined there. */
function proofOf(index: number, hashes: readonly Buffer[]): Buffer[] {
  if (hashes.length <= 1) return [];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)];
  return index < split ? [...proofOf(index, left), rootOf(right)] : [...proofOf(index - split, right), rootOf(left)];
}

describe("@sigstore/verify", () => {
  test("reads the checkpoint, and that its key has signed it", () => {
    expect([checkpoint.origin, checkpoint.logSize]).toEqual([ORIGIN, BigInt(SIZE)]);
    expect(() => verifyCheckpoint(entryOf(undefined, { checkpoint: { envelope: "x\n0\n\n\n" } }), [log()])).toThrow();
  });

  test.each([0, 1, 255, 256, 511, 512, 767, 998, 999])("finds entry %i in the log", (index) => {
    const hashes = proofOf(index, entries.map(leafHash));
    const entry = (body: Buffer | undefined) => entryOf(body, { logIndex: String(index), hashes });
    expect(() => verifyMerkleInclusion(entry(entries[index]), checkpoint)).not.toThrow();
    expect(() => verifyMerkleInclusion(entry(entries[(index + 1) % SIZE]), checkpoint)).toThrow(/does not match/);
  });
});
