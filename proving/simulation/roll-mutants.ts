import type { Mutant } from "./mutant.ts";

const CHANGE = "operations/roll/change.ts";
const CHUNK = "operations/roll/steps/load-chunk.ts";
const PAUSE = "operations/roll/steps/pause-steps.ts";
const REBUILD = "operations/roll/steps/rebuild-steps.ts";

/** Mistakes of loading and rebuilding rolls, and of the operators' API through which that is done. */
export const ROLL_MUTANTS: readonly Mutant[] = [
  {
    name: "cut-off-load-completes",
    mistake: "a roll counts as complete again after a load or rebuild of it that was cut off",
    edits: [
      {
        file: "operations/roll/steps/other-steps.ts",
        find: "run = (await ports.work.stop(law.lawId, mark)) ?? run;",
        replace:
          "run = (await ports.work.stop(law.lawId, mark)) ?? run;\n" +
          "await ports.marks.finish(law.lawId, mark);\n" +
          "await ports.cache.writeMeta(law.lawId, { voters: await ports.database.count(law.lawId), pepperId: law.pepperId });",
      },
    ],
    seed: 309,
  },
  {
    name: "other-load-completes",
    mistake: "a load completes a roll although another load or a rebuild of it was cut off",
    edits: [{ file: CHANGE, find: "voters === cached && unfinished.length === 0", replace: "voters === cached" }],
    seed: 10,
  },
  {
    name: "chunk-noted-early",
    mistake: "a chunk of a roll file counts as done before its voters are on the roll",
    edits: [
      {
        file: CHUNK,
        find: "const tallies = await enter(ports, missing, chunk, { keys, clock });",
        replace:
          "for (const { law, mark, load } of missing) {\n" +
          "const received = chainChunk(load.received, chunk.digest, keys.ofVersion(law.keyVersion).person);\n" +
          "const { number, voters, lastLine: line, refusedLines } = chunk;\n" +
          "await ports.work.chunkDone(law.lawId, mark, { number, received, voters: voters.length, line, refusedLines });\n" +
          "}\n" +
          "const tallies = await enter(ports, missing, chunk, { keys, clock });",
      },
    ],
    seed: 199,
  },
  {
    name: "resume-what-was-disabled",
    mistake: "a load or rebuild enables validate although the operator had disabled it",
    edits: [
      {
        file: PAUSE,
        find: `if (state === "Enabled") {`,
        replace: `if (state === "Enabled" || !(await work.isPauseOf(run))) {`,
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
    edits: [{ file: PAUSE, find: "note.mappingChangedAt === (await consumer.lastChange()) ||", replace: "true ||" }],
    seed: 338,
  },
  {
    name: "rebuild-keeps-claims",
    mistake: "a rebuild leaves claims in Redis that PostgreSQL does not know",
    edits: [{ file: REBUILD, find: "await ports.cache.clear(lawId, from, to);", replace: "" }],
    seed: 2,
  },
  {
    name: "act-without-entry",
    mistake: "an act is done that the journal does not have",
    edits: [
      {
        file: "operations/door/answer-call.ts",
        find: `if (read.isFirstStep) await write("begun", content);`,
        replace: "",
      },
    ],
    seed: 1,
  },
  {
    name: "answer-before-entry",
    mistake: "the end of an act is answered although the journal did not take it",
    edits: [
      {
        file: "operations/door/answer-call.ts",
        find: `if (keeps) await write("done", { result: step.result });`,
        replace: `if (keeps) await write("done", { result: step.result }).catch(() => undefined);`,
      },
    ],
    seed: 197,
  },
];
