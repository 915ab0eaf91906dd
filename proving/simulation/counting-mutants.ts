import type { Mutant } from "./mutant.ts";

const STEPS = "operations/count/count-steps.ts";
const MISSING = "operations/count/missing.ts";
/** PostgreSQL runs SQL, so its mistakes are made in its models; postgres-model.test.ts compares them with the SQL. */
const SQL = "proving/simulation/models/record-outcomes.ts";
const LAWS = "proving/simulation/models/laws.ts";

/** Mistakes about the windows in force, and about counting. */
export const COUNTING_MUTANTS: readonly Mutant[] = [
  {
    name: "judge-by-what-was-asked",
    mistake: "votes are judged by the windows that were asked for, whether or not they came into force",
    edits: [{ file: LAWS, find: `one.phase === "confirmed"`, replace: `one.phase === "asked"` }],
    seed: 1069,
  },
  {
    name: "record-after-count",
    mistake: "votes of a law are recorded after it was counted",
    edits: [{ file: SQL, find: `law?.reached !== "counted" && law`, replace: "law" }],
    seed: 1_000_001,
  },
  {
    name: "count-dead-letters-out",
    mistake: "a law is counted although votes of it are dead letters",
    edits: [{ file: MISSING, find: "...(ofLaw === 0", replace: "...(ofLaw >= 0" }],
    seed: 1_000_022,
  },
  {
    name: "count-full-queues",
    mistake: "a law is counted although votes are in the queues",
    edits: [
      {
        file: MISSING,
        find: "if (votes + outcomes === 0) return [];",
        replace: "if (votes + outcomes >= 0) return [];",
      },
      { file: STEPS, find: `if (verdict !== "clean")`, replace: `if (verdict === "broken")` },
    ],
    seed: 1_000_043,
  },
  {
    name: "count-too-soon",
    mistake: "a law is counted as soon as it has closed, and the queues are looked at once",
    edits: [
      { file: MISSING, find: "(await ports.visibilitySeconds()) + ports.quietSeconds", replace: "0" },
      {
        file: STEPS,
        find: "Date.parse(since)) / 1_000 >= ports.quietSeconds",
        replace: "Date.parse(since)) / 1_000 >= 0",
      },
    ],
    seed: 1_000_160,
  },
];
