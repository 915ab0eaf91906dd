import { describe, expect, test } from "vitest";
import { buildOwnEnvironment } from "../../support/environment.ts";
import { HOSTILE_ENVIRONMENT } from "../../support/hostile-environment.ts";
import { runCommand } from "../../support/processes.ts";

describe("a developer's environment", { tags: ["slow"] }, () => {
  test("with settings of AWS, PostgreSQL and proxies does not change stack and commands", async () => {
    const { environment: env, running } = await buildOwnEnvironment({ environment: HOSTILE_ENVIRONMENT });
    try {
      const { lawId, voters } = await env.newLaw(1);
      const vote = await env.api.vote({ lawId, voter: voters[0] });
      expect(await env.decided([vote])).toEqual(["counted"]);
      expect((await env.api.results(lawId)).status).toBe(200);
      expect((await env.api.request("GET", "/api/v1/health")).status).toBe(200);
      const args = ["count", "--law", lawId, "--data", env.stack.data_dir];
      const counted = await runCommand("voters", args, "", HOSTILE_ENVIRONMENT);
      expect(counted).toMatchObject({ code: 0, stderr: "" });
      await env.checkLedger();
    } finally {
      await env.close();
      await running.stop();
    }
  });
});
