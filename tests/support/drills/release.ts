import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../../..");
/** The sources that a release is started and synthesized from. */
const SOURCES = [
  ...[
    "bin",
    "client",
    "commands",
    "docs",
    "functions",
    "infra",
    "load",
    "machine",
    "operations",
    "papers",
    "places",
    "proving",
    "shared",
    "terminal",
    "trustees",
    "web",
  ],
  ...["package.json", "package-lock.json", "cdk.json"],
];

/**
 * Makes a release that differs from this one in one file.
 *
 * @param directory the folder for its sources; it must not exist yet
 * @param file the file, from the project's root
 * @param change gives the new text of the file
 */
export async function makeRelease(directory: string, file: string, change: (source: string) => string): Promise<void> {
  for (const name of SOURCES) await cp(join(ROOT, name), join(directory, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const before = await readFile(join(directory, file), "utf8");
  const after = change(before);
  if (after === before) throw new Error(`the release is the same as this one: nothing was changed in ${file}`);
  await writeFile(join(directory, file), after);
}
