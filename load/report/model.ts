import { z } from "zod";

const buckets = z.record(z.string(), z.number());

/** The generator's record of one second (load/notes.mjs). */
export const GeneratorSecond = z.object({
  /** When the second ended, milliseconds since the epoch. */
  at: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
  /** Requests sent, and those of them that are votes of the right form. */
  sent: z.number(),
  votes: z.number(),
  /** Right answers: 202, 400 for a malformed vote, 200 for a receipt. */
  expected: z.number(),
  withoutRetryAfter: z.number(),
  /** Votes that were sent again (`--retries`), and how many of these were answered 202. Older reports lack both. */
  retries: z.number().default(0),
  retriedAccepted: z.number().default(0),
  sumMs: z.number(),
  minMs: z.number(),
  maxMs: z.number(),
  status: z.record(z.string(), z.number()),
  /** Latencies of answers below 400, and of the others. */
  taken: buckets,
  refused: buckets,
});
export type GeneratorSecond = z.output<typeof GeneratorSecond>;

const usage = z.object({ cpuMs: z.number(), rssBytes: z.number() });

/** The state of the stack at one moment, about once per second. */
export const StackSample = z.object({
  at: z.number(),
  votesQueue: z.number(),
  outcomesQueue: z.number(),
  counted: z.number(),
  /** CPU time so far and memory, by kind of process. */
  usage: z.record(z.string(), usage),
});
export type StackSample = z.output<typeof StackSample>;

const condition = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() });
export type Condition = z.output<typeof condition>;

/** Milliseconds. */
const percentiles = z.object({ p50Ms: z.number(), p95Ms: z.number(), p99Ms: z.number() });

/** The second half: from accepted to counted. */
const processing = z.object({
  counted: z.number(),
  duplicate: z.number(),
  invalid: z.number(),
  /** Accepted votes that were not decided yet when the last answer came. */
  backlogAtEnd: z.number(),
  catchUpSeconds: z.number(),
  /** Decided votes per second, from the first vote until everything was decided, and in the best ten seconds. */
  perSecond: z.number(),
  bestPerSecond: z.number(),
  /** Of all votes, from acceptance to the transaction that counted one, or found it a duplicate or invalid. */
  decidedWithin: percentiles.optional(),
  /** Of lone voters beside the load, from the 202 until the receipt said `counted`. */
  receiptWithin: percentiles.optional(),
  /** Of the same, until the public tally had moved; only where it moves with every vote. */
  tallyWithin: percentiles.optional(),
  /** CPU of the stack's processes for each accepted vote, until everything was counted. */
  cpuPerVoteMs: z.number(),
  cpuPerVoteMsBy: z.record(z.string(), z.number()),
  generatorCpuPerVoteMs: z.number(),
  /** Highest resident size by kind of process, and the last one. */
  peakRssBytes: z.record(z.string(), z.number()),
  lastRssBytes: z.record(z.string(), z.number()),
});
export type Processing = z.output<typeof processing>;

/** The report of a load run, as its JSON file has it. */
export const LoadReport = z.object({
  v: z.literal(1),
  scenario: z.string(),
  command: z.string(),
  startedAt: z.string(),
  machine: z.string(),
  target: z.string(),
  queueStorage: z.enum(["disk", "memory", "sqs"]),
  shard: z.string(),
  mix: z.string(),
  promise: z.enum(["serves", "sheds"]),
  offered: z.object({ votes: z.number(), rate: z.number(), seconds: z.number() }),
  seconds: z.number(),
  requests: z.number(),
  votes: z.number(),
  accepted: z.number(),
  expected: z.number(),
  /** Sent and never answered. */
  unanswered: z.number(),
  withoutRetryAfter: z.number(),
  /** How often a vote may be sent again, how many were, and how many of these were accepted in the end. */
  retriesAllowed: z.number().default(0),
  retries: z.number().default(0),
  retriedAccepted: z.number().default(0),
  status: z.record(z.string(), z.number()),
  latency: z.object({ minMs: z.number(), meanMs: z.number(), maxMs: z.number(), taken: buckets, refused: buckets }),
  processing: processing.optional(),
  ledger: z.object({ verdict: z.string(), findings: z.array(z.string()) }).optional(),
  healthyAfter: z.boolean().optional(),
  timeline: z.array(GeneratorSecond),
  samples: z.array(StackSample),
});
export type LoadReport = z.output<typeof LoadReport>;
