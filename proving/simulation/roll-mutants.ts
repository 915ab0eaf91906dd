import type { Mutant } from "./mutant.ts";

const CHANGE = "operations/roll/changes/change-roll.ts";
const FILL = "operations/roll/steps/fill-range.ts";
const CHUNK = "operations/roll/steps/load-chunk.ts";
const PAUSE = "operations/roll/steps/pause-steps.ts";
/** PostgreSQL runs SQL, so its mistakes are made in its model. */
const SQL = "proving/simulation/models/record-outcomes.ts";

/** Mistakes of loading and rebuilding rolls, and of the operators' API through which that is done. */
export const ROLL_MUTANTS: readonly Mutant[] = [
  {
    name: "change-completes",
    mistake: "a change of a sealed roll marks the roll as whole in Redis, although it was not whole before",
    edits: [
      {
        file: CHANGE,
        find: "if (complete) await ports.cache.writeMeta(lawId, rollMeta(law, seal));\n    return {",
        replace: "await ports.cache.writeMeta(lawId, rollMeta(law, seal));\n    return {",
      },
    ],
    seed: 53,
  },
  {
    name: "change-forgets-loss",
    mistake: "a change that was cut off marks the roll as whole, although Redis has lost voters meanwhile",
    edits: [
      {
        file: CHANGE,
        find: "const complete = wasComplete && (await cachedVoters(ports, lawId)) === seal.voters;",
        replace: "const complete = wasComplete;",
      },
    ],
    seed: 13_942,
  },
  {
    name: "change-keeps-mark",
    mistake: "votes are decided while a sealed roll is being changed",
    edits: [
      {
        file: CHANGE,
        find: "await ports.cache.removeMeta(lawId);",
        replace: "",
      },
    ],
    seed: 1583,
  },
  {
    name: "change-in-force-before",
    mistake: "a change of a sealed roll is in force at a moment before it is known",
    edits: [
      {
        file: CHANGE,
        find: "at === undefined ? soonest : new Date(at);\n  if (moment < soonest)",
        replace: "new Date(soonest.getTime() - 30_000);\n  if (moment > soonest)",
      },
      { file: CHANGE, find: "timing.marginSeconds * 500", replace: "-60_000" },
    ],
    seed: 80,
  },
  {
    name: "ended-voter-counts",
    mistake: "a vote is counted although its voter was not on the roll yet, or not any more, when it was accepted",
    edits: [
      {
        file: SQL,
        find: "return row !== undefined && invalidBecause(row, vote.acceptedAt) === undefined;",
        replace: "return row !== undefined;",
      },
    ],
    seed: 6,
  },
  {
    name: "person-counts-twice",
    mistake: "a person whose code was replaced is counted under both codes",
    edits: [{ file: SQL, find: "if (transaction.hasVotedUnderAnother(voter, person)) continue;", replace: "" }],
    seed: 80,
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
    seed: 191,
  },
  {
    name: "resume-what-was-disabled",
    mistake: "a rebuild enables validate although the operator had disabled it",
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
    seed: 2393,
  },
  {
    name: "note-of-another-time",
    mistake:
      "a rebuild enables validate because of an old note of a pause, although the operator has disabled it since",
    edits: [{ file: PAUSE, find: "note.mappingChangedAt === (await consumer.lastChange()) ||", replace: "true ||" }],
    seed: 338,
  },
  {
    name: "rebuild-keeps-claims",
    mistake: "a rebuild leaves claims in Redis that PostgreSQL does not know",
    edits: [
      { file: FILL, find: "await cache.clear(lawId, from, to);", replace: "" },
      {
        file: FILL,
        find: "await cache.restore(lawId, voters);",
        replace: "await cache.add(lawId, voters.map(({ voterHash }) => voterHash));",
      },
    ],
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
        find: `if (keeps) {\n    await write("done", { result: step.result });`,
        replace: `if (keeps) {\n    await write("done", { result: step.result }).catch(() => undefined);`,
      },
    ],
    seed: 314,
  },
  {
    name: "journal-not-copied",
    mistake: "an act takes effect before the archive has its entry",
    edits: [
      {
        file: "operations/door/journal.ts",
        find: "await copyJournal(servers.pool, services.archive);",
        replace: "",
      },
    ],
    seed: 11,
  },
  {
    name: "change-not-archived",
    mistake: "a change of a roll takes effect before the archive has its voters",
    edits: [
      {
        file: "operations/roll/changes/change-roll.ts",
        find: `if ("ended" in change) await keepRollChange(context.archive, lawId, change);`,
        replace: "",
      },
    ],
    seed: 293,
  },
  {
    name: "acts-before-the-journal-is-back",
    mistake: "after a restore of PostgreSQL, acts are taken before it has its journal again",
    edits: [
      {
        file: "operations/door/journal.ts",
        find: "const last = await refuseBehind(servers.pool, services.archive);",
        replace: "const last = 0;",
      },
    ],
    seed: 67,
  },
];
