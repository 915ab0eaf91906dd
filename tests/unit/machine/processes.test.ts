import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { ProcessMeter } from "../../../machine/process-usage.ts";
import { processIdentity, stillRuns, yieldTo } from "../../../machine/processes.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";

const children: ChildProcess[] = [];

async function idleNode(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "process.stdout.write('ready'); process.stdin.resume()"]);
  children.push(child);
  await once(child.stdout, "data");
  return child.pid ?? Number.NaN;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
});

describe.skipIf(process.platform !== "linux")("what processes use, of /proc", () => {
  test("is their memory, with the pages that they share counted once", async () => {
    const [first, second] = [await idleNode(), await idleNode()];
    const { one, other, both } = new ProcessMeter().read({ one: [first], other: [second], both: [first, second] });
    const [single, pair] = [one?.rssBytes ?? 0, both?.rssBytes ?? 0];
    expect(single).toBeGreaterThan(10 * 2 ** 20);
    expect(pair).toBeGreaterThan(single);
    // Node's program alone is tens of megabytes of pages that both have.
    expect(pair).toBeLessThan(single + (other?.rssBytes ?? 0) - 10 * 2 ** 20);
  });

  test("keeps the CPU time of a process that has ended", async () => {
    const meter = new ProcessMeter();
    const pid = await idleNode();
    const before = meter.read({ it: [pid] })["it"];
    const child = children[0];
    if (child === undefined) throw new Error("no child");
    await end(child);
    const after = meter.read({ it: [pid] })["it"];
    expect(before?.cpuMs).toBeGreaterThan(0);
    expect(after).toEqual({ cpuMs: before?.cpuMs, rssBytes: 0 });
  });
});

describe("a process", () => {
  test("runs as long as a process has its id and its start time", async () => {
    const pid = await idleNode();
    const [child] = children;
    const identity = processIdentity(pid);
    if (identity === undefined || child === undefined) throw new Error("no process");
    expect(stillRuns(identity)).toBe(true);
    expect(stillRuns({ pid: process.pid, started: identity.started })).toBe(false);
    await end(child);
    expect([stillRuns(identity), processIdentity(pid)]).toEqual([false, undefined]);
  });

  test.skipIf(process.platform !== "linux")(
    "that has ended does not run, although nobody asked how it ended",
    async () => {
      const script = "exec 3<&0; cat <&3 & echo $!; exec sleep 600";
      const parent = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
      children.push(parent);
      const [said] = await once(parent.stdout, "data");
      const pid = Number(said);
      const statOf = (id: number | undefined) => readFileSync(`/proc/${id}/stat`, "latin1");
      // A shell would ask how it ended; sleep does not.
      await waitUntil("its parent asks nothing", () => statOf(parent.pid).includes("(sleep)"), { withinMs: 20_000 });
      expect(processIdentity(pid)).toBeDefined();
      parent.stdin.end();
      await waitUntil("it has ended", () => statOf(pid).includes(") Z "), { withinMs: 20_000 });
      expect(processIdentity(pid)).toBeUndefined();
    },
  );

  test("yields more, and one that already yields more is not changed", async () => {
    const pid = await idleNode();
    yieldTo(pid, 5);
    expect(getPriority(pid)).toBe(5);
    setPriority(pid, 15);
    yieldTo(pid, 5);
    expect(getPriority(pid)).toBe(15);
  });

  test("that has ended cannot yield, which is not an error", async () => {
    const pid = await idleNode();
    const [child] = children;
    if (child !== undefined) await end(child);
    expect(() => yieldTo(pid, 5)).not.toThrow();
  });
});
