import { z } from "zod";
import type { LedgerFacts } from "../../domain/ledger.ts";
import { DEVIATION_NAMES } from "../../domain/ledger-rules.ts";
import { defineAct } from "./define-act.ts";
import { lawId, noCursor } from "./laws.ts";
import { Scanning } from "./receipts.ts";

const count = z.number().int().min(0);

/** Request ids per call: some 700 kB of JSON. */
export const ACCEPTED_PER_CALL = 10_000;

export const takeAccepted = defineAct({
  name: "take-accepted",
  group: "looks",
  people: 1,
  request: z.strictObject({
    /** Names the check of the ledger that will look them up. */
    comparison: z.uuid(),
    request_ids: z.array(z.string().min(1).max(200)).min(1).max(ACCEPTED_PER_CALL),
  }),
  cursor: noCursor,
  result: z.strictObject({}),
});

const examples = z.array(z.string().max(200)).max(5);
const deviation = z.strictObject({ count, examples });
const deviations = z.partialRecord(z.enum(DEVIATION_NAMES), deviation);
const depths = { votes: count, outcomes: count, votes_dead_letters: count, outcomes_dead_letters: count };
const claimsRead = z.strictObject({ bucket: count.nullable(), voters: count });
const requestId = z.string().max(200).nullable();

const Cursor = z.strictObject({
  phase: z.enum(["receipts", "claims", "facts", "accepted", "end"]),
  before: z.strictObject({ depths: z.strictObject(depths), audit: z.string().regex(/^[0-9a-f]{64}$/) }),
  receipts: Scanning,
  claims: z.strictObject({ laws: z.array(lawId), now: claimsRead, voters: z.record(lawId, count) }),
  finding: z.strictObject({
    phase: z.enum(["requests", "laws", "done"]),
    after: requestId,
    laws: z.array(lawId),
    slice: count,
    instants: count,
    tallies: z.record(lawId, z.strictObject({ figures: z.record(z.string().max(40), count), deviations })),
  }),
  accepted: z
    .strictObject({
      queue: z.enum(["votesDeadLetters", "outcomesDeadLetters"]).nullable(),
      rounds: count,
      after: requestId,
      total: count,
      missing: deviation,
      isDone: z.boolean(),
    })
    .nullable(),
});

const votes = z.strictObject({ oui: count, non: count });
const statuses = z.strictObject({ invalid: count, duplicate: count, counted: count });
/** What a law was counted with. */
const countedWith = z.union([
  z.strictObject({ tally: votes, spoiled: count.optional(), audit: statuses }),
  z.literal("unknown"),
]);

const Facts = z.strictObject({
  laws: z.array(
    z.strictObject({
      law_id: lawId,
      voters: count,
      invalid_on_roll: count,
      participation: count,
      ballots: votes,
      tally: votes,
      /** Of a sealed law. */
      box: z.strictObject({ envelopes: count, spoiled: count }).optional(),
      audit: statuses,
      receipts: statuses,
      deviations: z.array(z.strictObject({ deviation: z.string(), count, examples })),
      cache: z.strictObject({
        voters: count,
        sealed: z.boolean(),
        complete: z.boolean(),
        claims_missing: count,
        unfinished: z.array(z.string()).optional(),
      }),
      count: countedWith.optional(),
    }),
  ),
  meanwhile: z.enum(["recorded", "torn"]).optional(),
  depths: z.strictObject(depths),
  accepted: z.strictObject({ total: count, missing: deviation }).optional(),
});

export const ledger = defineAct({
  name: "ledger",
  group: "looks",
  people: 1,
  request: z.strictObject({
    /** Which laws; absent: all. */
    laws: z.array(lawId).min(1).optional(),
    /** The comparison that has taken accepted submissions in; absent: none are looked up. */
    comparison: z.uuid().optional(),
  }),
  cursor: Cursor,
  result: Facts,
});

type Facts = z.output<typeof Facts>;

/**
 * The facts as an answer of the API.
 *
 * @param facts about the stores
 */
export function answerOfFacts({ laws, depths: of, meanwhile, accepted }: LedgerFacts): z.input<typeof Facts> {
  return {
    laws: laws.map(({ lawId: law_id, invalidOnRoll, cache, deviations: found, ...law }) => ({
      law_id,
      ...law,
      invalid_on_roll: invalidOnRoll,
      deviations: DEVIATION_NAMES.flatMap((name) => {
        const one = found[name];
        return one === undefined ? [] : [{ deviation: snakeCase(name), count: one.count, examples: [...one.examples] }];
      }),
      cache: {
        voters: cache.voters,
        sealed: cache.sealed,
        complete: cache.complete,
        claims_missing: cache.claimsMissing,
        ...(cache.unfinished === undefined ? {} : { unfinished: [...cache.unfinished] }),
      },
    })),
    depths: {
      votes: of.votes,
      outcomes: of.outcomes,
      votes_dead_letters: of.votesDeadLetters,
      outcomes_dead_letters: of.outcomesDeadLetters,
    },
    ...(meanwhile === undefined ? {} : { meanwhile }),
    ...(accepted === undefined
      ? {}
      : {
          accepted: {
            total: accepted.total,
            missing: { ...accepted.missing, examples: [...accepted.missing.examples] },
          },
        }),
  };
}

/**
 * The facts that an answer of the API gives.
 *
 * @param answer the result of `ledger`
 */
export function factsOfAnswer({ laws, depths: of, ...rest }: Facts): LedgerFacts {
  return {
    laws: laws.map(({ law_id, invalid_on_roll, deviations: found, cache, ...law }) => ({
      ...law,
      lawId: law_id,
      invalidOnRoll: invalid_on_roll,
      deviations: Object.fromEntries(
        DEVIATION_NAMES.flatMap((name) => {
          const one = found.find(({ deviation: called }) => called === snakeCase(name));
          return one === undefined ? [] : [[name, { count: one.count, examples: one.examples }]];
        }),
      ),
      cache: {
        voters: cache.voters,
        sealed: cache.sealed,
        complete: cache.complete,
        claimsMissing: cache.claims_missing,
        ...(cache.unfinished === undefined ? {} : { unfinished: cache.unfinished }),
      },
    })),
    depths: {
      votes: of.votes,
      outcomes: of.outcomes,
      votesDeadLetters: of.votes_dead_letters,
      outcomesDeadLetters: of.outcomes_dead_letters,
    },
    ...rest,
  };
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
