import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { unfit } from "../../../bin/run.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
const read = <T>(schema: z.ZodType<T>, file: string): T =>
  schema.parse(JSON.parse(readFileSync(resolve(ROOT, file), "utf8")));

const manifest = read(
  z.object({ allowScripts: z.record(z.string(), z.boolean()), overrides: z.record(z.string(), z.string()) }),
  "package.json",
);
const { packages } = read(
  z.object({
    packages: z.record(
      z.string(),
      z.object({
        hasInstallScript: z.boolean().default(false),
        dependencies: z.record(z.string(), z.string()).default({}),
      }),
    ),
  }),
  "package-lock.json",
);

/** npm 10 knows no allowScripts and runs every script: these two compile or print, and fail nothing. */
const HARMLESS = ["protobufjs", "unix-dgram"];

test("no package has an unwanted install script, because npm 10 runs all of them", () => {
  const withScript = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length));
  const wanted = Object.entries(manifest.allowScripts).flatMap(([name, allowed]) => (allowed ? [name] : []));
  expect([...new Set(withScript)].sort()).toEqual([...wanted, ...HARMLESS].sort());
});

test("the package in place of Playwright's browser download has the version that Artillery requires", () => {
  const version = packages["node_modules/artillery"]?.dependencies["playwright"];
  expect(version).toBeDefined();
  expect(manifest.overrides).toEqual({ "@playwright/browser-chromium": `npm:playwright-core@${version}` });
});

test.each([
  ["a folder whose name ends PATH's entries", "/home/x/a:b", "linux", "2.36", '":"'],
  ["musl", "/home/x", "linux", undefined, "Alpine"],
])("%s is reported in one sentence", (_what, root, platform, glibc, word) => {
  expect(unfit(root, platform, glibc)).toContain(word);
});

test.each([
  ["/home/x y/référendum", "linux", "2.36"],
  ["/home/x/a%20b", "linux", "2.36"],
  ["/Users/x", "darwin", undefined],
])("%s on %s is right", (root, platform, glibc) => {
  expect(unfit(root, platform, glibc)).toBeUndefined();
});
