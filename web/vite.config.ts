import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The pages are the HTML files of this folder. */
const PAGES = readdirSync(here(".")).filter((name) => name.endsWith(".html"));

const FRAME = here("parts/page.html");
const PLACE = "<!-- page -->";

/**
 * Puts what a page's file has, its title and its script, into the head of the frame that all pages share. Addresses in
 * the frame are those of a page: they begin at this folder.
 */
function inFrame(): Plugin {
  return {
    name: "in-frame",
    transformIndexHtml: {
      order: "pre",
      handler: (page) => readFileSync(FRAME, "utf8").replace(PLACE, () => page.trim()),
    },
  };
}

/**
 * The design system without its brand: GDS Transport is licensed for GOV.UK only, and neither its files nor its name go
 * out. Fonts are those of the reader's machine, so that nothing has to be loaded.
 */
function withoutBrand(): Plugin {
  return {
    name: "without-brand",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
        file.source = String(file.source)
          .replaceAll(/@font-face\s*\{[^}]*\}/g, "")
          .replaceAll(
            /GDS Transport,\s*arial,\s*sans-serif/gi,
            "system-ui,-apple-system,Segoe UI,Roboto,Arial,sans-serif",
          )
          .replaceAll(/[^{}]*\{[^{}]*govuk-crest\.svg[^{}]*\}/g, "")
          .replaceAll(/\/\*# sourceMappingURL.*?\*\//g, "");
      }
    },
  };
}

export default defineConfig({
  root: here("."),
  // Relative: the pages work at any address, below the stage's path of LocalStack as well.
  base: "./",
  plugins: [inFrame(), withoutBrand()],
  logLevel: "error",
  // GOV.UK Frontend still has rules for Internet Explorer, which are left out.
  css: { lightningcss: { errorRecovery: true } },
  build: {
    outDir: here("../dist/web"),
    emptyOutDir: true,
    target: "es2022",
    // Content security policy: nothing inline, no data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: PAGES.map(here) },
  },
});
