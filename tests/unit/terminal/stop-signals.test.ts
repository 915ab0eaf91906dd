import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { onStopSignals } from "../../../terminal/stop-signals.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** Listens, and gives what the process would call on a signal: signals themselves would reach the test runner too. */
function listen(onStop: Parameters<typeof onStopSignals>[0]) {
  const before = process.listeners("SIGINT");
  const release = onStopSignals(onStop);
  const listener = process.listeners("SIGINT").find((one) => !before.includes(one));
  if (listener === undefined) throw new Error("nothing listens to SIGINT");
  return { send: (signal: NodeJS.Signals) => listener(signal), release };
}

test("copies of one Ctrl-C count as one, and a later one insists", () => {
  const onStop = vi.fn();
  const { send, release } = listen(onStop);
  send("SIGINT");
  send("SIGINT");
  vi.advanceTimersByTime(100);
  send("SIGINT");
  expect(onStop.mock.calls).toEqual([["SIGINT", false]]);
  vi.advanceTimersByTime(1_000);
  send("SIGTERM");
  send("SIGTERM");
  expect(onStop.mock.calls.slice(1)).toEqual([
    ["SIGTERM", true],
    ["SIGTERM", true],
  ]);
  release();
});

test("after the release, nothing listens any more", () => {
  const count = () => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.listenerCount(signal));
  const before = count();
  const { release } = listen(vi.fn());
  expect(count()).toEqual(before.map((listeners) => listeners + 1));
  release();
  expect(count()).toEqual(before);
});
