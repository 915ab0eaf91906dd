import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { PROJECT_ROOT } from "./bundles.ts";

/** Pages that are built, until they are removed. */
export interface BuiltPages {
  /** The folder of the pages, with their scripts and styles in `assets`. */
  readonly directory: string;
  remove(): void;
}

/**
 * Builds the voters' pages of `web/` into a folder of this process, so that two that build at a time do not disturb each
 * other. The same sources give the same bytes.
 *
 * @throws Error with what Vite refuses
 */
export async function buildPages(): Promise<BuiltPages> {
  const directory = mkdtempSync(join(tmpdir(), "referendum-pages-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    await build({
      configFile: join(PROJECT_ROOT, "web/vite.config.ts"),
      // Node reads the configuration as it is; Vite's own loader would write beside it.
      configLoader: "native",
      build: { outDir: directory, emptyOutDir: true },
    });
    return { directory, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Writes pages that say nothing, for tests that look at templates only.
 *
 * @param directory where they are written
 */
export function writeStubPages(directory: string): void {
  mkdirSync(join(directory, "assets"), { recursive: true });
  for (const file of ["index.html", "vote.html", "icon.svg", "assets/page.js"]) {
    writeFileSync(join(directory, file), "");
  }
}
