import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { MadeBundle } from "./make-bundle.ts";

/**
 * Writes a made-up bundle into a folder.
 *
 * @param folder where it goes; it is made if it is missing
 * @param bundle what `makeBundle` has made
 */
export async function writeBundle(folder: string, { files }: Pick<MadeBundle, "files">): Promise<void> {
  for (const [path, bytes] of files) {
    const file = resolve(join(folder, path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
}
