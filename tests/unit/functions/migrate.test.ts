import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { whileRunning } from "../../../functions/migrate/while-running.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("a migration tells how long it has run while it runs, and nothing after its end", async () => {
  const told: number[] = [];
  let end: (value: string) => void = () => undefined;
  const work = new Promise<string>((resolve) => {
    end = resolve;
  });
  const running = whileRunning(
    30_000,
    (seconds) => told.push(seconds),
    () => work,
  );
  await vi.advanceTimersByTimeAsync(95_000);
  expect(told).toEqual([30, 60, 90]);
  end("done");
  expect(await running).toBe("done");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([30, 60, 90]);
});

it("a migration that fails tells nothing more either", async () => {
  const told: number[] = [];
  const running = whileRunning(
    30_000,
    (seconds) => told.push(seconds),
    async () => Promise.reject(new Error("no")),
  );
  await expect(running).rejects.toThrow("no");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
});
