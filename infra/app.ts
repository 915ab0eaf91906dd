/**
 * The CDK app: `npx cdk synth -c stage=local|localstack|dev|prod`, with settings changed for a single run by `-c
 * settings='{"api":{"throttleRate":20}}'`. It sends no request to an account.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { buildApplication } from "./application.ts";
import { bundleFunctions } from "./bundles.ts";
import { buildPages } from "./pages.ts";
import { STAGE_NAMES, settingsOf } from "./stages.ts";

const app = new App();
const temporary = mkdtempSync(join(tmpdir(), "referendum-app-"));
try {
  const settings = settingsOf(stageName(), overrides());
  // `-c bundles=DIR`: functions that are bundled already.
  const bundleDirectory = textOf("bundles") ?? (await bundleFunctions());
  // `-c pages=DIR`: pages that are built already. Otherwise they are built for this run; the assembly gets a copy.
  const pagesDirectory = textOf("pages") ?? join(temporary, "pages");
  if (pagesDirectory.startsWith(temporary)) await buildPages(pagesDirectory);
  buildApplication(app, settings, { bundleDirectory, pagesDirectory });
  app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

function textOf(key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === "string" ? value : undefined;
}

/** No stage is the default, because somebody who forgets to name one would deploy the wrong stage. */
function stageName(): string {
  const stage = textOf("stage");
  if (stage === undefined) throw new Error(`Name the stage: -c stage=${STAGE_NAMES.join("|")}.`);
  return stage;
}

/** The value of `-c settings=`: JSON on the command line, an object in cdk.json. */
function overrides(): unknown {
  const value: unknown = app.node.tryGetContext("settings") ?? {};
  if (typeof value !== "string") return value;
  // A variable of a pipeline that is not set.
  if (value.trim() === "") return {};
  try {
    return JSON.parse(value);
  } catch {
    throw new Error(`-c settings= takes JSON, such as '{"api":{"throttleRate":20}}', and not: ${value}`);
  }
}
