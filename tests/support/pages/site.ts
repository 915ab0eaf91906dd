import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { BrowserContext, Page, Request, Route } from "playwright-core";
import { buildPages } from "../../../infra/pages.ts";
import { homeFrom, missingPage } from "../../../shared/messages/missing-page.ts";
import { CACHE, missingPageHeaders, pageHeaders } from "../../../shared/messages/page-headers.ts";

/** Where the pages are in these tests: a name that no network knows. */
export const SITE = "https://referendum.test";

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** An answer of a made-up API; `away`: the connection breaks, `never`: there is no answer. */
type Made =
  | { readonly status: number; readonly json: unknown; readonly headers?: Record<string, string> }
  | "away"
  | "never";
export type MadeApi = (request: Request, path: string) => Made;

/** The built pages, by path. */
export interface Site {
  readonly files: ReadonlyMap<string, Buffer>;
  /** Serves them and a made-up API to a browser, with the headers that they really have. */
  serve(to: BrowserContext | Page, api: MadeApi): Promise<void>;
}

/** Builds the pages once and keeps them in memory. */
export async function buildSite(): Promise<Site> {
  const directory = mkdtempSync(join(tmpdir(), "referendum-pages-"));
  const files = new Map<string, Buffer>();
  try {
    await buildPages(directory);
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(directory.length), readFileSync(path));
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  const serveFile = (route: Route, path: string) => {
    const body = files.get(path === "/" ? "/index.html" : path);
    if (body === undefined) {
      return route.fulfill({ status: 404, headers: missingPageHeaders(), body: missingPage(homeFrom(path)) });
    }
    const headers = { ...pageHeaders(CACHE.page), "content-type": TYPES[extname(path)] ?? "text/html; charset=utf-8" };
    return route.fulfill({ status: 200, headers, body });
  };
  return {
    files,
    async serve(to, api) {
      await to.route("**/*", async (route) => {
        const url = new URL(route.request().url());
        if (url.origin !== SITE) return route.abort();
        if (!url.pathname.startsWith("/api/v1/")) return serveFile(route, url.pathname);
        const made = api(route.request(), url.pathname.slice("/api/v1/".length));
        if (made === "never") return;
        if (made === "away") return route.abort("connectionrefused");
        return route.fulfill({ status: made.status, json: made.json, headers: made.headers ?? {} });
      });
    },
  };
}
