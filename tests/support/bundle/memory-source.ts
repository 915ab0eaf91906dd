import type { BundleSource } from "../../../client/verify/source.ts";

/** The same bundle as a log that grows while it is read: its files are given by a function. */
export function growingSource(read: (path: string) => Uint8Array | undefined): BundleSource {
  return {
    parallel: 2,
    grows: true,
    read: async (path) => {
      const bytes = read(path);
      return bytes && piecesOf(bytes);
    },
  };
}

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
