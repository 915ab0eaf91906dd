import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeTemporaryDirectory } from "../../../machine/temporary-directory.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { Answer } from "../../support/api-client.ts";
import { makeRelease } from "../../support/drills/release.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";

// docs/runbook.md, "Drill: a wrong release". A start of other sources on the same data is a deploy.

/**
 * The settings of what is wrong: dead letters after three tries, two seconds apart, instead of 40 in two hours. What
 * works has the usual ones, as a batch of it may take longer than two seconds on a busy machine.
 */
const HASTY = {
  aggregate: { visibilityTimeoutSeconds: 2, maxReceiveCount: 3 },
  functions: { aggregate: { timeoutSeconds: 2 } },
};

let data: string;
let releases: string;
let env: TestEnvironment;
let running: StartedStack;

beforeAll(async () => {
  [data, releases] = [await makeTemporaryDirectory("stack"), await makeTemporaryDirectory("releases")];
  // As real releases break: SQL that does not fit the schema, and a setting that no template has.
  await makeRelease(join(releases, "wrong-sql"), "shared/stores/outcomes.ts", (source) =>
    source.replace("record_votes(", "record_decided_votes("),
  );
  await makeRelease(join(releases, "wrong-setting"), "functions/ingest/index.ts", (source) =>
    source.replace('required("VOTES_QUEUE_URL")', 'required("ACCEPTED_VOTES_QUEUE_URL")'),
  );
  await deploy();
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
  for (const directory of [data, releases]) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts a release on the data: this one, or a wrong one. */
async function deploy(root?: string): Promise<void> {
  const options = { dataDir: data, ...(root && { root, settings: HASTY }) };
  ({ environment: env, running } = await buildOwnEnvironment(options));
}

async function replaceBy(root?: string): Promise<void> {
  await env.close();
  await running.stop();
  await deploy(root);
}

function ops(...args: readonly string[]) {
  return runCommand("ops", [...args, "--data", env.stack.data_dir]);
}

async function logOf(name: string): Promise<string> {
  return (await runCommand("logs", [name, "--data", env.stack.data_dir])).stdout;
}

function castAll(lawId: string, voters: readonly Voter[]): Promise<Answer[]> {
  return Promise.all(voters.map((voter) => env.api.vote({ lawId, voter })));
}

test("when an aggregate that fails every batch is rolled back, every accepted vote is counted", {
  tags: ["faults", "slow"],
}, async () => {
  const { lawId, voters } = await env.newLaw(450);
  const before = await castAll(lawId, voters.slice(0, 50));
  await env.decided(before);

  await replaceBy(join(releases, "wrong-sql"));
  const during = await castAll(lawId, voters.slice(50, 350));
  expect(new Set(during.map(({ status }) => status))).toEqual(new Set([202]));
  await env.until(
    "its votes are dead letters",
    async () => (await queueDepths(env.target)).outcomesDeadLetters === 300,
  );
  const late = await castAll(lawId, voters.slice(350));
  expect((await env.api.receipt(during[0]?.field("request_id") ?? "")).json).toMatchObject({ status: "received" });
  const status = await runCommand("status", ["--data", env.stack.data_dir]);
  expect(status.stdout).toMatch(/3\d\d|400/);
  expect(await logOf("aggregate")).toMatch(/function record_decided_votes\(.*does not exist/);
  // To Lambda that is an error of the function, which CodeDeploy watches.
  expect(await logOf("front")).toMatch(/aggregate: a batch of \d+ failed: nothing of a batch of \d+ was done/);

  await replaceBy();
  const rolledBackMs = Date.now();
  expect(await ops("redrive")).toMatchObject({
    code: 0,
    // Where the commands above were slow, the late votes have become dead letters as well.
    stdout: expect.stringMatching(/^outcomes: (3\d\d|400) dead letters/m),
  });
  expect(await ops("drain")).toMatchObject({ code: 0, stdout: "The queues are empty.\n" });
  const answers = [...before, ...during, ...late];
  expect(new Set(await env.decided(answers))).toEqual(new Set(["counted"]));
  console.log(`rolled back: 400 dead letters and waiting votes counted in ${(Date.now() - rolledBackMs) / 1000} s`);
  const accepted = join(data, "accepted.txt");
  await writeFile(accepted, answers.map((answer) => answer.field("request_id")).join("\n"));
  const verdict = await ops("reconcile", "--accepted", accepted);
  expect(verdict).toMatchObject({ code: 0, stdout: expect.stringContaining("The ledger is clean.") });
  expect(verdict.stdout).not.toContain("Note:");
  expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 450 });
});

test("when an ingest that cannot start is rolled back, it has accepted nothing, and voters who send again are counted", {
  tags: ["faults", "slow"],
}, async () => {
  const { lawId, voters } = await env.newLaw(20);
  await replaceBy(join(releases, "wrong-setting"));
  const refused = await castAll(lawId, voters);
  for (const { status, headers, json } of refused) {
    // The gateway's own answer: the function failed, and did not answer 503 as if a service were away.
    expect([status, headers.get("content-type"), headers.get("retry-after")]).toEqual([
      503,
      "application/problem+json",
      "1",
    ]);
    expect(json).toMatchObject({ detail: expect.stringContaining("The request could not be confirmed.") });
    expect(json).not.toHaveProperty("request_id");
  }
  expect(await logOf("ingest")).toContain("the environment variable ACCEPTED_VOTES_QUEUE_URL is not set");

  await replaceBy();
  expect(new Set(await env.decided(await castAll(lawId, voters)))).toEqual(new Set(["counted"]));
  expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 20 });
  expect(await ops("reconcile")).toMatchObject({ code: 0, stdout: expect.stringContaining("The ledger is clean.") });
});
