import type { Mutant } from "./mutant.ts";

const SQL = "proving/simulation/models/record-outcomes.ts";
const RECORD = "functions/aggregate/record.ts";
const SETTLE = "operations/queues/settle.ts";
const STEPS = "operations/queues/settle-steps.ts";

/**
 * Mistakes about duplicates whose voters have no participation, about ballots that are alone, and about
 * votes that operators must hear of.
 */
export const DUPLICATE_MUTANTS: readonly Mutant[] = [
  {
    name: "duplicate-of-nothing",
    mistake:
      "a duplicate is recorded although its voter has no participation, so that a claim of nobody costs the vote",
    edits: [
      {
        file: SQL,
        find: `return "invalid";\n  return undefined;`,
        replace: `return "invalid";\n  return "duplicate";`,
      },
      { file: SQL, find: `vote.outcome !== "duplicate" ||`, replace: `true ||` },
    ],
    seed: 2,
  },
  {
    name: "duplicate-first",
    mistake: "a duplicate is counted in the place of a first vote that is only late",
    edits: [
      {
        file: SQL,
        find: `vote.outcome === "duplicate" && !transaction`,
        replace: "vote.choice === undefined && !transaction",
      },
    ],
    seed: 11,
  },
  {
    name: "waiting-is-done",
    mistake: "a duplicate that waits for its first vote is acknowledged",
    edits: [
      {
        file: RECORD,
        find: "const messageIds = new Set(",
        replace:
          "return new Set(readable.filter(({ value }) => waitingIds.has(value.requestId)).map(({ messageId }) => messageId));\n  const messageIds = new Set(",
      },
    ],
    seed: 2,
  },
  {
    name: "settle-too-early",
    mistake: "duplicates are settled although a first vote may still come",
    edits: [
      { file: SETTLE, find: "if (votes + outcomes > 0) {", replace: "if (votes + outcomes < 0) {" },
      { file: SETTLE, find: "if (votesDeadLetters !== unreadableVotes) {", replace: "if (votesDeadLetters < 0) {" },
      { file: STEPS, find: "(ports, state)) === 0 &&", replace: "(ports, state)) >= 0 &&" },
    ],
    seed: 1655,
  },
  {
    name: "settle-what-failed",
    mistake: "an empty queue counts as proof that a first vote was recorded",
    edits: [
      {
        file: STEPS,
        find: "votersOf(letters.filter((letter) => !isDuplicate(letter))).filter(",
        replace: "votersOf([]).filter(",
      },
    ],
    seed: 1399,
  },
  {
    name: "settle-the-latest",
    mistake: "of a voter's duplicates the latest is settled",
    edits: [{ file: SETTLE, find: "order(letter) < order(known)", replace: "order(letter) > order(known)" }],
    seed: 2,
  },
  {
    name: "settle-unconfirmed",
    mistake: "a settled message is deleted although the queue did not confirm it",
    edits: [
      {
        file: STEPS,
        find: "chunk.filter((_, index) => confirmed[index] === true)",
        replace: "chunk.filter((_, index) => confirmed[index] !== undefined)",
      },
    ],
    seed: 1307,
  },
  {
    name: "crowd-per-batch",
    mistake: "other votes of a batch count as the crowd in which a law's lone ballot hides",
    edits: [
      {
        file: SQL,
        find: "takeCrowds(transaction);\n}",
        replace: "if (votes.length < CROWD) takeCrowds(transaction);\n}",
      },
    ],
    seed: 4,
  },
  {
    name: "invalid-unseen",
    mistake: "nobody is told of votes that are invalid although their voters came on the roll later",
    edits: [{ file: "shared/domain/ledger.ts", find: "if (invalidOnRoll > 0) {", replace: "if (invalidOnRoll < 0) {" }],
    seed: 136,
  },
];
