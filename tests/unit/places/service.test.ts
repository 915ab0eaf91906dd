import { type ChildProcess, spawn } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { Service } from "../../../places/local/services/service.ts";

afterEach(() => void vi.useRealTimers());

test("a process that runs and does not serve within 30 s is ended before another one is started", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const children: ChildProcess[] = [];
  const deaf = new Service(
    {
      name: "deaf",
      spawn: () => {
        const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1_000)"], { stdio: "ignore" });
        children.push(child);
        return child;
      },
      ready: () => new Promise(() => undefined),
      stop: (child) => void child.kill(),
      stopDeadlineMs: 1_000,
      logFile: "deaf.log",
    },
    () => undefined,
  );
  const started = deaf.start();
  const failed = expect(started).rejects.toThrow("deaf did not become ready; its log is deaf.log");
  await vi.advanceTimersByTimeAsync(30_000);
  await failed;
  expect(children.map(({ signalCode }) => signalCode)).toEqual(["SIGKILL"]);
});
