import type { Mutant } from "./mutant.ts";

const LOST = "operations/receipts/lost-receipts.ts";

/** Mistakes of freezing, and of what follows when PostgreSQL was restored to an earlier point. */
export const RESTORE_MUTANTS: readonly Mutant[] = [
  {
    name: "freeze-without-wait",
    mistake: "a freeze is confirmed although some ingest still remembers the law as open",
    edits: [
      {
        file: "operations/laws/freeze.ts",
        find: "return { changed, knownWithinSeconds: knownAfterSeconds(timing) };",
        replace: "return { changed, knownWithinSeconds: 0 };",
      },
    ],
    seed: 8,
  },
  {
    name: "record-before-load",
    mistake: "after a restore, decided votes are recorded before the lost part of the roll is loaded again",
    edits: [
      {
        file: "proving/simulation/restoring.ts",
        find: "const steps = [bringBack, loadAgain, bringBack];",
        replace:
          "if (!world.history.log) return [bringBack, letAggregateGoOn, loadAgain, bringBack, rebuildAll];\n  const steps = [bringBack];",
      },
    ],
    seed: 1099,
  },
  {
    name: "lost-and-counted",
    mistake: "a receipt that is marked as lost keeps the status that PostgreSQL does not know",
    edits: [{ file: LOST, find: "  await ports.remove(orphans);\n", replace: "" }],
    seed: 11,
  },
  {
    name: "lost-without-trace",
    mistake: "receipts are deleted before they say lost, so that an interruption leaves no trace of a lost vote",
    edits: [
      {
        file: LOST,
        find: "const failed = await ports.putAll(",
        replace: "await ports.remove(orphans);\n  const failed = await ports.putAll(",
      },
    ],
    seed: 11,
  },
  {
    name: "journal-not-compared-when-written",
    mistake: "an act that compared the journal with the archive before a restore adds to the restored journal",
    edits: [
      {
        file: "proving/simulation/models/postgres-door.ts",
        find: "if ((tables.journal.at(-1)?.number ?? 0) < Number(known))",
        replace: "if (Number(known) < 0)",
      },
    ],
    seed: 3_001_433,
  },
];
