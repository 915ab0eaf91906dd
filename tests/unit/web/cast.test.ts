import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Accepted, NotConfirmed, NotPromised, Refused, type Step } from "../../../client/index.ts";
import { type Casting, castWhileOpen } from "../../../web/vote/cast.ts";

/** How the voting page goes on with a vote that may have arrived while its law takes none. */

const KNOWN = { key: "k1", seed: undefined, mayHaveArrived: true, tries: 2 };
const RECEIPT = "https://referendum.test/api/v1/votes/R1";
const ACCEPTED: Accepted = { key: "k1", requestId: "R1", receipt: RECEIPT, tries: 1, sealed: "nowhere" };
type CallOptions = Parameters<Casting["cast"]>[0];

/** Looks until its deadline or its signal, as the client does after a refusal, and says that nothing is confirmed. */
function look({ deadlineMs, signal, onStep }: CallOptions): Promise<never> {
  onStep("send");
  onStep("look");
  return new Promise((_, reject) => {
    const end = () =>
      reject(new NotConfirmed("The API answered 409", { ...KNOWN, receipt: RECEIPT }, new Refused(409, {})));
    setTimeout(end, deadlineMs);
    signal.addEventListener("abort", end);
  });
}

/** @param states of the law, one for each reading; the last one stays */
function casting(
  calls: readonly ((options: CallOptions) => Promise<Accepted>)[],
  states: readonly string[] = ["open"],
) {
  const seen = { calls: [] as [isAgain: boolean, deadlineMs: number][], steps: [] as Step[], again: [] as unknown[] };
  let readings = 0;
  const stop = new AbortController();
  const result = castWhileOpen({
    cast: (options, isAgain) => {
      seen.calls.push([isAgain, Math.round(options.deadlineMs)]);
      const call = calls[Math.min(seen.calls.length, calls.length) - 1] ?? look;
      return call(options);
    },
    isOpen: async () => states[Math.min(readings++, states.length - 1)] === "open",
    onStep: (step) => seen.steps.push(step),
    onAgain: ({ receipt }) => seen.again.push(receipt),
    signal: stop.signal,
  });
  result.catch(() => undefined);
  return { ...seen, result, stop, readings: () => readings };
}

describe("a vote that is looked for", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  test("is sent again, in what is left of the minute, once its law is read as open", async () => {
    const { result, calls, steps, again } = casting([look, async () => ACCEPTED], ["frozen", "frozen", "open"]);
    await pass(14_999);
    expect(calls).toEqual([[false, 60_000]]);
    await pass(1);
    expect(await result).toBe(ACCEPTED);
    expect(calls).toEqual([
      [false, 60_000],
      [true, 45_000],
    ]);
    expect(steps).toEqual(["send", "look"]);
    expect(again, "the receipt is not forgotten, though no later answer may name it").toEqual([RECEIPT]);
    await pass(60_000);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  test("is looked for to the end of the minute while the law is suspended, closed or not to be read", async () => {
    const { result, calls, readings } = casting([look], ["frozen", "unknown", "closed"]);
    await pass(60_000);
    await expect(result).rejects.toThrow(NotConfirmed);
    expect(calls).toHaveLength(1);
    expect(readings()).toBe(11);
    await pass(60_000);
    expect(readings(), "nothing goes on after the minute").toBe(11);
  });

  test("is refused again and again where an old answer calls a closed law open, not more often than it is read", async () => {
    const { result, calls } = casting([look], ["open"]);
    await pass(60_000);
    await expect(result).rejects.toThrow("The API answered 409");
    expect(calls.map(([isAgain]) => isAgain)).toEqual([false, ...Array.from({ length: 11 }, () => true)]);
    expect(calls.at(-1)?.[1], "no call has less than a useful time").toBe(5_000);
  });

  test("is not sent again when its page is left or asks which vote is meant", async () => {
    const { result, calls, stop, readings } = casting([look], ["frozen", "open"]);
    await pass(6_000);
    stop.abort();
    await expect(result).rejects.toThrow(NotConfirmed);
    await pass(60_000);
    expect([calls.length, readings()]).toEqual([1, 1]);
  });

  test("is not sent again when its page is left while the law is being read", async () => {
    const { promise: isOpen, resolve: answer } = Promise.withResolvers<boolean>();
    const stop = new AbortController();
    let calls = 0;
    const result = castWhileOpen({
      cast: (options) => {
        calls += 1;
        return look(options);
      },
      isOpen: () => isOpen,
      onStep: vi.fn(),
      onAgain: vi.fn(),
      signal: stop.signal,
    });
    result.catch(() => undefined);
    await pass(5_000);
    stop.abort();
    answer(true);
    await expect(result).rejects.toThrow(NotConfirmed);
    expect(calls).toBe(1);
  });

  test("is not sent again once it is found and its promise is checked", async () => {
    const { result, calls, readings } = casting([
      ({ signal, onStep }) => {
        onStep("look");
        return new Promise((resolve, reject) => {
          setTimeout(() => onStep("check"), 4_000);
          setTimeout(() => resolve(ACCEPTED), 20_000);
          signal.addEventListener("abort", reject);
        });
      },
    ]);
    await pass(20_000);
    expect(await result).toBe(ACCEPTED);
    expect([calls.length, readings()]).toEqual([1, 0]);
  });

  test("while it is only sent, its law is not read", async () => {
    const wrong = new NotPromised("wrong_signature", "R1", { ...KNOWN, receipt: RECEIPT });
    const { result, readings } = casting([
      ({ onStep }) => {
        onStep("send");
        return new Promise((_, reject) => {
          setTimeout(() => reject(wrong), 30_000);
        });
      },
    ]);
    await pass(30_000);
    await expect(result).rejects.toBe(wrong);
    expect(readings()).toBe(0);
  });
});
