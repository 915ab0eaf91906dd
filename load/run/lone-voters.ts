import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Processing } from "../report/model.ts";
import { type Credentials, credentialsIn } from "./credentials.ts";

/** How many voters of their own law are ready. One votes at a time, about once a second. */
export const LONE_VOTERS = 1_000;
const EVERY_MS = 1_000;
/** How often each looks at its receipt and at the tally. */
const LOOK_EVERY_MS = 50;
/** After so long it counts as this long. */
const LONGEST_MS = 10_000;

const accepted = z.object({ request_id: z.string() });
const receipt = z.object({ status: z.string() });
const tally = z.object({ total_votes: z.number() });

export interface LoneVotersOptions {
  readonly url: string;
  /** A law on which nobody else votes, so that one vote is seen to move its tally. */
  readonly lawId: string;
  readonly votersFile: string;
  /** Whether a tally moves with every vote. Where it moves in steps, it is not looked at. */
  readonly isTallyLive: boolean;
}

/**
 * Votes one after the other beside the load, and measures what a voter waits for: from the 202 until the receipt says
 * `counted`, and until the public tally has moved.
 */
export class LoneVoters {
  readonly #options: LoneVotersOptions;
  readonly #ended = new AbortController();
  readonly #receiptMs: number[] = [];
  readonly #tallyMs: number[] = [];
  /** What went wrong, once it has ended. */
  #running: Promise<unknown> | undefined;
  #accepted = 0;

  constructor(options: LoneVotersOptions) {
    this.#options = options;
  }

  start(): void {
    // Looked at by stop(), minutes later.
    this.#running = this.#vote().catch((error: unknown) => error);
  }

  /** Casts no further vote. */
  end(): void {
    this.#ended.abort();
  }

  /**
   * Stops after the vote that is under way.
   *
   * @throws Error when a vote was not accepted, or not counted
   */
  async stop(): Promise<Pick<Processing, "receiptWithin" | "tallyWithin">> {
    this.end();
    const failure = await this.#running;
    if (failure !== undefined) throw failure;
    return {
      ...(this.#receiptMs.length === 0 ? {} : { receiptWithin: percentiles(this.#receiptMs) }),
      ...(this.#tallyMs.length === 0 ? {} : { tallyWithin: percentiles(this.#tallyMs) }),
    };
  }

  async #vote(): Promise<void> {
    for (const voter of await credentialsIn(this.#options.votersFile)) {
      if (this.#ended.signal.aborted) return;
      const nextAt = performance.now() + EVERY_MS;
      await this.#voteOnce(voter);
      const { signal } = this.#ended;
      await pause(Math.max(0, nextAt - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #voteOnce([nas, code]: Credentials): Promise<void> {
    const { lawId, isTallyLive } = this.#options;
    const body = JSON.stringify({ nas, code, law_id: lawId, vote: "oui" });
    const response = await this.#ask("vote", { method: "POST", headers: { "content-type": "application/json" }, body });
    // A stage at its limit refuses lone voters as it does others.
    if (response.status !== 202) return;
    const { request_id } = accepted.parse(await response.json());
    const acceptedAt = performance.now();
    this.#accepted += 1;
    let isCounted = false;
    let hasMoved = !isTallyLive;
    while (!isCounted || !hasMoved) {
      const waitedMs = performance.now() - acceptedAt;
      const isLate = waitedMs >= LONGEST_MS;
      if (!isCounted && (isLate || (await this.#says(receipt, `votes/${request_id}`))?.status === "counted")) {
        isCounted = true;
        this.#receiptMs.push(isLate ? LONGEST_MS : performance.now() - acceptedAt);
      }
      const seen = hasMoved || isLate ? undefined : await this.#says(tally, `results/${lawId}`);
      if (!hasMoved && (isLate || (seen?.total_votes ?? 0) >= this.#accepted)) {
        hasMoved = true;
        this.#tallyMs.push(isLate ? LONGEST_MS : performance.now() - acceptedAt);
      }
      if (!isCounted || !hasMoved) await pause(LOOK_EVERY_MS);
    }
  }

  async #says<T>(schema: z.ZodType<T>, path: string): Promise<T | undefined> {
    const response = await this.#ask(path);
    const value: unknown = await response.json();
    return response.ok ? schema.parse(value) : undefined;
  }

  #ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(`/api/v1/${path}`, this.#options.url), { ...init, signal: AbortSignal.timeout(LONGEST_MS) });
  }
}

/** @param values milliseconds, at least one */
function percentiles(values: readonly number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
