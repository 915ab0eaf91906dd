import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { withoutBrand } from "./without-brand.ts";

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

export default defineConfig({
  root: here("."),
  // Relative: the pages work at any address, below the stage's path of LocalStack as well.
  base: "./",
  plugins: [inFrame(), withoutBrand()],
  logLevel: "error",
  // GOV.UK Frontend still has rules for Internet Explorer, which no other browser understands: they stay as they are.
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
