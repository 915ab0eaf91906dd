import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { PROJECT_ROOT } from "./bundles.ts";

/**
 * Builds the voters' pages of `web/`. The same sources give the same bytes.
 *
 * @param directory where they are written, with their scripts and styles in `assets`; it is emptied first
 * @throws Error with what Vite refuses
 */
export async function buildPages(directory: string): Promise<void> {
  await build({
    configFile: join(PROJECT_ROOT, "web/vite.config.ts"),
    // Node reads the configuration as it is; Vite's own loader would write beside it.
    configLoader: "native",
    build: { outDir: directory, emptyOutDir: true },
  });
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
