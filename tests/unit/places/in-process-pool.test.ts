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
function functionOf(source: string, { timeoutMs = 5_000, eventsAtOnce = 1, waitingLimit = 1 } = {}) {
  const modulePath = join(directory, "index.mjs");
  writeFileSync(modulePath, source);
  const names = { shortName: "f", name: "f", arn: "arn", exportName: "handler" };
  const log: string[] = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    log.push(String(text));
    return true;
  });
  const model = { ...names, modulePath, timeoutMs, memoryMiB: 128, environment: {} };
  return { pool: new InProcessPool(model, eventsAtOnce, waitingLimit), log };
}

function withoutTime(line: string): string {
  const [, rest] = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (.*\n)$/s.exec(line) ?? [];
  return rest ?? `no time: ${line}`;
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
  expect(log.map(withoutTime)).toEqual([`${line}\n`]);
});

test("a function that does not end in time is logged", async () => {
  const { pool, log } = functionOf("export const handler = () => new Promise(() => undefined)", { timeoutMs: 10 });
  expect(await pool.invoke({})).toEqual({ kind: "timed_out" });
  await pool.stop();
  expect(log.map(withoutTime)).toEqual(["the function did not end within 0.01 s\n"]);
});

/** Answers each event with how many events its module has had, once an event asks for the answers. */
const COUNTING = `
let had = 0;
const waiting = [];
export const handler = (event) => new Promise((resolve) => {
  had += 1;
  if (event.hangs) return;
  waiting.push(resolve);
  if (event.answers) while (waiting.length > 0) waiting.shift()(had);
});`;

test("events at the same time share one module; those beyond the limit wait, and then they are throttled", async () => {
  const { pool } = functionOf(COUNTING, { eventsAtOnce: 2, waitingLimit: 1 });
  const first = pool.invoke({});
  const second = pool.invoke({ answers: true });
  const third = pool.invoke({ answers: true });
  expect(await pool.invoke({})).toEqual({ kind: "throttled" });
  expect(await Promise.all([first, second])).toEqual([
    { kind: "returned", value: 2 },
    { kind: "returned", value: 2 },
  ]);
  expect(await third).toEqual({ kind: "returned", value: 3 });
  expect(await pool.invoke({ answers: true })).toEqual({ kind: "returned", value: 4 });
  await pool.stop();
});

test("after an event that did not end in time, the next one gets a new module", async () => {
  const { pool } = functionOf(COUNTING, { timeoutMs: 10 });
  expect(await pool.invoke({ hangs: true })).toEqual({ kind: "timed_out" });
  expect(await pool.invoke({ answers: true })).toEqual({ kind: "returned", value: 1 });
  await pool.stop();
});
