import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeRoll } from "../../load/run/roll.ts";
import type { Target } from "../../places/target.ts";
import type { Measurement } from "./measure.ts";
import { benchReads, benchVotes, VOTES_BESIDE_READS_PER_SECOND, WARM_UP_VOTES } from "./rates.ts";

/** Votes per second, and the longest p95 that is good enough at that rate. */
const VOTE_RATES = [
  { perSecond: 1_500, p95LimitMs: 60 },
  { perSecond: 2_000, p95LimitMs: 100 },
] as const;
const READS_PER_SECOND = 2_000;
const READ_LIMITS_MS = { reads: 100, votes: 100 };
/** How long one round at a rate takes, seconds. */
const RATE_SECONDS = 10;

/** The servers and settings of runs at rates. */
export interface RateRuns {
  readonly target: Target;
  /** The API's address. */
  readonly url: string;
  /** A folder for credentials. */
  readonly work: string;
  /** How often each rate is measured. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly add: (one: Measurement) => void;
}

/**
 * Measures votes and reads at the rates that the system must hold, each with the voters of a separate law.
 *
 * @param runs a running local stack and how it is measured
 */
export async function measureRates({ target, url, work, rounds, signal, say, add }: RateRuns): Promise<void> {
  const benchOf = async (lawId: string, perSecond: number) => {
    const file = join(work, `${lawId}.csv`);
    const voters = WARM_UP_VOTES + perSecond * RATE_SECONDS * rounds;
    await makeRoll(target, { lawId, voters, file, signal, onProgress: () => undefined });
    return { target, url, lawId, voters: await credentialsIn(file), signal };
  };
  for (const { perSecond, p95LimitMs } of VOTE_RATES) {
    say(`votes at ${perSecond.toLocaleString("en")} per second …`);
    const rateBench = await benchOf(`BENCH-RATE-${perSecond}`, perSecond);
    add(await benchVotes(rateBench, perSecond, RATE_SECONDS, rounds, p95LimitMs));
  }
  say(`reads at ${READS_PER_SECOND.toLocaleString("en")} per second …`);
  const readBench = await benchOf("BENCH-READS", VOTES_BESIDE_READS_PER_SECOND);
  add(await benchReads(readBench, READS_PER_SECOND, RATE_SECONDS, rounds, READ_LIMITS_MS));
}

/** NAS and code of the voters in a file of credentials. */
async function credentialsIn(file: string): Promise<(readonly [string, string])[]> {
  const lines = (await readFile(file, "latin1")).split("\n").filter((line) => /^\d/.test(line));
  return lines.map((line) => {
    const [nas = "", code = ""] = line.trim().split(",");
    return [nas, code] as const;
  });
}
