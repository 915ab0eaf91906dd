import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StartedStack } from "../../../places/local/starter.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { files } from "../../support/everything.ts";
import { runCommand } from "../../support/processes.ts";

let env: TestEnvironment;
let running: StartedStack;
let lawId: string;
let voter: Voter;
let requestId: string;
beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment({ settings: { logLevel: "DEBUG" } }));
  const law = await env.newLaw(1);
  lawId = law.lawId;
  voter = law.voters[0];
  const answer = await env.api.vote({ lawId, voter });
  requestId = answer.field("request_id");
  const again = await env.api.vote({ lawId, voter });
  await env.decided([answer, again]);
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
  await running?.stop();
});

const logs = (...args: string[]) => runCommand("logs", [...args, "--data", env.stack.data_dir]);
const linesOf = (text: string) => text.split("\n").filter((line) => line !== "");

describe("npm run logs", () => {
  test("--request follows one submission through the stages", async () => {
    const { code, stdout } = await logs("--request", requestId, "--json");
    expect(code).toBe(0);
    const stages = linesOf(stdout).map((line) => {
      const { function: name, message, fields } = JSON.parse(line);
      return [name, message, fields.request_id === requestId, fields.outcome];
    });
    expect(stages).toEqual([
      ["ingest", "vote accepted", true, "accepted"],
      ["validate", "votes decided", true, "accepted"],
      ["aggregate", "outcomes recorded", true, "counted"],
    ]);
  });

  test("--request of a submission without any line says what to do", async () => {
    const { code, stdout, stderr } = await logs("--request", "AQnever");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("DEBUG");
  });

  test("prints a line for each batch with time, level and function, and no metrics", async () => {
    const { stdout } = await logs();
    const batches = linesOf(stdout).filter((line) => / INFO +(validate|aggregate) /.test(line));
    expect(
      batches.some((line) => /^\d{4}-\d\d-\d\dT[\d:.]{12}[+-]\d\d:\d\d INFO .*validate .*batch=\d+/.test(line)),
    ).toBe(true);
    expect(stdout).not.toContain("VotesCounted");
    expect((await logs("--metrics")).stdout).toMatch(/METRIC aggregate +metrics {2}VotesCounted=/);
    expect((await logs("--raw")).stdout).toContain('"_aws"');
  });

  test("the level DEBUG links no voter and no choice to a submission", async () => {
    const hash = Buffer.from(voterHash(voter.nas, voter.code, lawId).toString("hex"));
    const secrets = [
      hash,
      Buffer.from(voter.nas),
      Buffer.from(voter.code),
      Buffer.from('"choice"'),
      Buffer.from('"oui"'),
    ];
    let looked = 0;
    for await (const { name, content } of files(`${env.stack.data_dir}/logs`, [])) {
      looked += 1;
      expect([name, secrets.some((secret) => content.includes(secret))]).toEqual([name, false]);
    }
    expect(looked).toBeGreaterThan(0);
  });
});
