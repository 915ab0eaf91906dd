import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueState } from "../../../commands/ledger/queues.ts";
import { existingLaws } from "../../../commands/roll/load-file.ts";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";
import type { RunningStack } from "../../support/start-stack.ts";

/** The drill of "Alarm: dead letters" (docs/runbook.md), with the command that stands there. */

const ROOT = resolve(import.meta.dirname, "../../..");
const VOTERS = 9_000;
const SECOND_VOTES = 995;
const UNREADABLE = 5;
const REDRIVE = ["redrive", "votes"];

let env: TestEnvironment;
let running: RunningStack;
beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment());
});
afterAll(async () => {
  await env.close();
  await running.stop();
});

/** Votes as ingest puts them on their queue. */
async function messages(lawId: string, voters: readonly Voter[]): Promise<{ ids: string[]; bodies: string[] }> {
  const [law] = await existingLaws(env.target, [lawId]);
  if (law === undefined) throw new Error(`no law ${lawId}`);
  const keys = await env.target.keys();
  const now = Date.now();
  const votes = voters.map((voter, index) => {
    const id = uuidV7(now, crypto.getRandomValues(new Uint8Array(10)));
    const requestId = issueRequestId(id, lawId, law.keyVersion, keys.ofVersion(law.keyVersion).requestIdMac);
    const body = writeVote({
      requestId,
      lawId,
      voterHash: voterHash(voter.nas, voter.code, lawId, keys.pepper(law.pepperId)).toString("hex"),
      choice: index % 3 === 0 ? "non" : "oui",
      acceptedAt: new Date(now).toISOString(),
      pepperId: law.pepperId,
    });
    return { requestId, body };
  });
  return { ids: votes.map(({ requestId }) => requestId), bodies: votes.map(({ body }) => body) };
}

describe("ten thousand votes on the dead-letter queue", { tags: ["faults", "slow"] }, () => {
  test("are redriven, interrupted and redriven again: each is counted once or has a reason, none is left", async () => {
    const { lawId, voters } = await env.newLaw(VOTERS);
    const { ids, bodies } = await messages(lawId, [...voters, ...voters.slice(0, SECOND_VOTES)]);
    const unreadable = Array.from({ length: UNREADABLE }, (_, index) => `not a vote ${index}`);
    await putOn(env.target, "votesDeadLetters", [...bodies, ...unreadable]);
    expect((await deadLetters()).total).toBe(10_000);

    await interrupt("SIGINT", 8_000);
    // It gives back what it had taken, so that the next one has all of it at once.
    expect(await deadLetters()).toMatchObject({ underWay: 0 });
    await interrupt("SIGKILL", 4_000);
    // What a killed one had taken comes back by itself, ten minutes later.
    const { underWay: hidden } = await deadLetters();
    expect(hidden).toBeLessThanOrEqual(10 + UNREADABLE);

    const startedAt = performance.now();
    const { code, stdout } = await runCommand("ops", [...REDRIVE, "--data", env.stack.data_dir, "--json"]);
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(code).toBe(0);
    const { moved } = JSON.parse(stdout).votes;
    console.log(`${moved} dead letters redriven in ${seconds.toFixed(1)} s`);

    const left = (await deadLetters()).total;
    expect(left).toBeGreaterThanOrEqual(UNREADABLE);
    expect(left).toBeLessThanOrEqual(UNREADABLE + hidden);
    const decided = ids.length + UNREADABLE - left;
    await env.until("every vote is decided that was redriven", async () => (await audited()).total >= decided);
    const { counted, duplicate, total } = await audited();
    expect([counted + duplicate, total]).toEqual([decided, decided]);
    expect(counted).toBeLessThanOrEqual(VOTERS);
    await env.checkLedger();
  });

  async function deadLetters() {
    const { waiting, underWay } = await queueState(env.target, "votesDeadLetters");
    return { underWay, total: waiting + underWay };
  }

  async function audited() {
    const { rows } = await env.target.pool.query<{ status: string; n: number }>(
      "select status, count(*)::int as n from vote_audit group by status",
    );
    const of = (status: string) => rows.find((row) => row.status === status)?.n ?? 0;
    return { counted: of("counted"), duplicate: of("duplicate"), total: rows.reduce((sum, { n }) => sum + n, 0) };
  }

  /** Begins a redrive, and ends it once no more than so many are left. */
  async function interrupt(signal: NodeJS.Signals, leftAtMost: number): Promise<void> {
    const command = [join(ROOT, "bin/ops.ts"), ...REDRIVE, "--data", env.stack.data_dir];
    const child = spawn(process.execPath, command, { stdio: "ignore" });
    const ended = once(child, "exit");
    await env.until("a part of them is moved", async () => (await deadLetters()).total <= leftAtMost);
    child.kill(signal);
    await ended;
    // It was at work when it was ended: there was more to move.
    expect((await deadLetters()).total).toBeGreaterThan(10 + UNREADABLE);
  }
});
