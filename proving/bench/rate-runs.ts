import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { credentialsIn } from "../../load/run/credentials.ts";
import { LoneVoters } from "../../load/run/lone-voters.ts";
import { envelopesFileOf, makeRoll } from "../../load/run/roll.ts";
import type { Target } from "../../places/target.ts";
import type { LawForm } from "../../shared/domain/law.ts";
import type { Measurement } from "./measure.ts";
import { benchReads, benchVotes, VOTES_BESIDE_READS_PER_SECOND, WARM_UP_VOTES } from "./rates.ts";

/** Votes per second on a law without a form, and the longest p95 that is good enough at that rate. */
const VOTE_RATES = [
  { perSecond: 1_500, p95LimitMs: 60 },
  { perSecond: 2_000, p95LimitMs: 100 },
] as const;
/**
 * The rate that every law must hold, whatever its form. A round takes half a minute, so that some thirty vote one by
 * one beside the others.
 */
const PEAK = { perSecond: 1_000, seconds: 30, p95LimitMs: 100 } as const;
const FORMS = [
  { form: undefined, law: "a law without a form" },
  { form: "open", law: "an open law" },
  { form: "sealed", law: "a sealed law" },
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
  const benchOf = async (lawId: string, votes: number, form?: LawForm) => {
    const file = join(work, `${lawId}.csv`);
    const voters = WARM_UP_VOTES + votes * rounds;
    await makeRoll(target, { lawId, form, voters, file, signal, onProgress: () => undefined });
    const envelopes = form === "sealed" ? (await readFile(envelopesFileOf(file), "latin1")).split("\n") : undefined;
    return { target, url, lawId, voters: await credentialsIn(file), envelopes, signal };
  };
  const loneVotersOf = async (lawId: string, form: LawForm | undefined) => {
    const file = join(work, `${lawId}.csv`);
    // Their ballots are sealed by ingest: one in a second.
    const roll = { lawId, form, sealedBy: "ingest", voters: 2 * PEAK.seconds, file } as const;
    await makeRoll(target, { ...roll, signal, onProgress: () => undefined });
    return new LoneVoters({ url, lawId, votersFile: file, isTallyLive: form !== "sealed" });
  };
  for (const { perSecond, p95LimitMs } of VOTE_RATES) {
    say(`votes at ${perSecond.toLocaleString("en")} per second …`);
    const rateBench = await benchOf(`BENCH-RATE-${perSecond}`, perSecond * RATE_SECONDS);
    add(await benchVotes(rateBench, { perSecond, seconds: RATE_SECONDS, rounds, p95LimitMs }));
  }
  for (const { form, law } of FORMS) {
    say(`votes of ${law} at ${PEAK.perSecond.toLocaleString("en")} per second …`);
    const lawId = `BENCH-PEAK-${form ?? "NONE"}`.toUpperCase();
    const lone: LoneVoters[] = [];
    for (let round = 0; round < rounds; round++) lone.push(await loneVotersOf(`${lawId}-LONE-${round}`, form));
    add(await benchVotes(await benchOf(lawId, PEAK.perSecond * PEAK.seconds, form), { ...PEAK, rounds, law, lone }));
  }
  say(`reads at ${READS_PER_SECOND.toLocaleString("en")} per second …`);
  const readBench = await benchOf("BENCH-READS", VOTES_BESIDE_READS_PER_SECOND * RATE_SECONDS);
  add(await benchReads(readBench, READS_PER_SECOND, RATE_SECONDS, rounds, READ_LIMITS_MS));
}
