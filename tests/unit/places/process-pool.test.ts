import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readEntry } from "../../../commands/logs/entry.ts";
import { ProcessPool } from "../../../places/local/lambda/process-pool.ts";

let folder = "";
let pool: ProcessPool | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pool-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await pool?.stop();
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A pool of one process, whose function has such a source. */
async function poolOf(
  name: string,
  source: string,
  eventsAtOnce: number,
  { timeoutMs = 10_000, log = 2 } = {},
): Promise<ProcessPool> {
  const modulePath = join(folder, `${name}.mjs`);
  await writeFile(modulePath, source);
  const names = { shortName: "f", name: "f", arn: "arn", exportName: "handler" };
  pool = new ProcessPool({
    model: { ...names, modulePath, timeoutMs, memoryMiB: 128, environment: {} },
    environment: { AWS_REGION: "ca-central-1" },
    maximum: 1,
    eventsAtOnce,
    log,
    priority: 0,
    callSqs: async () => undefined,
  });
  return pool;
}

test("what a function's process compiles is kept for the next, and the function does not see where", async () => {
  vi.stubEnv("NODE_COMPILE_CACHE", join(folder, "compiled"));
  const source = `import { getCompileCacheDir } from "node:module";
    export const handler = () => ({ cache: getCompileCacheDir(), environment: process.env });`;
  expect(await (await poolOf("environment", source, 1)).invoke({})).toEqual({
    kind: "returned",
    value: {
      cache: expect.stringContaining(join(folder, "compiled")),
      environment: { AWS_REGION: "ca-central-1" },
    },
  });
});

/** Answers an event when as many are there as it says, with how many were there at most. */
const MEETING = `let waiting = [];
  let most = 0;
  export const handler = ({ together }) => new Promise((resolve) => {
    waiting.push(resolve);
    most = Math.max(most, waiting.length);
    if (waiting.length < together) return;
    for (const answer of waiting) answer(most);
    waiting = [];
  });`;

test("a process has as many events at once as its function may have, and no more", async () => {
  const several = await poolOf("several", MEETING, 3);
  const answers = await Promise.all(Array.from({ length: 9 }, () => several.invoke({ together: 3 })));
  expect(answers).toEqual(Array.from({ length: 9 }, () => ({ kind: "returned", value: 3 })));
});

test("a consumer's process has one event at a time", async () => {
  const consumer = await poolOf("consumer", MEETING, 1);
  const answers = await Promise.all(Array.from({ length: 5 }, () => consumer.invoke({ together: 1 })));
  expect(answers).toEqual(Array.from({ length: 5 }, () => ({ kind: "returned", value: 1 })));
});

test("an event that exceeds its time limit ends its process, which the log says; the next one finds a new one", async () => {
  const logFile = join(folder, "hanging.log");
  const log = openSync(logFile, "a");
  const source = `export const handler = ({ hang }) => hang ? new Promise(() => setInterval(() => 0, 1000)) : process.pid;`;
  const hanging = await poolOf("hanging", source, 2, { timeoutMs: 300, log });
  const before = await hanging.invoke({});
  expect(before.kind).toBe("returned");
  expect(await hanging.invoke({ hang: true })).toEqual({ kind: "timed_out" });
  const after = await hanging.invoke({});
  expect(after.kind).toBe("returned");
  expect(after).not.toEqual(before);
  const line = readEntry("hanging", (await readFile(logFile, "utf8")).trim());
  expect(line).toMatchObject({
    level: "ERROR",
    source: "hanging",
    message: "the function did not end within 0.3 s, so its process was ended",
  });
  expect(line.atMs).toBeGreaterThan(Date.now() - 60_000);
  closeSync(log);
});
