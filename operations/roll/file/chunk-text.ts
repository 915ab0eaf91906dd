import { createHmac, hash } from "node:crypto";
import { Refusal } from "../../../shared/domain/refusal.ts";
import type { SecretKey } from "../../../shared/domain/voter-hash.ts";
import type { Credentials } from "./read.ts";

const VOTER = /^([1-9][0-9]{0,11}),([0-9]{9}),([A-Za-z0-9]{6,32})$/;

const CHAIN_BYTES = 32;
/** The chain before the first chunk. */
export const EMPTY_CHAIN = Buffer.alloc(CHAIN_BYTES);

/**
 * A chunk of a roll file as it travels: `line,nas,code;line,nas,code;…`. One text is read much faster than 50,000
 * lists.
 *
 * @param voters in the order of their lines
 */
export function chunkText(voters: readonly Credentials[]): string {
  return voters.map(({ line, nas, code }) => `${line},${nas},${code}`).join(";");
}

/**
 * Reads a chunk.
 *
 * @param text as `chunkText` makes it
 * @returns its voters
 * @throws Refusal when it is not of this form; it names the place and repeats nothing
 */
export function readChunkText(text: string): Credentials[] {
  let before = 0;
  return text.split(";").map((one, index) => {
    const [, digits, nas, code] = VOTER.exec(one) ?? [];
    const line = Number(digits);
    if (nas === undefined || code === undefined || line <= before) {
      throw new Refusal(`Voter ${index + 1} of the chunk is not of the form line,nas,code in the order of lines.`, {
        code: "invalid_request",
      });
    }
    before = line;
    return { line, nas, code };
  });
}

/**
 * The digest of a chunk: SHA-256 of its text.
 *
 * @param text as `chunkText` makes it
 * @returns 64 hexadecimal digits
 */
export function chunkDigest(text: string): string {
  return hash("sha256", text, "hex");
}

/**
 * Adds a chunk to the chain of the chunks before it. The chain is kept in the database, so it is keyed: a plain digest
 * of a short file could be found by trying.
 *
 * @param before the chain so far, 32 bytes
 * @param digest the chunk's digest
 * @param key the person key of the law
 * @returns 32 bytes
 */
export function chainChunk(before: Buffer, digest: string, key: SecretKey): Buffer {
  return createHmac("sha256", key).update("roll chunk").update(before).update(digest).digest();
}

/**
 * The chains of a file after each of its chunks.
 *
 * @param digests of its chunks, in order
 * @param key the person key of the law
 * @returns 32 bytes for each chunk, one after the other
 */
export function chainsOf(digests: readonly string[], key: SecretKey): Buffer {
  let chain: Buffer = EMPTY_CHAIN;
  return Buffer.concat(
    digests.map((digest) => {
      chain = chainChunk(chain, digest, key);
      return chain;
    }),
  );
}

/**
 * The chain of the chunks of a whole file.
 *
 * @param digests of its chunks, in order
 * @param key the person key of the law
 * @returns 32 bytes
 */
export function chainOf(digests: readonly string[], key: SecretKey): Buffer {
  return chainAfter(chainsOf(digests, key), digests.length);
}

/**
 * The chain after some chunks.
 *
 * @param chains as `chainsOf` makes them
 * @param chunks how many chunks
 * @returns 32 bytes
 */
export function chainAfter(chains: Buffer, chunks: number): Buffer {
  return chunks === 0 ? EMPTY_CHAIN : chains.subarray((chunks - 1) * CHAIN_BYTES, chunks * CHAIN_BYTES);
}

/**
 * Of how many chunks the chains are.
 *
 * @param chains as `chainsOf` makes them
 */
export function chunksIn(chains: Buffer): number {
  return chains.length / CHAIN_BYTES;
}
