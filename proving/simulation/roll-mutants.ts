import type { Mutant } from "./mutant.ts";

const CHANGE = "operations/roll/change.ts";

/** Mistakes of loading and rebuilding rolls. */
export const ROLL_MUTANTS: readonly Mutant[] = [
  {
    name: "cut-off-load-completes",
    mistake: "a roll counts as complete again after a load or rebuild of it that was cut off",
    edits: [
      {
        file: CHANGE,
        find: "const result = await work();",
        replace:
          "const result = await work().catch(async (error: unknown) => {\n" +
          "for (const law of laws) await ports.marks.finish(law.lawId, markOf(law));\n" +
          "for (const law of laws) await completeRoll(ports, law);\n" +
          "throw error;\n});",
      },
    ],
    seed: 309,
  },
  {
    name: "other-load-completes",
    mistake: "a load completes a roll although another load or a rebuild of it was cut off",
    edits: [{ file: CHANGE, find: "voters === cached && unfinished.length === 0", replace: "voters === cached" }],
    seed: 45,
  },
  {
    name: "mark-after-change",
    mistake: "the start of a load is noted only after the roll has changed, so that a killed load leaves no trace",
    edits: [
      {
        file: CHANGE,
        find: "for (const law of laws) await ports.marks.begin(law.lawId, markOf(law));\n    const result = await work();",
        replace:
          "const result = await work();\n    for (const law of laws) await ports.marks.begin(law.lawId, markOf(law));",
      },
    ],
    seed: 188,
  },
  {
    name: "resume-what-was-disabled",
    mistake: "a load or rebuild enables validate although the operator had disabled it",
    edits: [
      {
        file: "operations/roll/pause.ts",
        find: "this.#isOurs = await consumer.isEnabled();",
        replace: "this.#isOurs = true;",
      },
    ],
    seed: 3,
  },
  {
    name: "meta-not-replicated",
    mistake: "a replica of Redis takes over before it knows that a roll is no longer complete",
    edits: [
      { file: "proving/simulation/models/redis.ts", find: "() => redis.replicate()", replace: "() => undefined" },
    ],
    seed: 148,
  },
  {
    name: "note-of-another-time",
    mistake:
      "a load or rebuild enables validate because of an old note of a pause, although the operator has disabled it since",
    edits: [
      {
        file: "operations/roll/pause.ts",
        find: "const isOfNow = this.#isOurs || note.mappingChangedAt === (await consumer.lastChange());",
        replace: "const isOfNow = true;",
      },
    ],
    seed: 870,
  },
  {
    name: "rebuild-keeps-claims",
    mistake: "a rebuild leaves claims in Redis that PostgreSQL does not know",
    edits: [
      {
        file: "operations/roll/rebuild-roll.ts",
        find: "await ports.cache.clear(law.lawId);",
        replace: "",
      },
    ],
    seed: 2,
  },
];
