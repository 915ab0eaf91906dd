import type { BundleSource } from "../../../client/verify/source.ts";

/** A bundle in memory. @param pieceBytes files come in pieces of this many bytes */
export function memorySource(files: ReadonlyMap<string, Uint8Array>, pieceBytes = 1_000): BundleSource {
  return {
    parallel: 2,
    read: async (path) => {
      const bytes = files.get(path);
      return bytes && piecesOf(bytes, pieceBytes);
    },
  };
}

/** Bytes in pieces. */
export async function* piecesOf(bytes: Uint8Array, pieceBytes = 1_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
