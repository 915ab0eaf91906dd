import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { InProcessPool } from "../../../places/local/lambda/in-process-pool.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "pool-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

/** A function of such a source, and what it writes to its log, which is standard output. */
function functionOf(source: string, timeoutMs = 5_000) {
  const modulePath = join(directory, "index.mjs");
  writeFileSync(modulePath, source);
  const names = { shortName: "f", name: "f", arn: "arn", exportName: "handler" };
  const log: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    log.push(String(text));
    return true;
  });
  return { pool: new InProcessPool({ ...names, modulePath, timeoutMs, memoryMiB: 128, environment: {} }, 1, 1), log };
}

test.each([
  [
    "throws",
    "export const handler = () => { throw new TypeError('no profile'); }",
    "the function failed: TypeError: no profile",
  ],
  ["cannot be loaded", "throw new Error('no such secret')", "the function failed: Error: no such secret"],
  [
    "has no such export",
    "export const other = 1",
    "the function failed: Error: the bundle exports no function handler",
  ],
])("a function that %s logs the cause, which the caller does not learn", async (_what, source, line) => {
  const { pool, log } = functionOf(source);
  expect(await pool.invoke({ body: "123456782 secret" })).toMatchObject({ kind: "failed" });
  await pool.stop();
  expect(log).toEqual([`${line}\n`]);
});

test("a function that does not end in time is logged", async () => {
  const { pool, log } = functionOf("export const handler = () => new Promise(() => undefined)", 10);
  expect(await pool.invoke({})).toEqual({ kind: "timed_out" });
  await pool.stop();
  expect(log).toEqual(["the function did not end within 0.01 s\n"]);
});
