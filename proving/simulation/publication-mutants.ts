import type { Mutant } from "./mutant.ts";

/**
 * PostgreSQL runs SQL, so its mistakes are made in its model; published-model.test.ts compares the model with the SQL.
 */
const SQL = "proving/simulation/models/publish-results.ts";

/** Mistakes of publishing a tally in steps. */
export const PUBLICATION_MUTANTS: readonly Mutant[] = [
  {
    name: "step-not-held",
    mistake:
      "a step of a result is shown at once instead of being held back, so that few votes may be left for the end",
    edits: [{ file: SQL, find: "const isAll = minimumVotes <= 1 || isOver;", replace: "const isAll = true;" }],
    seed: 5,
  },
  {
    name: "minimum-of-all-votes",
    mistake: "the minimum of a step counts all votes instead of new ones",
    edits: [
      {
        file: SQL,
        find: "const newVotes = sum(tally) - sum(row.held);",
        replace: "const newVotes = sum(tally) > sum(row.held) ? sum(tally) : 0;",
      },
    ],
    seed: 21,
  },
  {
    name: "final-at-closing",
    mistake: "a result is final when its law closes, although votes are still on their way",
    edits: [{ file: "functions/results/asked.ts", find: "now() - finalAfterSeconds * 1_000", replace: "now()" }],
    seed: 1,
  },
  {
    name: "final-without-quiet",
    mistake: "after the closing, votes that come late from the queues are shown one by one",
    edits: [{ file: SQL, find: "const isOver = isFinal && isSince(countedAt);", replace: "const isOver = isFinal;" }],
    seed: 12,
  },
  {
    name: "readers-without-turns",
    mistake: "a reader who waited for another publishes what was due before the other did",
    edits: [
      {
        file: SQL,
        find: "return [{ ...law, tally,",
        replace: "return [{ ...law, seen: tables.published.get(law.lawId), tally,",
      },
      {
        file: SQL,
        find: "{ lawId, isFinal, tally, countedAt } of",
        replace: "{ lawId, isFinal, tally, countedAt, seen } of",
      },
      { file: SQL, find: "const row = tables.published.get(lawId) ??", replace: "const row = seen ??" },
    ],
    seed: 218,
  },
];
