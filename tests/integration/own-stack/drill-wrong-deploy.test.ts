import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueDepths } from "../../../commands/ledger/queues.ts";
import type { Answer } from "../../support/api-client.ts";
import { environmentOf, type TestEnvironment } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import { type RunningStack, startStack } from "../../support/start-stack.ts";

/** The drill of "A deployment that fails" (docs/runbook.md): a release whose aggregate records nothing, rolled back. */

const ROOT = resolve(import.meta.dirname, "../../..");
/** Everything that is bundled or run; what is installed is linked. */
const SOURCES = ["bin", "client", "commands", "functions", "infra", "load", "shared"];
const FILES = ["package.json", "package-lock.json", "tsconfig.json", "cdk.json"];
/** Ten minutes of a wrong release in seconds: messages come back after six times the function's own limit. */
const SETTINGS = {
  aggregate: { visibilityTimeoutSeconds: 6, maxReceiveCount: 2 },
  functions: { aggregate: { timeoutSeconds: 1 } },
};
const VOTERS = 300;

let directory: string;
let stack: RunningStack | undefined;
let env: TestEnvironment | undefined;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), `referendum-drill-${process.pid}-`));
});
afterAll(async () => {
  await env?.close();
  await stack?.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** A copy of the sources whose aggregate throws at every batch, as one does that expects another schema. */
async function wrongRelease(): Promise<string> {
  const root = join(directory, "wrong-release");
  for (const name of [...SOURCES, ...FILES]) await cp(join(ROOT, name), join(root, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  const file = join(root, "functions/aggregate/record.ts");
  const source = await readFile(file, "utf8");
  const right = "await recordAll(";
  expect(source).toContain(right);
  await writeFile(
    file,
    source.replace(right, `await Promise.reject(new Error("a wrong release")) ?? await recordAll(`),
  );
  return root;
}

/** Deploys a release over what runs, as a new one is: on the same data. */
async function deploy(root?: string): Promise<TestEnvironment> {
  await env?.close();
  await stack?.stop();
  const dataDir = join(directory, "data");
  stack = await startStack({
    dataDir,
    settings: SETTINGS,
    args: ["--no-sample"],
    ...(root === undefined ? {} : { root }),
  });
  env = environmentOf(stack.description);
  return env;
}

async function ops(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand("ops", [...args, "--data", join(directory, "data")]);
  if (code !== 0) throw new Error(`ops ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

describe("a release of aggregate that fails every batch", { tags: ["faults", "slow"] }, () => {
  test("is rolled back: nothing is in the dead-letter queue that does not come back, every vote is counted", async () => {
    const before = await deploy();
    const { lawId, voters } = await before.newLaw(VOTERS);
    const cast = (from: TestEnvironment, some: typeof voters | readonly (typeof voters)[number][]) =>
      Promise.all(some.map((voter, index) => from.api.vote({ lawId, voter, vote: index % 3 === 0 ? "non" : "oui" })));
    const first = await cast(before, voters.slice(0, 100));

    const wrong = await deploy(await wrongRelease());
    const second = await cast(wrong, voters.slice(100, 200));
    await wrong.until("its batches end as dead letters", async () => {
      return (await queueDepths(wrong.target)).outcomesDeadLetters >= 100;
    });
    const stuck = (await wrong.api.receipt(second[0]?.field("request_id") ?? "")).field("status");
    expect(stuck).toBe("received");

    const after = await deploy();
    const third = await cast(after, voters.slice(200));
    await ops("redrive", "outcomes");
    const answers: Answer[] = [...first, ...second, ...third];
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(new Set(await after.decided(answers))).toEqual(new Set(["counted"]));
    await ops("drain");
    expect(await queueDepths(after.target)).toMatchObject({ votesDeadLetters: 0, outcomesDeadLetters: 0 });
    await ops("reconcile");
    expect((await after.api.results(lawId)).json).toMatchObject({ total_votes: VOTERS });
  });
});
