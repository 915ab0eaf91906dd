import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { processIdentity } from "../../../machine/processes.ts";
import { type DataDir, dataDirOf } from "../../../places/local/data-dir.ts";
import {
  lockDataDir,
  recordedProcesses,
  recordProcesses,
  runningSupervisor,
  stopLeftovers,
  unlockDataDir,
} from "../../../places/local/lock.ts";

let dir: DataDir;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = dataDirOf(mkdtempSync(join(tmpdir(), "lock-")));
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(dir.root, { recursive: true });
});

/** A process whose command line says nothing of stacks. */
async function stranger(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "process.stdout.write('ready'); process.stdin.resume()"]);
  children.push(child);
  await once(child.stdout, "data");
  if (child.pid === undefined) throw new Error("no process");
  return child.pid;
}

describe("the lock of a data directory", () => {
  test("is held by the process that took it, whatever its command line says", async () => {
    writeFileSync(dir.lockFile, JSON.stringify(processIdentity(await stranger())));
    expect(runningSupervisor(dir)).toBe(children[0]?.pid);
    expect(() => lockDataDir(dir)).toThrow(`process ${children[0]?.pid}`);
  });

  test("is free when its process has ended, even if another process has its id now", async () => {
    const pid = await stranger();
    writeFileSync(dir.lockFile, JSON.stringify({ pid, started: processIdentity(process.pid)?.started }));
    expect(runningSupervisor(dir)).toBeUndefined();
    lockDataDir(dir);
    unlockDataDir(dir);
    expect(readdirSync(dir.root)).toEqual([]);
  });

  test.each(["", "{", "[]"])("is free when it is unreadable: %j", (text) => {
    writeFileSync(dir.lockFile, text);
    lockDataDir(dir);
    expect(readdirSync(dir.root)).toEqual(["supervisor.pid"]);
  });

  test("that is a number only, and so names no process for sure, is nobody's", async () => {
    writeFileSync(dir.lockFile, `${await stranger()}\n`);
    expect(runningSupervisor(dir)).toBeUndefined();
  });
});

describe("processes that a killed supervisor left", () => {
  test("are found by the notes about them, and stopped", async () => {
    const pid = await stranger();
    recordProcesses(dir, { redis: pid });
    expect(recordedProcesses(dir)).toEqual({ redis: pid });
    expect(await stopLeftovers(dir, join(dir.root, "postgres"), [])).toBe(1);
    expect(processIdentity(pid)).toBeUndefined();
    expect(recordedProcesses(dir)).toEqual({});
  });

  test("are not mistaken for another process that has their id now", async () => {
    const pid = await stranger();
    writeFileSync(dir.processesFile, JSON.stringify({ redis: { pid, started: "another time" } }));
    expect(await stopLeftovers(dir, join(dir.root, "postgres"), [])).toBe(0);
    expect(processIdentity(pid)).toBeDefined();
    expect(existsSync(dir.processesFile)).toBe(true);
  });
});
