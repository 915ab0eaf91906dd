import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { queueDepths, queueState } from "../../../operations/queues/depths.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { auditOf, writeVotes } from "../../support/drills/votes.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment } from "../../support/environment.ts";
import { type Ended, type Running, runCommand, startCommand } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";

// docs/runbook.md, "Drill: dead letters".

const VOTERS = 9_000;
const TWICE = 500;
const STRANGERS = 500;
const LETTERS = VOTERS + TWICE + STRANGERS;

let env: TestEnvironment;
let running: StartedStack;

beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment());
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

function ops(...args: readonly string[]) {
  return runCommand("ops", [...args, "--data", env.stack.data_dir]);
}

async function dead(): Promise<number> {
  return (await queueDepths(env.target)).votesDeadLetters;
}

/** Starts a redrive, and does something to it once this many dead letters are left. */
async function redriveUntil(left: number, then: (redrive: Running) => void | Promise<void>) {
  const redrive = startCommand("ops", ["redrive", "votes", "--json", "--data", env.stack.data_dir]);
  let early: Ended | undefined;
  void redrive.ended.then((ended) => {
    early = ended;
  });
  await env.until(`${left} dead letters are left`, async () => early !== undefined || (await dead()) <= left, 90_000);
  expect(early, "the redrive has ended before").toBeUndefined();
  await then(redrive);
  return redrive.ended;
}

/** Kills the function that redrives, while it holds messages. */
async function killFunctionInABatch(): Promise<void> {
  const { stdout } = await runCommand("status", ["--json", "--data", env.stack.data_dir]);
  const pids = z.object({ pids: z.object({ functions: z.object({ operate: z.array(z.number()) }) }) });
  const { operate } = pids.parse(JSON.parse(stdout)).pids.functions;
  const all = (signal: NodeJS.Signals) => {
    for (const pid of operate) process.kill(pid, signal);
  };
  await env.until("the function holds dead letters", async () => {
    all("SIGSTOP");
    const { underWay } = await queueState(env.target, "votesDeadLetters");
    if (underWay === 0) all("SIGCONT");
    return underWay > 0;
  });
  all("SIGKILL");
}

test(`${LETTERS} dead letters come back once each, by a redrive that is interrupted, and whose function is killed`, {
  tags: ["faults", "slow"],
}, async () => {
  const { lawId, voters } = await env.newLaw(VOTERS);
  const votes = await writeVotes(env, lawId, [...voters, ...voters.slice(0, TWICE), ...newVoters(STRANGERS)]);
  await putOn(
    env.target,
    "votesDeadLetters",
    votes.map(({ body }) => body),
  );
  const startedMs = Date.now();

  const interrupted = await redriveUntil(8_000, (redrive) => redrive.kill("SIGINT"));
  expect(interrupted).toMatchObject({ code: 130, stderr: expect.stringMatching(/Interrupted after \d+ messages/) });
  const leftByInterrupted = await dead();
  expect(leftByInterrupted).toBeGreaterThan(0);

  // The step that is under way is answered by nobody, and is sent again. What the killed function had received is
  // hidden for some seconds: the command moves the others, says so, and is run again.
  let last = await redriveUntil(Math.min(4_000, leftByInterrupted - 10), killFunctionInABatch);
  const { hidden } = JSON.parse(last.stdout).votes;
  expect(last.code).toBe(hidden === 0 ? 0 : 3);
  expect(hidden).toBeLessThanOrEqual(10);
  const redrivenSeconds = (Date.now() - startedMs) / 1000;
  await env.until("a redrive finds nothing hidden", async () => {
    if (last.code === 3) last = await ops("redrive", "--json");
    return last.code === 0;
  });
  expect(await dead()).toBe(0);

  expect(await ops("drain")).toMatchObject({ code: 0 });
  console.log(`${LETTERS} dead letters: sent back in ${redrivenSeconds} s, ${hidden} of them hidden by the kill`);
  expect(await auditOf(env, lawId)).toEqual({ counted: VOTERS, duplicate: TWICE, invalid: STRANGERS });
  const accepted = join(env.stack.data_dir, "accepted.txt");
  await writeFile(accepted, votes.map(({ id }) => id).join("\n"));
  const verdict = await ops("reconcile", "--accepted", accepted);
  expect(verdict).toMatchObject({ code: 0, stdout: expect.stringContaining("The ledger is clean.") });
});
