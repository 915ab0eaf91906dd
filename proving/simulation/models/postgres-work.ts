import { changeMark, REBUILD, SEAL } from "../../../operations/roll/change.ts";
import { chainAfter, chunksIn, EMPTY_CHAIN } from "../../../operations/roll/file/chunk-text.ts";
import type { StepPorts } from "../../../operations/roll/steps/step-ports.ts";
import type { LoadWork } from "../../../operations/roll/steps/work-table.ts";
import type { WorkMark } from "../../../operations/roll/stores/ports.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import type { Process } from "../scheduler.ts";
import { DatabaseError, type RollWorkRow, type SimPostgres, workKey } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const lost = () => new DatabaseError("the connection was lost", "08006");

/** A load of which nothing has come. */
const NOTHING = {
  chunksDone: 0,
  received: EMPTY_CHAIN,
  votersReceived: 0,
  loaded: 0,
  conflicts: 0,
  conflictLines: [],
  refused: 0,
  refusedLines: [],
};

/**
 * PostgreSQL's notes of loads and rebuilds that are taken step by step (operations/roll/steps/work-table.ts).
 *
 * @param process whose connection this is
 * @param database the server
 */
export function stepWork(process: Process, database: SimPostgres): StepPorts["work"] {
  const { tables } = database;
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  const rowOf = (lawId: string, mark: WorkMark) => tables.rollWork.get(workKey(lawId, mark));
  const begin = (lawId: string, mark: WorkMark, work: Partial<RollWorkRow>) => {
    const { linesDone = 0 } = work;
    const { kind, sourceName } = mark;
    // The latest one is the last.
    tables.rollWork.delete(workKey(lawId, mark));
    const row = { lawId, kind, sourceName, isRunning: false, ...work, linesDone, steppedAt: database.clock() };
    tables.rollWork.set(workKey(lawId, mark), row);
  };
  const changeRebuild = (lawId: string, change: Partial<NonNullable<RollWorkRow["rebuild"]>>) => {
    const row = rowOf(lawId, REBUILD);
    if (row !== undefined) row.rebuild = { bucketsDone: undefined, claims: 0, ...row.rebuild, ...change };
  };
  return {
    beginLoad: (lawId, mark, { chains, voters, run }) =>
      call("note that a load begins", () => {
        const announced = chainAfter(chains, chunksIn(chains));
        const before = rowOf(lawId, mark);
        const isKept = before?.load?.announced.equals(announced) === true;
        const kept: Omit<LoadWork, "run" | "announced" | "chains" | "votersAnnounced"> =
          isKept && before?.load !== undefined ? before.load : NOTHING;
        const load: LoadWork = { ...kept, run, announced, chains, votersAnnounced: voters };
        begin(lawId, mark, { load, run, linesDone: isKept ? (before?.linesDone ?? 0) : 0 });
        return load.chunksDone;
      }),
    load: (lawId, mark) => call("how far is the load", () => rowOf(lawId, mark)?.load),
    chunkDone: (lawId, mark, chunk) =>
      call("note a chunk", () => {
        const row = rowOf(lawId, mark);
        if (row?.load?.chunksDone !== chunk.number) return;
        const { load } = row;
        row.linesDone = Math.max(row.linesDone, chunk.line);
        row.load = {
          ...load,
          chunksDone: load.chunksDone + 1,
          received: chunk.received,
          votersReceived: load.votersReceived + chunk.voters,
          refused: load.refused + chunk.refusedLines.length,
          refusedLines: [...load.refusedLines, ...chunk.refusedLines],
        };
      }),
    restartLoad: (lawId, mark) =>
      call("let every chunk be sent again", () => {
        const row = rowOf(lawId, mark);
        if (row === undefined) return;
        row.load = undefined;
        row.steppedAt = undefined;
      }),
    endLoad: (lawId, mark) =>
      call("end the load", () => {
        const load = rowOf(lawId, mark)?.load;
        if (load?.received.equals(load.announced) === true) tables.rollWork.delete(workKey(lawId, mark));
        return rowOf(lawId, mark) === undefined;
      }),
    beginRebuild: (lawId, run) =>
      call("note that a rebuild begins", () => {
        const { linesDone = 0 } = rowOf(lawId, REBUILD) ?? {};
        begin(lawId, REBUILD, { run, linesDone, rebuild: { bucketsDone: undefined, claims: 0 } });
      }),
    startRestoring: (lawId) =>
      call("let buckets be restored", () =>
        changeRebuild(lawId, { bucketsDone: rowOf(lawId, REBUILD)?.rebuild?.bucketsDone ?? 0 }),
      ),
    rebuild: (lawId) => call("how far is the rebuild", () => rowOf(lawId, REBUILD)?.rebuild),
    restored: (lawId, to, claims) =>
      call("note restored buckets", () =>
        changeRebuild(lawId, { bucketsDone: to, claims: (rowOf(lawId, REBUILD)?.rebuild?.claims ?? 0) + claims }),
      ),
    endRebuild: (lawId) =>
      call("end the rebuild", () => {
        const isRestored = rowOf(lawId, REBUILD)?.rebuild?.bucketsDone === ROLL_BUCKETS;
        if (isRestored) tables.rollWork.delete(workKey(lawId, REBUILD));
        return rowOf(lawId, REBUILD) === undefined;
      }),
    beginSeal: (lawId, run) => call("note that a seal begins", () => begin(lawId, SEAL, { run, filled: 0 })),
    seal: (lawId) => call("how far is the seal", () => rowOf(lawId, SEAL)?.filled),
    filled: (lawId, to) =>
      call("note filled buckets", () => {
        const row = rowOf(lawId, SEAL);
        if (row === undefined) return;
        row.filled = to;
        row.steppedAt = database.clock();
      }),
    beginChange: (lawId, run, wasComplete) =>
      call("note that a change begins", () => {
        const before = rowOf(lawId, changeMark(run));
        if (before === undefined) begin(lawId, changeMark(run), { run, wasComplete });
        else before.steppedAt = database.clock();
      }),
    change: (lawId, run) => call("how far is the change", () => rowOf(lawId, changeMark(run))?.wasComplete),
    endChange: (lawId, run) =>
      call("end the change", () => {
        const ended = run === undefined ? undefined : workKey(lawId, changeMark(run));
        for (const [key, work] of tables.rollWork) {
          if (work.lawId === lawId && work.kind === "change" && (ended ?? key) === key) tables.rollWork.delete(key);
        }
      }),
    touch: (lawId, mark) =>
      call("note a step", () => {
        const row = rowOf(lawId, mark);
        if (row !== undefined) row.steppedAt = database.clock();
      }),
    stop: (lawId, mark) =>
      call("note that nobody goes on", () => {
        const row = rowOf(lawId, mark);
        if (row !== undefined) row.steppedAt = undefined;
        return row?.run;
      }),
    notePause: (run) =>
      call("note the pause of an act", () => {
        tables.pauseNotes += 1;
        tables.pauseNote = { token: `note ${tables.pauseNotes}`, mappingChangedAt: null };
        tables.pausedBy = run;
      }),
    confirmPause: (run, mappingChangedAt) =>
      call("confirm the pause of an act", () => {
        const { pauseNote, pausedBy } = tables;
        if (pauseNote?.mappingChangedAt === null && pausedBy === run)
          tables.pauseNote = { ...pauseNote, mappingChangedAt };
      }),
    isPauseOf: (run) => call("whose pause is it", () => tables.pauseNote !== undefined && tables.pausedBy === run),
  };
}
