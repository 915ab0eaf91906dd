import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { bundleFunctions } from "../../infra/bundles.ts";
import type { StepLog } from "../../terminal/steps.ts";
import { cacheDirectory } from "./cache.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const CACHE = cacheDirectory(ROOT);
const BUNDLES = join(CACHE, "functions");
/** What a synthesized template and its bundles are made from. */
const INPUTS = ["infra", "functions", "shared", "package-lock.json", "cdk.json"];
const KEPT = 8;

/**
 * Synthesizes the `local` stage and bundles its functions, or finds what an earlier start made of the same sources.
 *
 * @param settings JSON that overrides the stage's settings
 * @returns the folder of the synthesized template and its assets
 * @throws Error with what the CDK app said
 */
export async function synthesize(settings: string, progress: StepLog): Promise<string> {
  const directory = join(CACHE, `local-${await fingerprint(settings)}`);
  if (existsSync(directory)) {
    await utimes(directory, new Date(), new Date());
    return directory;
  }
  await progress.step("synthesizing the local stage and bundling its functions", async () => {
    const draft = `${directory}.${process.pid}.tmp`;
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true });
    try {
      await runApp(settings, draft);
      // Another start may have been faster with the same sources.
      if (!existsSync(directory)) await rename(draft, directory);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  await forgetOld();
  return directory;
}

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Runs the app as the CDK command does, without the command: that saves a second. */
async function runApp(settings: string, outputDirectory: string): Promise<void> {
  const { context } = cdkJson.parse(JSON.parse(await readFile(join(ROOT, "cdk.json"), "utf8")));
  // A checkout that cannot be written to has no place for the bundles that the app would make.
  const bundles = CACHE.startsWith(ROOT) ? {} : { bundles: await bundleFunctions({ outputDirectory: BUNDLES }) };
  const child = spawn(process.execPath, [join(ROOT, "infra", "app.ts")], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: outputDirectory,
      // The metadata say where each function's bundle lies; the CDK command asks for them too.
      CDK_CONTEXT_JSON: JSON.stringify({
        ...context,
        ...bundles,
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

async function fingerprint(settings: string): Promise<string> {
  const hash = createHash("sha256").update(settings).update(process.version);
  for (const input of INPUTS) await addTo(hash, join(ROOT, input));
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

/** Keeps the results used last. */
async function forgetOld(): Promise<void> {
  const names = (await readdir(CACHE)).filter((name) => /^local-[0-9a-f]+$/.test(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ path: join(CACHE, name), used: (await stat(join(CACHE, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.used - a.used);
  const hourAgo = Date.now() - 3_600_000;
  for (const { path, used } of aged.slice(KEPT)) {
    // One in use by a stack that was started within the hour is left alone.
    if (used < hourAgo) await rm(path, { recursive: true, force: true });
  }
}
