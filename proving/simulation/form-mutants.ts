import type { Mutant } from "./mutant.ts";

const DECIDE = "functions/validate/decide.ts";
const RECORD = "functions/aggregate/record.ts";
/** PostgreSQL runs SQL, so its mistakes are made in its model; postgres-model.test.ts compares the two. */
const SQL = "proving/simulation/models/record-outcomes.ts";

/** In `validate` and in `aggregate`, the line from which on macs are checked. */
const CHECK = "if (keys?.has(macs.keyVersion) !== true) return false;";
const NO_CHECK = "if (keys !== null) return true;";

/** Mistakes about laws with a form: macs, envelopes and the box. */
export const FORM_MUTANTS: readonly Mutant[] = [
  {
    name: "mac-not-checked",
    mistake: "nobody checks the macs of a message",
    edits: [
      { file: DECIDE, find: CHECK, replace: NO_CHECK },
      { file: RECORD, find: CHECK, replace: NO_CHECK },
    ],
    seed: 2_000_003,
  },
  {
    name: "mac-checked-once",
    mistake: "aggregate records what is on its queue, because validate has checked the votes",
    edits: [{ file: RECORD, find: CHECK, replace: NO_CHECK }],
    seed: 2_000_003,
  },
  {
    name: "box-outside-transaction",
    mistake: "an envelope goes into the box outside the transaction that enters its participation",
    edits: [
      {
        file: "proving/simulation/models/postgres.ts",
        find: "rollBack(transaction: Transaction): void {",
        replace:
          "rollBack(transaction: Transaction): void {\n" +
          "if (this.#active.has(transaction)) for (const [place, one] of transaction.box) this.tables.box.set(place, one);",
      },
    ],
    seed: 2_000_410,
  },
  {
    name: "copy-is-counted",
    mistake: "a copy of an envelope is counted",
    edits: [
      { file: SQL, find: "row === undefined || isCopy(transaction, vote, onRoll)", replace: "row === undefined" },
    ],
    seed: 2_000_002,
  },
  {
    name: "second-envelope-counts",
    mistake: "a second envelope under the same request id goes into the box as well",
    edits: [
      {
        file: SQL,
        find: "if (transaction.participationOf(voter) !== undefined) continue;",
        replace:
          "const known = transaction.participationOf(voter);\n" +
          "if (known !== undefined && (known !== requestId || sealed === undefined)) continue;",
      },
      {
        file: SQL,
        find: "if (!isRepeated(tables, vote)) return true;",
        replace: "if (vote !== undefined) return true;",
      },
    ],
    seed: 2_000_001,
  },
  {
    name: "second-envelope-forgotten",
    mistake: "a second envelope under the same request id is acknowledged, and nothing keeps its promise",
    edits: [
      { file: RECORD, find: "for (const round of further) {", replace: "for (const round of further.slice(9)) {" },
    ],
    seed: 2_000_003,
  },
  {
    name: "recorded-without-promise",
    mistake: "a vote is recorded without its promise",
    edits: [{ file: SQL, find: "promise: known?.promise ?? vote.macs?.promise,", replace: "promise: known?.promise," }],
    seed: 2_000_001,
  },
  {
    name: "promise-without-mac",
    mistake: "the macs of a vote are not over its promise",
    edits: [
      {
        file: "shared/domain/message-macs.ts",
        find: "[...values, String(keyVersion), promise]",
        replace: "[...values, String(keyVersion), promise.slice(0, 0)]",
      },
    ],
    seed: 2_000_010,
  },
  {
    name: "opening-without-the-rest",
    mistake: "an opening misses the envelopes of the last group, because it is not full",
    edits: [
      {
        file: "shared/messages/box.ts",
        find: "if (group.length > 0) yield group;",
        replace: "if (size < 0) yield group;",
      },
    ],
    seed: 2_000_001,
  },
];
