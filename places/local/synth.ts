import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { bundleFunctions } from "../../infra/bundles.ts";
import { buildPages } from "../../infra/pages.ts";
import type { StepLog } from "../../terminal/steps.ts";
import { cacheDirectory } from "./cache.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = cacheDirectory(ROOT);
/** The sources of the bundles. */
export const BUNDLE_INPUTS = [
  "infra/bundles.ts",
  "infra/functions.ts",
  "functions",
  "operations",
  "shared",
  "docs/openapi.json",
  "package-lock.json",
];
/** The sources of the voters' pages. */
const PAGE_INPUTS = ["infra/pages.ts", "web", "client", "shared/domain", "package-lock.json"];
/** Further sources of a synthesized template. */
export const INPUTS = [
  "infra",
  "functions",
  "operations",
  "shared",
  "web",
  "client",
  "docs/openapi.json",
  "package-lock.json",
  "cdk.json",
];
/** Results that are kept: one of each for most releases that somebody goes back and forth between. */
const KEPT = 24;

/**
 * Synthesizes the `local` stage and bundles its functions, or finds the result of an earlier start with the same
 * sources.
 *
 * @param settings JSON that overrides the stage's settings
 * @returns the folder of the synthesized template and its assets
 * @throws Error with the output of the CDK app
 */
export async function synthesize(settings: string, progress: StepLog): Promise<string> {
  const directory = join(CACHE, `local-${await fingerprint(settings, INPUTS)}`);
  if (await isKept(directory)) return directory;
  await progress.step("synthesizing the local stage and bundling its functions", async () => {
    const [bundles, pages] = await Promise.all([bundled(), builtPages()]);
    await make(directory, (draft) => runApp(settings, { bundles, pages }, draft));
  });
  await forgetOld();
  return directory;
}

/** The bundles of these sources, which are the same whatever the settings are. */
async function bundled(): Promise<string> {
  const directory = join(CACHE, `functions-${await fingerprint("", BUNDLE_INPUTS)}`);
  if (!(await isKept(directory))) {
    await make(directory, async (draft) => void (await bundleFunctions({ outputDirectory: draft })));
  }
  return directory;
}

/** The pages of these sources. */
async function builtPages(): Promise<string> {
  const directory = join(CACHE, `pages-${await fingerprint("", PAGE_INPUTS)}`);
  if (!(await isKept(directory))) await make(directory, buildPages);
  return directory;
}

/** Whether an earlier start made it. If so it counts as used now. */
async function isKept(directory: string): Promise<boolean> {
  if (!existsSync(directory)) return false;
  await utimes(directory, new Date(), new Date());
  return true;
}

/** Fills a folder that nobody sees before it is complete. */
async function make(directory: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${directory}.${process.pid}.tmp`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  try {
    await fill(draft);
    // Another start may have been faster with the same sources.
    if (!existsSync(directory)) await rename(draft, directory);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Runs the app as the CDK command does, without the command, which takes time to start. */
async function runApp(
  settings: string,
  built: { readonly bundles: string; readonly pages: string },
  outputDirectory: string,
): Promise<void> {
  const { context } = cdkJson.parse(JSON.parse(await readFile(join(ROOT, "cdk.json"), "utf8")));
  const child = spawn(process.execPath, [join(ROOT, "infra", "app.ts")], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: outputDirectory,
      // The CDK's rules about templates take much CPU. tests/infra applies them to this stage too, and the runtime
      // refuses a template that it does not understand.
      CDK_VALIDATION: "false",
      // The metadata say where each function's bundle lies; the CDK command asks for them too.
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        ...built,
        "aws:cdk:enable-asset-metadata": true,
        stage: "local",
        settings,
      }),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the local stage cannot be synthesized: ${said.trim()}`);
}

async function fingerprint(settings: string, inputs: readonly string[]): Promise<string> {
  const hash = createHash("sha256").update(settings).update(process.version);
  for (const input of inputs) await addTo(hash, join(ROOT, input));
  return hash.digest("hex").slice(0, 20);
}

async function addTo(hash: ReturnType<typeof createHash>, path: string): Promise<void> {
  const name = relative(ROOT, path);
  if ((await stat(path)).isDirectory()) {
    for (const entry of (await readdir(path)).sort()) await addTo(hash, join(path, entry));
    return;
  }
  hash
    .update(name)
    .update("\0")
    .update(await readFile(path))
    .update("\0");
}

/** Keeps the most recently used results. */
async function forgetOld(): Promise<void> {
  const names = (await readdir(CACHE)).filter((name) => /^(local|functions|pages)-[0-9a-f]+$/.test(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ path: join(CACHE, name), used: (await stat(join(CACHE, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.used - a.used);
  const hourAgo = Date.now() - 3_600_000;
  for (const { path, used } of aged.slice(KEPT)) {
    // A result that was used within the last hour is kept, because a stack may be starting from it.
    if (used < hourAgo) await rm(path, { recursive: true, force: true });
  }
}
