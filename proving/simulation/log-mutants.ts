import type { Mutant } from "./mutant.ts";

/** PostgreSQL runs SQL, so its mistakes are made in its models; log-model.test.ts compares them with the SQL. */
const TABLES = "proving/simulation/models/log-tables.ts";
const RUN = "operations/log/run-log.ts";

/** Mistakes about the public logs. */
export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: "leaf-lost",
    mistake: "a status that rises has no entry in the log",
    edits: [
      {
        file: TABLES,
        find: "if (audit.get(requestId)?.status === status) continue;",
        replace: "if (audit.has(requestId)) continue;",
      },
    ],
    seed: 3_000_348,
  },
  {
    name: "leaf-twice",
    mistake: "what has come into the log goes on waiting, and comes again",
    edits: [
      {
        file: TABLES,
        find: "this.waitingEntries = this.waitingEntries.filter((one) => !taken.includes(one));",
        replace: "",
      },
    ],
    seed: 3_000_001,
  },
  {
    name: "second-envelope-without-leaf",
    mistake: "a further envelope under a request id has no entry in the log",
    edits: [
      {
        file: "proving/simulation/models/postgres.ts",
        find: "logRepeated(tables, transaction.repeated);",
        replace: "",
      },
    ],
    seed: 3_000_009,
  },
  {
    name: "root-signed-before-commit",
    mistake: "the root of an epoch is signed and kept before PostgreSQL has committed the epoch",
    edits: [
      {
        file: RUN,
        find: "const isCommitted = await this.#session.commit({",
        replace:
          "await this.#objects.keepCheckpoint(number, await signNote(checkpointText({ origin: this.#law.origin, ...epoch }), this.#key));\n" +
          "const isCommitted = await this.#session.commit({",
      },
    ],
    seed: 3_000_001,
  },
  {
    name: "restore-forgets-leaves",
    mistake: "a log is continued from what a restored database knows, and leaves are forgotten that are published",
    edits: [
      {
        file: RUN,
        find: "if (published.size > lastSize) {",
        replace: "if (published.size > lastSize) return;\nif (published.size < 0) {",
      },
      { file: RUN, find: "if (await this.#objects.hasEpoch(number)) {", replace: "if (number < 0) {" },
      {
        file: RUN,
        find: "const tree = await treeAt(this.#session, this.#law, before);",
        replace:
          "const [known] = await this.#session.latestEpochs();\nbefore = known ?? NOTHING;\nconst tree = await treeAt(this.#session, this.#law, before);",
      },
    ],
    seed: 3_000_035,
  },
  {
    name: "epoch-restored-in-part",
    mistake: "an epoch is brought back without its last entry",
    edits: [
      {
        file: TABLES,
        find: "this.#append({ number, size, root }, entries, tileRoots);",
        replace: "this.#append({ number, size, root }, entries.slice(0, -1), tileRoots);",
      },
    ],
    seed: 3_000_003,
  },
  {
    name: "lost-not-said",
    mistake: "a log does not say of what it has published that it is lost",
    edits: [
      {
        file: "proving/simulation/models/orphans.ts",
        find: "if (!tables.audit.has(requestId)) tables.logs",
        replace: "if (requestId === law_id) tables.logs",
      },
    ],
    seed: 3_000_013,
  },
  {
    name: "row-after-recording",
    mistake: "a row of a law with a public log changes after its recording has ended, and its log is final",
    edits: [
      {
        file: "proving/simulation/models/record-outcomes.ts",
        find: `law?.reached !== "counted" && law`,
        replace: "law",
      },
    ],
    seed: 3_000_000,
  },
];
