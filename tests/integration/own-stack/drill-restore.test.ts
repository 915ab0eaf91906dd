import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer } from "../../support/api-client.ts";
import { dump, lose, restore } from "../../support/database-dump.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import type { RunningStack } from "../../support/start-stack.ts";

/** The drill of "Restoring PostgreSQL to a point in time" (docs/runbook.md), with the commands that stand there. */

let env: TestEnvironment;
let running: RunningStack;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), `referendum-drill-${process.pid}-`));
  ({ environment: env, running } = await buildOwnEnvironment());
});
afterAll(async () => {
  await env.close();
  await running.stop();
  await rm(directory, { recursive: true, force: true });
});

async function ops(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand("ops", [...args, "--data", env.stack.data_dir]);
  if (code !== 0) throw new Error(`ops ${args.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

async function castAll(lawId: string, voters: readonly Voter[]): Promise<Answer[]> {
  const answers = await Promise.all(
    voters.map((voter, index) => env.api.vote({ lawId, voter, vote: index % 3 === 0 ? "non" : "oui" })),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
  return answers;
}

describe("PostgreSQL is lost under votes and restored from a dump", { tags: ["faults", "slow"] }, () => {
  test("Redis and receipts are brought back from it; what came after the dump is listed, and can be voted again", async () => {
    const { lawId, voters } = await env.newLaw(600);
    const first = await castAll(lawId, voters.slice(0, 200));
    await env.decided(first);
    // Some of these are in the dump, others on their way.
    const under = castAll(lawId, voters.slice(200, 500));
    await dump(env.target.pool, directory);
    const during = await under;
    const last = await castAll(lawId, voters.slice(500));
    const answers = [...first, ...during, ...last];
    expect(new Set(await env.decided(answers))).toEqual(new Set(["counted"]));
    await ops("freeze", lawId);
    await ops("drain");

    await lose(env.target.pool);
    await restore(env.target.pool, directory);
    const { rows } = await env.target.pool.query<{ request_id: string }>("select request_id from vote_audit");
    const kept = new Set(rows.map((row) => row.request_id));
    const idOf = (answer: Answer) => answer.field("request_id");
    const gone = answers.map(idOf).filter((requestId) => !kept.has(requestId));
    // Everything decided before the dump is in it, everything cast after it is not.
    expect(first.every((answer) => kept.has(idOf(answer)))).toBe(true);
    expect(gone).toEqual(expect.arrayContaining(last.map(idOf)));

    await ops("rebuild-roll", "--all");
    const file = join(directory, "orphans.csv");
    await ops("restore-receipts", "--orphans", file);
    const [heading, ...lines] = (await readFile(file, "utf8")).trim().split("\n");
    expect(heading).toBe("request_id,law_id,status");
    expect(lines.sort()).toEqual(gone.map((requestId) => `${requestId},${lawId},counted`).sort());
    // Until that is done the ledger says what is wrong; afterwards it is clean.
    await expect(ops("reconcile")).rejects.toThrow(/ended with 1/);
    await ops("restore-receipts", "--orphans", file, "--remove");
    await ops("reconcile");
    await ops("unfreeze", lawId);

    let again: Answer[] = [];
    await env.until("votes are taken again", async () => {
      again = await Promise.all(voters.map((voter) => env.api.vote({ lawId, voter })));
      return again.every((answer) => answer.status === 202);
    });
    const statuses = await env.decided(again);
    expect(statuses.filter((status) => status === "counted")).toHaveLength(gone.length);
    expect(statuses.filter((status) => status === "duplicate")).toHaveLength(voters.length - gone.length);
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: voters.length });
    await env.checkLedger();
  });
});
