import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../../infra/bundles.ts";
import { runProgram } from "../../../machine/programs.ts";
import { clientOptions } from "../../../places/localstack/settings.ts";
import { awsTools } from "../../support/aws-tools/aws-tools.ts";
import { startedLocalStack } from "../../support/localstack-faults.ts";
import type { PythonTool } from "../../support/python-tool.ts";

/** A stage that is nobody's: the page's commands name a function of it. */
const STAGE = "alias-back";
const NAME = `referendum-${STAGE}-aggregate`;
const ALIAS = { FunctionName: NAME, Name: "live" };
const WAIT_SECONDS = 120;
const TRIES = 20;

const { endpoint } = startedLocalStack().state;
const options = clientOptions(endpoint);
const client = new LambdaClient(options);
let folder: string;
let tools: PythonTool;

/** The page's commands for an alarm that refuses the deployment: what is live, and back to a version. */
function commandsOfPage(): { readonly look: string; readonly back: string } {
  const page = readFileSync(join(PROJECT_ROOT, "docs/runbook.md"), "utf8");
  const [, section = ""] = page.split("**While an alarm of a function's deployment group is on");
  const [look, back] = [...section.matchAll(/^ {3}```sh\n([\s\S]*?)^ {3}```$/gm)]
    .map(([, code = ""]) => code)
    .filter((code) => code.includes("aws lambda "));
  if (look === undefined || back === undefined) throw new Error("docs/runbook.md has no commands for the alias");
  return { look, back };
}

/** Types something in a shell as an operator does, with the AWS command line. */
async function type(python: string, code: string): Promise<string[]> {
  const lines: string[] = [];
  const env = {
    PATH: `${folder}:${process.env["PATH"]}`,
    HOME: folder,
    STAGE,
    PYTHON: python,
    AWS_ENDPOINT_URL: endpoint,
    AWS_DEFAULT_REGION: options.region,
    AWS_ACCESS_KEY_ID: options.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
  };
  const ended = await runProgram("bash", ["-euc", code], { env, onLine: (line) => lines.push(line) });
  expect({ code: ended.code, tail: ended.code === 0 ? [] : ended.tail }).toEqual({ code: 0, tail: [] });
  return lines;
}

/** A function's code, which says which release it is. */
async function zipOf(python: string, release: string): Promise<Buffer> {
  writeFileSync(join(folder, "index.mjs"), `export const handler = async () => "${release}";\n`);
  const file = join(folder, `${release}.zip`);
  const { code } = await runProgram(python, ["-m", "zipfile", "-c", file, join(folder, "index.mjs")]);
  expect(code).toBe(0);
  return readFileSync(file);
}

/** Which releases answer. */
async function whoAnswers(): Promise<string[]> {
  const releases = new Set<string>();
  for (let tried = 0; tried < TRIES; tried++) {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: NAME, Qualifier: ALIAS.Name }),
    );
    expect(FunctionError).toBeUndefined();
    releases.add(JSON.parse(Buffer.from(Payload ?? []).toString()));
  }
  return [...releases].sort();
}

/** Two releases, of which the newer one has all traffic. */
async function deployTwo(python: string): Promise<void> {
  await client.send(
    new CreateFunctionCommand({
      FunctionName: NAME,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: "arn:aws:iam::000000000000:role/nobody",
      Code: { ZipFile: await zipOf(python, "older") },
    }),
  );
  const waiter = { client, maxWaitTime: WAIT_SECONDS };
  await waitUntilFunctionActiveV2(waiter, { FunctionName: NAME });
  const older = await client.send(new PublishVersionCommand({ FunctionName: NAME }));
  await client.send(new CreateAliasCommand({ ...ALIAS, FunctionVersion: older.Version }));
  const ZipFile = await zipOf(python, "newer");
  await client.send(new UpdateFunctionCodeCommand({ FunctionName: NAME, ZipFile }));
  await waitUntilFunctionUpdatedV2(waiter, { FunctionName: NAME });
  const newer = await client.send(new PublishVersionCommand({ FunctionName: NAME }));
  expect([older.Version, newer.Version]).toEqual(["1", "2"]);
  await client.send(new UpdateAliasCommand({ ...ALIAS, FunctionVersion: newer.Version }));
}

describe("a rollback while its alarm is on", { tags: ["localstack"], timeout: 4 * WAIT_SECONDS * 1_000 }, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "referendum-alias-back-"));
    tools = await awsTools();
    writeFileSync(join(folder, "aws"), '#!/bin/bash\nexec "$PYTHON" -m awscli "$@"\n');
    chmodSync(join(folder, "aws"), 0o755);
    if ("python" in tools) await deployTwo(tools.python);
  });
  afterAll(async () => {
    await client.send(new DeleteFunctionCommand({ FunctionName: NAME })).catch((error: unknown) => {
      if (!(error instanceof Error && error.name === "ResourceNotFoundException")) throw error;
    });
    client.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  test("the runbook's commands bring the version before back for all requests", async ({ skip }) => {
    if ("absent" in tools) return skip(`left out: ${tools.absent}`);
    expect(await whoAnswers()).toEqual(["newer"]);

    const { look, back } = commandsOfPage();
    const seen = await type(tools.python, look);
    expect(seen.join("\n")).toMatch(/"FunctionVersion": "2"/);
    // A line for each version: its number and when it was made.
    const versions = seen.map((line) => /^(\$LATEST|\d+)\t\S+$/.exec(line)?.[1]).filter((it) => it !== undefined);
    expect(versions).toEqual(["$LATEST", "1", "2"]);

    const before = back.replace("--function-version N", "--function-version 1");
    expect(before).not.toBe(back);
    await type(tools.python, `${look.split("\n")[0]}\n${before}`);
    expect(await whoAnswers()).toEqual(["older"]);
  });

  test("they also end a shift between two versions", async ({ skip }) => {
    if ("absent" in tools) return skip(`left out: ${tools.absent}`);
    // UpdateAlias with weights is an internal error of LocalStack 4.14.0.
    await client.send(new DeleteAliasCommand(ALIAS));
    await client.send(
      new CreateAliasCommand({
        ...ALIAS,
        FunctionVersion: "1",
        RoutingConfig: { AdditionalVersionWeights: { 2: 0.5 } },
      }),
    );
    expect(await whoAnswers()).toEqual(["newer", "older"]);
    const { look, back } = commandsOfPage();
    await type(tools.python, `${look.split("\n")[0]}\n${back.replace("--function-version N", "--function-version 1")}`);
    expect(await whoAnswers()).toEqual(["older"]);
  });
});
