import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { processExists } from "../../../machine/processes.ts";
import { makeTemporaryDirectory } from "../../../machine/temporary-directory.ts";
import { announce } from "../../../places/local/announce.ts";
import { localStatus } from "../../../places/local/local-status.ts";
import { firstDescription, type StartedStack } from "../../../places/local/starter.ts";
import { verifyRequestId } from "../../../shared/domain/request-id.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import type { Answer } from "../../support/api-client.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";

let directory: string;
let env: TestEnvironment;
let running: StartedStack;
/** Request ids of every 202 so far: they outlive each stack. */
const accepted: string[] = [];

async function start(fresh = false): Promise<void> {
  ({ environment: env, running } = await buildOwnEnvironment({ dataDir: directory, fresh }));
}

/** Posts until the stack is gone, and keeps what was accepted. */
async function burst(lawId: string, voters: readonly Voter[]) {
  const answers: Answer[] = [];
  await Promise.all(
    voters.map(async (voter) => {
      try {
        const answer = await env.api.vote({ lawId, voter });
        if (answer.status === 202) answers.push(answer);
      } catch (error) {
        // The connection was refused or cut: such a vote may or may not have been accepted.
        if (!(error instanceof TypeError)) throw error;
      }
    }),
  );
  accepted.push(...answers.map((answer) => answer.field("request_id")));
  return answers;
}

beforeAll(async () => {
  directory = await makeTemporaryDirectory("stack");
  await start();
});
afterAll(async () => {
  await running?.stop();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

describe("npm start", { tags: ["faults", "slow"] }, () => {
  let lawId = "";
  let voters: readonly Voter[] = [];

  test("names a port that is taken, and what to do", async () => {
    const { port } = new URL(env.stack.api_url);
    const other = join(directory, "other");
    const { code, stderr, stdout } = await runCommand("local", ["--json", "--port", port, "--data", other]);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toContain(port);
    expect(stderr).toMatch(/--port/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("names the stack that has its data directory already", async () => {
    const { code, stderr } = await runCommand("local", ["--json", "--port", "0", "--data", directory]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(String(running.process.pid));
    expect(stderr).toMatch(/--data/);
  });

  test("stopped by Ctrl-C in the middle of a burst has lost nothing when it starts again", async () => {
    ({ lawId, voters } = await env.newLaw(300));
    const posting = burst(lawId, voters.slice(0, 200));
    await env.until("some votes are in", async () => (await env.api.request("GET", "/api/v1/results")).status === 200);
    const stopping = running.stop("SIGINT");
    const answers = await posting;
    await stopping;
    expect(running.process.exitCode).toBe(0);
    await env.close();
    await start();
    expect(new Set(await env.decided(answers))).toEqual(new Set(answers.length > 0 ? ["counted"] : []));
    await env.checkLedger(accepted);
  });

  test("killed (kill -9) in the middle of a burst has lost nothing when it starts again", async () => {
    const posting = burst(lawId, voters.slice(200));
    const killed = running.stop("SIGKILL");
    const answers = await posting;
    await killed;
    await env.close();
    await start();
    expect(await env.decided(answers)).toEqual(answers.map(() => "counted"));
    await env.checkLedger(accepted);
  });

  test("ends with all its processes when npm receives a signal", async () => {
    const data = join(directory, "by-npm");
    const npm = spawn("npm", ["start", "--silent", "--", "--json", "--port", "0", "--data", data, "--no-sample"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(npm, "exit");
    try {
      await firstDescription(npm);
      const { functions, ...services } = (await localStatus(data)).pids;
      const pids = [...Object.values(services), ...Object.values(functions).flat()].filter(
        (pid): pid is number => typeof pid === "number",
      );
      expect(pids.filter(processExists)).toEqual(pids);
      npm.kill("SIGTERM");
      await exited;
      expect(pids.filter(processExists)).toEqual([]);
    } finally {
      npm.kill("SIGTERM");
      await exited;
    }
  });

  test("goes on from a data directory of an earlier release, with its one seed and no users of Redis", async () => {
    const data = join(directory, "earlier");
    await mkdir(data);
    const seed = JSON.stringify({ version: 1, seed: "the seed of an earlier release, longer than 32" });
    await writeFile(join(data, "keys.json"), JSON.stringify({ "Referendum-local-StoresKeys0123ABCD": seed }));
    await writeFile(join(data, "passwords.json"), JSON.stringify({ admin: "admin-before", owner: "owner-before" }));
    const earlier = await buildOwnEnvironment({ dataDir: data });
    try {
      const { lawId, voters } = await earlier.environment.newLaw(1);
      const vote = await earlier.environment.api.vote({ lawId, voter: voters[0] });
      expect(await earlier.environment.decided([vote])).toEqual(["counted"]);
      const { requestIdMac } = Keys.fromSecrets({ requestIdMac: seed });
      expect(verifyRequestId(vote.field("request_id"), requestIdMac)).toMatchObject({ lawId });
      await earlier.environment.checkLedger();
    } finally {
      await earlier.environment.close();
      await earlier.running.stop();
    }
  });

  test("prints a line to vote with, of a sample voter who has not voted yet", async () => {
    const sample = await buildOwnEnvironment({ sample: true });
    try {
      const printed = async () => /-d '(\{.*\})'/.exec(await announce(sample.running.description, 1, {}))?.[1] ?? "";
      const first = await printed();
      expect(await printed()).toBe(first);
      const answer = await sample.environment.api.post(first);
      expect(answer.status).toBe(202);
      expect(await sample.environment.decided([answer])).toEqual(["counted"]);
      const second = await printed();
      expect(JSON.parse(second)).toMatchObject({ law_id: JSON.parse(first).law_id });
      expect(second).not.toBe(first);
    } finally {
      await sample.environment.close();
      await sample.running.stop();
    }
  });

  test("runs beside another one", async () => {
    const second = await buildOwnEnvironment();
    try {
      const here = await env.newLaw(1);
      const there = await second.environment.newLaw(1);
      const mine = await env.api.vote({ lawId: here.lawId, voter: here.voters[0] });
      const theirs = await second.environment.api.vote({ lawId: there.lawId, voter: there.voters[0] });
      expect(await env.decided([mine])).toEqual(["counted"]);
      expect(await second.environment.decided([theirs])).toEqual(["counted"]);
      expect((await second.environment.api.results(here.lawId)).status).toBe(404);
      await second.environment.checkLedger();
    } finally {
      await second.environment.close();
      await second.running.stop();
    }
  });

  test("begins anew with --fresh: nothing of what operators and voters did before is there", async () => {
    const before = await env.newLaw(1);
    await running.stop();
    await env.close();
    await start(true);
    expect((await env.api.request("GET", `/api/v1/laws/${before.lawId}`)).status).toBe(404);
    const after = await env.newLaw(1);
    const vote = await env.api.vote({ lawId: after.lawId, voter: after.voters[0] });
    expect(await env.decided([vote])).toEqual(["counted"]);
  });
});
