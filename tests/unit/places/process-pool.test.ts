import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ProcessPool } from "../../../places/local/lambda/process-pool.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pool-"));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("what a function's process compiles is kept for the next, and the function does not see where", async () => {
  vi.stubEnv("NODE_COMPILE_CACHE", join(folder, "compiled"));
  const modulePath = join(folder, "index.mjs");
  const source = `import { getCompileCacheDir } from "node:module";
    export const handler = () => ({ cache: getCompileCacheDir(), environment: process.env });`;
  await writeFile(modulePath, source);
  const names = { shortName: "f", name: "f", arn: "arn", exportName: "handler" };
  const pool = new ProcessPool({
    model: { ...names, modulePath, timeoutMs: 10_000, memoryMiB: 128, environment: {} },
    environment: { AWS_REGION: "ca-central-1" },
    maximum: 1,
    log: 2,
    priority: 0,
    callSqs: async () => undefined,
  });
  try {
    const returned = await pool.invoke({});
    expect(returned).toEqual({
      kind: "returned",
      value: {
        cache: expect.stringContaining(join(folder, "compiled")),
        environment: { AWS_REGION: "ca-central-1" },
      },
    });
  } finally {
    await pool.stop();
  }
});
