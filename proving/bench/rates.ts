import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Credentials } from "../../load/run/credentials.ts";
import type { LoneVoters } from "../../load/run/lone-voters.ts";
import { StackSampler } from "../../load/run/sampler.ts";
import type { Target } from "../../places/target.ts";
import { UserError } from "../../terminal/errors.ts";
import { judge } from "./conditions.ts";
import { checkAccepted } from "./ledger.ts";
import type { Measurement } from "./measure.ts";
import { type Answers, driveOpenLoop, requestText } from "./open-loop.ts";

const COUNTED_WITHIN_MS = 300_000;
const LOOK_EVERY_MS = 100;
/** Votes before anything is measured: enough for every instance's code to be compiled. */
export const WARM_UP_VOTES = 4_000;
const WARM_UP_PER_SECOND = 800;
/** Votes that are cast while readers read. */
export const VOTES_BESIDE_READS_PER_SECOND = 200;

const Accepted = z.object({ request_id: z.string() });

/** Throttles that no rate of the bench reaches, so that the system is measured and not its protection. */
export const OPEN_THROTTLES = {
  api: { throttleRate: 10_000, throttleBurst: 10_000, readRate: 10_000, readBurst: 10_000 },
};

/** The servers and settings of a run at a rate. */
export interface RateBench {
  readonly target: Target;
  /** The API's address. */
  readonly url: string;
  readonly lawId: string;
  /** NAS and code of voters who have not voted. */
  readonly voters: readonly Credentials[];
  /** Of a sealed law: the envelopes of these voters, in base64. */
  readonly envelopes?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** A rate of votes, and what must hold at it. */
export interface VoteRate {
  readonly perSecond: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly p95LimitMs: number;
  /** Words for the law, where laws of several forms are measured at one rate. */
  readonly law?: string | undefined;
  /** Those who vote one by one beside the others, and say how long they waited to be counted: one group a round. */
  readonly lone?: readonly LoneVoters[] | undefined;
}

/** Votes of a law, cast one after the other from its roll, and what became of them. */
class Voting {
  readonly acceptedIds: string[] = [];
  readonly #bench: RateBench;
  readonly #sampler: StackSampler;
  #next = 0;

  /** @param bench voters, law and system */
  constructor(bench: RateBench) {
    this.#bench = bench;
    this.#sampler = new StackSampler(bench.target, bench.lawId, () => []);
  }

  /**
   * Casts votes at a rate.
   *
   * @param perSecond how many per second
   * @param count how many
   * @throws UserError when the roll has too few voters
   */
  cast(perSecond: number, count: number): Promise<Answers> {
    const { url, lawId, voters, envelopes, signal } = this.#bench;
    const from = this.#next;
    this.#next += count;
    if (this.#next > voters.length) throw new UserError(`The roll of ${lawId} has only ${voters.length} voters.`);
    const request = (index: number) => {
      const [nas, code] = voters[from + index] ?? ["", ""];
      const ballot = envelopes === undefined ? { vote: "oui" } : { sealed_vote: envelopes[from + index] };
      return requestText("POST", url, "/api/v1/vote", JSON.stringify({ nas, code, law_id: lawId, ...ballot }));
    };
    const onAnswer = (_index: number, statusCode: number, body: string) => {
      if (statusCode === 202) this.acceptedIds.push(Accepted.parse(JSON.parse(body)).request_id);
    };
    return driveOpenLoop({ url, perSecond, count, request, onAnswer, signal });
  }

  /**
   * Waits until all accepted votes are counted and no message waits.
   *
   * @returns CPU time that the system's processes have used so far, milliseconds
   * @throws UserError when that takes more than five minutes
   */
  async settled(): Promise<number> {
    const deadline = Date.now() + COUNTED_WITHIN_MS;
    while (Date.now() < deadline) {
      this.#bench.signal.throwIfAborted();
      const { counted, votesQueue, outcomesQueue, usage } = await this.#sampler.sample();
      if (counted >= this.acceptedIds.length && votesQueue + outcomesQueue === 0) {
        return Object.values(usage).reduce((sum, { cpuMs }) => sum + cpuMs, 0);
      }
      await pause(LOOK_EVERY_MS);
    }
    throw new UserError(
      `Not all votes of ${this.#bench.lawId} were counted within five minutes: npm run ops -- drain.`,
    );
  }
}

/**
 * Measures votes at a rate that does not wait for answers: latencies, CPU from accepted to counted, and how long votes
 * of another law wait beside them.
 *
 * @param bench voters, law and system
 * @param rate how many votes, how often, and the conditions
 */
export async function benchVotes(bench: RateBench, rate: VoteRate): Promise<Measurement> {
  const { perSecond, seconds, rounds, p95LimitMs, law, lone = [] } = rate;
  const voting = new Voting(bench);
  await voting.cast(WARM_UP_PER_SECOND, WARM_UP_VOTES);
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    const before = await voting.settled();
    const ownBefore = process.cpuUsage();
    const beside = lone[round];
    beside?.start();
    const answers = await voting.cast(perSecond, perSecond * seconds).finally(() => beside?.end());
    const waited = await beside?.stop();
    const generatorMs = cpuSince(ownBefore);
    // Where nobody's vote beside the others was taken, nobody was counted in time.
    const countedMs = beside === undefined ? undefined : (waited?.receiptWithin?.p95Ms ?? Infinity);
    measured.push({ answers: [answers], countedMs, cpuMs: (await voting.settled()) - before, generatorMs });
  }
  await checkAccepted(bench.target, bench.lawId, voting.acceptedIds);
  const of = law === undefined ? "" : ` of ${law}`;
  return judge(`votes${of} at ${perSecond.toLocaleString("en")} per second`, "votes", measured, [
    { answers: 0, statusCode: 202, percent: 95, limitMs: p95LimitMs },
  ]);
}

/**
 * Measures readers of receipts and of a law's tally, half each, beside votes: both are answered, and in time.
 *
 * @param bench voters, law and system
 * @param perSecond reads per second
 * @param seconds how long a round is
 * @param rounds how many
 * @param limitsMs p99 of the reads, p95 of the votes beside them
 */
export async function benchReads(
  bench: RateBench,
  perSecond: number,
  seconds: number,
  rounds: number,
  limitsMs: { readonly reads: number; readonly votes: number },
): Promise<Measurement> {
  const { url, lawId, signal } = bench;
  const voting = new Voting(bench);
  await voting.cast(WARM_UP_PER_SECOND, WARM_UP_VOTES);
  await voting.settled();
  const known = [...voting.acceptedIds];
  const request = (index: number) =>
    index % 2 === 0
      ? requestText("GET", url, `/api/v1/votes/${known[(index / 2) % known.length]}`)
      : requestText("GET", url, `/api/v1/results/${lawId}`);
  const read = (rate: number, count: number) => driveOpenLoop({ url, perSecond: rate, count, request, signal });
  await read(perSecond / 4, perSecond);
  const measured = [];
  for (let round = 0; round < rounds; round++) {
    const before = await voting.settled();
    const ownBefore = process.cpuUsage();
    const answers = await Promise.all([
      read(perSecond, perSecond * seconds),
      voting.cast(VOTES_BESIDE_READS_PER_SECOND, VOTES_BESIDE_READS_PER_SECOND * seconds),
    ]);
    const generatorMs = cpuSince(ownBefore);
    measured.push({ answers, cpuMs: (await voting.settled()) - before, generatorMs });
  }
  await checkAccepted(bench.target, lawId, voting.acceptedIds);
  const name = `reads at ${perSecond.toLocaleString("en")} per second, beside ${VOTES_BESIDE_READS_PER_SECOND} votes`;
  return judge(name, "reads", measured, [
    { answers: 0, statusCode: 200, percent: 99, limitMs: limitsMs.reads },
    { answers: 1, what: "of the votes", statusCode: 202, percent: 95, limitMs: limitsMs.votes },
  ]);
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
