import { COUNTING_MUTANTS } from "./counting-mutants.ts";
import { DUPLICATE_MUTANTS } from "./duplicate-mutants.ts";
import { FORM_MUTANTS } from "./form-mutants.ts";
import { LIFE_MUTANTS } from "./life-mutants.ts";
import { LOG_MUTANTS } from "./log-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { PUBLICATION_MUTANTS } from "./publication-mutants.ts";
import { RESTORE_MUTANTS } from "./restore-mutants.ts";
import { ROLL_MUTANTS } from "./roll-mutants.ts";

const ACCEPT = "functions/ingest/accept.ts";
const DECIDE = "functions/validate/decide.ts";
const TIMING = "operations/law-book/timing.ts";
const RECORD = "functions/aggregate/record.ts";
/**
 * PostgreSQL runs SQL, so its mistakes are made in its model; postgres-model.test.ts compares the model with the SQL.
 */
const SQL = "proving/simulation/models/record-outcomes.ts";
const SESSION = "proving/simulation/models/postgres-ports.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "mark-before-publish",
    mistake: "a claimed vote is acknowledged, whether or not its outcome was published",
    edits: [{ file: DECIDE, find: "decided.filter((_, index) => sent[index] === true).map(", replace: "decided.map(" }],
    seed: 131,
  },
  {
    name: "own-claim-is-duplicate",
    mistake: "a redelivered vote is a duplicate of its own claim",
    edits: [
      {
        file: "proving/simulation/models/claim-rule.ts",
        find: `if (claim === "" || claim === id)`,
        replace: `if (claim === "")`,
      },
    ],
    seed: 47,
  },
  {
    name: "check-then-mark",
    mistake: "participation is looked up and entered in two steps that others can come between",
    edits: [
      { file: SESSION, find: "ready: () => database.areFree(locks, transaction)", replace: "ready: () => true" },
      { file: SESSION, find: "const isSettled = () =>", replace: "const isSettled = () => true ||" },
    ],
    seed: 131,
  },
  {
    name: "acknowledge-before-commit",
    mistake: "a batch is acknowledged although its transaction may have failed",
    edits: [
      { file: RECORD, find: ".filter(({ value }) => !done.has(value.requestId))", replace: ".filter(() => false)" },
    ],
    seed: 2,
  },
  {
    name: "count-redelivery",
    mistake: "a submission that is recorded again is counted again",
    edits: [
      {
        file: SQL,
        find: "if (transaction.participationOf(voter) !== undefined) continue;",
        replace: "if ((transaction.participationOf(voter) ?? requestId) !== requestId) continue;",
      },
    ],
    seed: 4,
  },
  {
    name: "trust-redis",
    mistake: "every vote that Redis accepted is counted, even a duplicate whose claim Redis has forgotten",
    edits: [{ file: SQL, find: "if (transaction.participationOf(voter) !== undefined) continue;", replace: "" }],
    seed: 4,
  },
  {
    name: "swallow-unwritten-receipt",
    mistake: "an outcome is acknowledged although its receipt was not written",
    edits: [{ file: RECORD, find: ".filter(({ requestId }) => !unwritten.has(requestId))", replace: "" }],
    seed: 281,
  },
  {
    name: "report-wrong-item",
    mistake: "when part of a batch was confirmed, the code assumes that it was the first messages",
    edits: [{ file: "shared/stores/queue.ts", find: "taken.has(String(index))", replace: "index < taken.size" }],
    seed: 67,
  },
  {
    name: "tally-outside-transaction",
    mistake: "the tally is raised outside the transaction that enters the ballots",
    edits: [
      {
        file: "proving/simulation/models/postgres.ts",
        find: "rollBack(transaction: Transaction): void {",
        replace:
          "rollBack(transaction: Transaction): void {\n" +
          "if (this.#active.has(transaction)) for (const [law, added] of transaction.tallies) addToTally(this.tables.tallies, law, added);",
      },
    ],
    seed: 90,
  },
  {
    name: "rebuild-without-claims",
    mistake: "a rebuilt roll lets voters who have voted vote again",
    edits: [
      { file: "operations/roll/steps/fill-range.ts", find: "id: idOf(countedRequestId)", replace: "id: idOf(null)" },
    ],
    seed: 1,
  },
  {
    name: "empty-redis-is-empty-roll",
    mistake: "a Redis without the roll says that nobody is on it",
    edits: [
      {
        file: "shared/stores/claims.ts",
        find: "if (before !== undefined && after !== undefined) rolls.set(lawId, after);",
        replace: "rolls.set(lawId, after ?? { voters: 0 });",
      },
    ],
    seed: 6,
  },
  {
    name: "ignore-unprocessed",
    mistake: "receipts that DynamoDB did not process are believed to be written",
    edits: [
      {
        file: "shared/stores/receipts.ts",
        find: "pending = answer.UnprocessedItems?.[this.#table] ?? [];",
        replace: "pending = [];",
      },
    ],
    seed: 17,
  },
  {
    name: "attempts-per-delivery",
    mistake: "a redelivery is one more attempt of its voter",
    edits: [
      { file: SQL, find: "STATUSES.indexOf(before) >= STATUSES", replace: "STATUSES.indexOf(before) > STATUSES" },
      { file: SQL, find: `|| (one.before !== undefined && one.before !== "invalid")`, replace: "" },
    ],
    seed: 2,
  },
  {
    name: "classify-in-same-statement",
    mistake: "conflicts are classified in the statement that caused them, which cannot see what they conflict with",
    edits: [
      {
        file: SQL,
        find: "const countedRequestId = transaction.participationOf(voter);",
        replace:
          "const entered = transaction.participation.get(voter);\n" +
          "const countedRequestId = entered === vote.requestId || entered === undefined ? transaction.participationOf(voter) : undefined;",
      },
    ],
    seed: 83,
  },
  {
    name: "receipts-for-new-rows-only",
    mistake: "a redelivered outcome writes no receipt, because its audit is not new",
    edits: [
      {
        file: SESSION,
        find: "if (row === undefined || !isDone",
        replace: "if (row === undefined || !transaction.audit.has(requestId) || !isDone",
      },
    ],
    seed: 2,
  },
  {
    name: "receipt-overwritten",
    mistake: "a receipt is overwritten by whatever is written last",
    edits: [{ file: "shared/stores/receipts.ts", find: "String(rankOf(receipt.status))", replace: `"1"` }],
    seed: 11,
  },
  {
    name: "status-falls",
    mistake: "of several statuses of a submission, the lowest is read",
    edits: [{ file: "shared/stores/receipts.ts", find: "ScanIndexForward: false", replace: "ScanIndexForward: true" }],
    seed: 47,
  },
  {
    name: "redrive-unconfirmed",
    mistake: "a redriven message is deleted although the queue did not confirm it",
    edits: [
      {
        file: "operations/queues/redrive.ts",
        find: "split(yes, (_, index) => confirmed[index] === true)",
        replace: "split(yes, () => true)",
      },
    ],
    seed: 124,
  },
  {
    name: "accept-unconfirmed",
    mistake: "a vote is answered 202 although the queue did not confirm it",
    edits: [
      {
        file: ACCEPT,
        find: "services.onUnconfirmed(error);",
        replace: "services.onUnconfirmed(error);\n    return accepted(submission, acceptedAt, given);",
      },
    ],
    seed: 33,
  },
  {
    name: "ignore-idempotency-key",
    mistake: "a retry with the same Idempotency-Key is another submission",
    edits: [{ file: ACCEPT, find: "idempotencyKey === undefined\n      ? uuidV7", replace: "1 < 2\n      ? uuidV7" }],
    seed: 1,
  },
  {
    name: "drop-unreadable",
    mistake: "an unreadable message is acknowledged although it could not be put on the dead-letter queue",
    edits: [
      {
        file: "shared/runtime/batch.ts",
        find: "failures: unreadable.filter((_, index) => !moved[index]).map((record) => record.messageId)",
        replace: "failures: []",
      },
    ],
    seed: 67,
  },
  {
    name: "accept-after-close",
    mistake: "votes are accepted after their law has closed",
    edits: [{ file: ACCEPT, find: `if (state !== "open")`, replace: `if (state === "frozen")` }],
    seed: 5,
  },
  {
    name: "close-without-margin",
    mistake: "a law that is closed by hand closes at once, while ingest still remembers it as open",
    edits: [
      { file: TIMING, find: "knownAfterSeconds(timing)) * 1_000", replace: "0) * 1_000" },
      { file: TIMING, find: ">= (cacheSeconds + marginSeconds / 2) * 1_000", replace: ">= -60_000" },
    ],
    seed: 84,
  },
  ...ROLL_MUTANTS,
  ...DUPLICATE_MUTANTS,
  ...RESTORE_MUTANTS,
  ...PUBLICATION_MUTANTS,
  ...COUNTING_MUTANTS,
  ...FORM_MUTANTS,
  ...LOG_MUTANTS,
  ...LIFE_MUTANTS,
];
