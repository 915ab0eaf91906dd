import { open } from "node:fs/promises";
import { join } from "node:path";
import { type BundleSource, CannotRead, type OpenFile } from "../../client/verify/index.ts";

/** What a path leads to that is no file of the bundle. */
const NOT_THERE = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/**
 * A bundle in a folder.
 *
 * @param folder where it is
 */
export function bundleIn(folder: string): BundleSource {
  return { parallel: 1, read: (path) => piecesOf(join(folder, path)) };
}

/**
 * A file that is read from its beginning each time.
 *
 * @param path where it is
 * @throws CannotRead while it is read, when there is no such file
 */
export function openFile(path: string): OpenFile {
  return async function* () {
    const pieces = await piecesOf(path);
    if (pieces === undefined) throw new CannotRead(path, "there is no such file");
    yield* pieces;
  };
}

async function piecesOf(path: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const file = await open(path);
    return file.createReadStream({ highWaterMark: 1 << 18 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (NOT_THERE.has(code)) return undefined;
    throw new CannotRead(path, code === "" ? String(error) : code, error);
  }
}
