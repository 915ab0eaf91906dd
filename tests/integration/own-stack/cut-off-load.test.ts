import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand, startCommand } from "../../support/processes.ts";

/** Enough for some seconds of loading. */
const VOTERS = 60_000;

let env: TestEnvironment;
let running: StartedStack;

beforeAll(async () => {
  // Votes that waited come back soon, and do not become dead letters.
  const validate = { visibilityTimeoutSeconds: 4, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 2 } };
  ({ environment: env, running } = await buildOwnEnvironment({ settings: { validate, functions } }));
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

function voters(...args: readonly string[]) {
  return runCommand("voters", [...args, "--data", env.stack.data_dir]);
}

async function newFile(name: string): Promise<{ readonly path: string; readonly last: Voter }> {
  const text = [...credentialLines(VOTERS)].join("");
  const path = join(env.stack.data_dir, name);
  await writeFile(path, text, { mode: 0o600 });
  const [nas = "", code = ""] = text.trim().split("\n").at(-1)?.split(",") ?? [];
  return { path, last: { nas, code } };
}

async function linesDone(lawId: string): Promise<number> {
  const { rows } = await env.target.pool.query<{ n: string }>(
    "select lines_done as n from roll_work where law_id = $1",
    [lawId],
  );
  return Number(rows[0]?.n ?? 0);
}

test.for(["SIGKILL", "SIGINT"] as const)(
  "a load that %s ends: everything says so, the roll is not sealed, and the same file again completes it",
  { tags: ["faults"] },
  async (signal) => {
    const { lawId } = await env.newLaw(null);
    const file = await newFile(`members-${signal}.csv`);
    const load = startCommand("voters", ["load", "--law", lawId, "--file", file.path, "--data", env.stack.data_dir]);
    await env.until("some voters are loaded", async () => (await linesDone(lawId)) > 0);
    load.kill(signal);
    const ended = await load.ended;
    if (signal === "SIGINT") {
      expect(ended).toMatchObject({
        code: 130,
        stderr: expect.stringMatching(/a load of members-SIGINT.csv stopped at line/),
      });
    }
    expect(await linesDone(lawId)).toBeLessThan(VOTERS);

    const answer = await env.api.vote({ lawId, voter: file.last });
    expect(answer.status).toBe(202);
    const stopped = new RegExp(`not complete: a load of members-${signal}.csv stopped at line [\\d,]+`);
    await env.until("nobody is at work any more", async () =>
      stopped.test((await voters("count", "--law", lawId)).stdout),
    );
    for (const command of ["doctor", "status"]) {
      expect((await runCommand(command, ["--data", env.stack.data_dir])).stdout).toMatch(stopped);
    }
    const seal = () => voters("seal", lawId, "--expect", String(VOTERS));
    expect(await seal()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/a load of members.* stopped at line/),
    });
    expect((await env.api.receipt(answer.field("request_id"))).field("status")).toBe("received");

    expect(await voters("load", "--law", lawId, "--file", file.path)).toMatchObject({ code: 0 });
    expect(await seal()).toMatchObject({ code: 0, stdout: expect.stringMatching(/Its digest is [0-9a-f]{64}\n/) });
    expect(await env.decided([answer])).toEqual(["counted"]);
    await env.checkLedger([answer.field("request_id")]);
  },
);
