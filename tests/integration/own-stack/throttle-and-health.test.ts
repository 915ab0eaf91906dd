import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localStatus } from "../../../places/local/local-status.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { Health, Problem } from "../../../shared/messages/responses.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { whileStopped } from "../../support/processes.ts";

let env: TestEnvironment;
let running: StartedStack;

const RATE = 40;

beforeAll(async () => {
  const settings = { api: { throttleRate: RATE, throttleBurst: RATE, readRate: RATE, readBurst: RATE } };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
  await running?.stop();
});

describe("the rate limit", () => {
  test("lets ordinary traffic through, and answers the rest 429 with Retry-After", async () => {
    const { lawId, voters } = await env.newLaw(200);
    const [ordinary] = voters;
    const first = await env.api.vote({ lawId, voter: ordinary });
    expect(first.status).toBe(202);
    const answers = await Promise.all(voters.slice(1).map((voter) => env.api.vote({ lawId, voter })));
    const refused = answers.filter((answer) => answer.status === 429);
    const accepted = answers.filter((answer) => answer.status === 202);
    expect(refused.length).toBeGreaterThan(0);
    expect(accepted.length + refused.length).toBe(answers.length);
    for (const answer of refused) {
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(Problem.parse(answer.json).status).toBe(429);
    }
    await env.until("what was accepted is counted", async () => {
      const { json } = await env.api.results(lawId);
      return json.total_votes === accepted.length + 1;
    });
    const retried = await env.api.vote({ lawId, voter: ordinary });
    expect(retried.status).toBe(202);
    expect(await env.decided([retried])).toEqual(["duplicate"]);
  });

  test("counts every path, even if it does not exist", async () => {
    const answers = await Promise.all(Array.from({ length: 150 }, () => env.api.request("GET", "/nowhere")));
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([404, 429]));
  });
});

describe("health", { tags: ["faults"] }, () => {
  const health = async () => {
    const answer = await env.api.request("GET", "/api/v1/health");
    return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: answer.json };
  };

  test.each(["redis", "postgresql", "dynamodb"] as const)(
    "names %s alone when that does not answer",
    async (service) => {
      const { pids } = await localStatus(env.stack.data_dir);
      const pid = Number(pids[service === "postgresql" ? "postgres" : service]);
      await env.until("everything answers", async () => (await health()).status === 200);
      await whileStopped(pid, async () => {
        let answer = await health();
        // A connection that the front still had may have answered for it.
        await env.until(`${service} is away`, async () => {
          answer = await health();
          return answer.status === 503;
        });
        expect(answer.retryAfter).toMatch(/^[1-9]\d*$/);
        const { status, services } = Health.parse(answer.body);
        expect(status).toBe("unhealthy");
        expect(Object.entries(services).filter(([, state]) => state === "disconnected")).toEqual([
          [service, "disconnected"],
        ]);
      });
      await env.until(`${service} is back`, async () => (await health()).status === 200);
    },
  );
});
