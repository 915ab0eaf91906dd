import { rm } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processIdentity, stillRuns } from "../../../machine/processes.ts";
import { makeTemporaryDirectory } from "../../../machine/temporary-directory.ts";
import { type DataDir, dataDirOf } from "../../../places/local/data-dir.ts";
import { recordedProcesses, runningSupervisor } from "../../../places/local/lock.ts";
import { startStack } from "../../../places/local/starter.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";

let dir: DataDir;
beforeEach(async () => {
  dir = dataDirOf(await makeTemporaryDirectory("stack"));
});
afterEach(() => rm(dir.root, { recursive: true, force: true, maxRetries: 5 }));

/** Redis and PostgreSQL once both have been started, identified. */
async function startedServers() {
  const started = () => recordedProcesses(dir);
  await waitUntil("Redis and PostgreSQL are started", () => "redis" in started() && "postgres" in started(), {
    withinMs: 60_000,
    everyMs: 5,
  });
  const { redis = 0, postgres = 0 } = started();
  return [redis, postgres].map(processIdentity).filter((identity) => identity !== undefined);
}

describe("a start", { tags: ["faults", "slow"] }, () => {
  test("that fails stops the servers that it has started", async () => {
    const starting = startStack({ dataDir: dir.root, settings: { api: { nonsense: 1 } } }).catch(
      (error: Error) => error,
    );
    const servers = await startedServers();
    expect(servers).toHaveLength(2);
    expect(await starting).toMatchObject({ message: expect.stringMatching(/cannot be synthesized/) });
    expect(servers.filter(stillRuns)).toEqual([]);
  });

  test("that is killed leaves servers, which the next start finds and stops", async () => {
    const starting = startStack({ dataDir: dir.root, settings: { api: { throttleRate: 7 } } }).catch(
      (error: Error) => error,
    );
    const servers = await startedServers();
    process.kill(runningSupervisor(dir) ?? Number.NaN, "SIGKILL");
    expect(await starting).toBeInstanceOf(Error);
    expect(servers.filter(stillRuns)).toEqual(servers);
    const next = await startStack({ dataDir: dir.root });
    try {
      expect(servers.filter(stillRuns)).toEqual([]);
      expect(next.recentLog()).toMatch(/stopped [23] processes that an earlier stack had left/);
    } finally {
      await next.stop();
    }
  });
});
