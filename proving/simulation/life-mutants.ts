import type { Mutant } from "./mutant.ts";

const REPAIR = "operations/law-book/repair.ts";
const BOOK = "operations/law-book/law-book.ts";
const SEAL = "operations/roll/steps/seal-roll.ts";
const WINDOW = "operations/laws/window.ts";
/** PostgreSQL looks again when it changes a roll, and that is SQL. */
const CHANGES = "proving/simulation/models/postgres-changes.ts";

/** Mistakes in the life of a law: of operators' acts on its roll and its windows. */
export const LIFE_MUTANTS: readonly Mutant[] = [
  {
    name: "replace-who-has-voted",
    mistake: "the code of somebody who has voted is replaced",
    edits: [
      {
        file: "operations/roll/changes/refuse-change.ts",
        find: `if (kind === "replace" && isCarriedOut) {`,
        replace: `if (kind === "add" && isCarriedOut) {`,
      },
      {
        file: CHANGES,
        find: `kind === "replace" && voted !== undefined`,
        replace: `kind === "add" && voted !== undefined`,
      },
    ],
    seed: 6,
  },
  {
    name: "redis-not-read-back",
    mistake: "Redis is told that it has a roll whole, and nobody has read back what was written to it",
    edits: [
      {
        file: "operations/roll/steps/fill-range.ts",
        find: "const differing = differingBucket(written, await cache.readBack(lawId, from, to));",
        replace: "const differing = differingBucket(written, written);",
      },
      {
        file: "operations/roll/change.ts",
        find: "seal?.voters === voters && voters === cached",
        replace: "seal?.voters === voters",
      },
    ],
    seed: 1,
  },
  {
    name: "restored-row-wins",
    mistake: "after a restore, a law keeps the window that PostgreSQL remembers, and not the one that voters know",
    edits: [
      {
        file: REPAIR,
        find: `if (version > law.version) return "adopt";`,
        replace: `if (version > law.version) return "nothing";`,
      },
    ],
    seed: 4_002_095,
  },
  {
    name: "late-window-stays",
    mistake: "a window that is known too late for its moment is not moved",
    edits: [{ file: BOOK, find: "return !isInTime(this.#timing, now, inForceAt);", replace: "return false;" }],
    seed: 1069,
  },
  {
    name: "reopen-forgets-window",
    mistake: "a law that is opened again forgets when it was open before",
    edits: [
      {
        file: WINDOW,
        find: "earlierWindows: [...(law.earlierWindows ?? []), { opensAt, closesAt }],",
        replace: "earlierWindows: law.earlierWindows,",
      },
    ],
    seed: 111,
  },
  {
    name: "count-unclean-ledger",
    mistake: "a law is counted although its ledger is not clean",
    edits: [
      {
        file: "operations/count/count-steps.ts",
        find: `if (verdict !== "clean") {`,
        replace: `if (verdict === "pending") {`,
      },
    ],
    seed: "count of a tampered ledger",
  },
  {
    name: "seal-whatever-is-loaded",
    mistake: "a roll is sealed with another number of voters than the operator expects",
    edits: [
      { file: SEAL, find: "if (voters === expected) return;", replace: "if (voters >= 0) return;" },
      { file: SEAL, find: "if (voters !== expected) {", replace: "if (voters < 0) {" },
    ],
    seed: 4_000_004,
  },
  {
    name: "draft-has-item",
    mistake: "voters' functions know a draft, so that it takes votes before its roll is sealed",
    edits: [
      {
        file: REPAIR,
        find: `if (law.reached !== "draft") return "project";`,
        replace: `if (law.reached !== "counted") return "project";`,
      },
    ],
    seed: 4_000_001,
  },
  {
    name: "prolonged-at-its-end",
    mistake: "the ledger goes by a later end only from that end on",
    edits: [
      {
        file: "operations/laws/change-window.ts",
        find: "inForceAt: momentOf(read, changes, { asked: at ?? soonest, soonest })",
        replace: "inForceAt: at ?? soonest",
      },
    ],
    seed: 4_000_021,
  },
  {
    name: "late-end-opens-again",
    mistake: "an end that is written after the law has closed is moved to a later time, which opens the law again",
    edits: [{ file: BOOK, find: "if (isOver(attempt.before) && isOver(law)) return false;", replace: "" }],
    seed: 4_003_571,
  },
];
