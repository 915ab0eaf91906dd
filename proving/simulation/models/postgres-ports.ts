import type { StepPorts } from "../../../operations/roll/steps/step-ports.ts";
import type { RollMarks, RollVoter } from "../../../operations/roll/stores/ports.ts";
import { Busy } from "../../../shared/domain/refusal.ts";
import type { DecidedVote } from "../../../shared/messages/queue.ts";
import type { OutcomeStore, RecordedOutcome } from "../../../shared/stores/outcomes.ts";
import type { Process, Scheduler } from "../scheduler.ts";
import { Crashed, type FaultKind } from "../steps.ts";
import {
  DatabaseError,
  noteDigestsIn,
  type SimPostgres,
  sealIn,
  type Transaction,
  voterKey,
  workKey,
} from "./postgres.ts";
import { rollChanges } from "./postgres-changes.ts";
import {
  enterAudit,
  enterParticipation,
  isAnswered,
  isKnown,
  isTaken,
  locksOf,
  noteRepeated,
  votersOfBatch,
} from "./record-outcomes.ts";
import { CALL_FAULTS } from "./sqs.ts";

/** The fault of a session in the server: it ends with an error, and its transaction is rolled back. */
const SESSION_FAULTS: readonly FaultKind[] = ["crash before", "error before"];
/** Refusals after which another try may succeed (SQLSTATE 40P01 and 40001). */
const GIVEN_UP = [
  () => new DatabaseError("deadlock detected", "40P01"),
  () => new DatabaseError("could not serialize access", "40001"),
];
const lost = () => new DatabaseError("the connection was lost", "08006");

/**
 * PostgreSQL as `aggregate` uses it. The request, the transaction in the server and the answer are separate: a function
 * that dies does not stop the server, and after a lost answer nobody knows whether the transaction was committed.
 *
 * @param scheduler gives the server's session its steps
 * @param process whose connection this is
 * @param database the server
 * @param time the server's `now()`
 */
export function outcomeStore(
  scheduler: Scheduler,
  process: Process,
  database: SimPostgres,
  time: () => string,
): OutcomeStore {
  return {
    formsOf: async () => {
      const known = () => new Map([...database.tables.laws].map(([lawId, { law }]) => [lawId, law.form]));
      // A function that runs for long asks once for each law. Where no law has a form, there is no step.
      if (![...known().values()].some((form) => form !== undefined)) return known();
      return process.step("PostgreSQL: forms of laws", known, {
        faults: ["crash before", "error before"],
        error: lost,
      });
    },
    async record(votes) {
      await process.step(`PostgreSQL: asks to record ${votes.length}`, () => undefined, {
        faults: ["crash before", "error before", "stall"],
        error: lost,
      });
      const session = scheduler.spawn("PostgreSQL session", (server) => runSession(server, database, votes, time));
      // If the function is gone, nobody waits for the answer.
      session.catch(() => undefined);
      const answer = await session.catch((error: unknown) => {
        throw error instanceof Crashed ? lost() : error;
      });
      return process.step("PostgreSQL: hears the answer", () => answer, {
        faults: ["crash before", "error before", "stall"],
        error: lost,
      });
    },
  };
}

async function runSession(
  server: Process,
  database: SimPostgres,
  asked: readonly DecidedVote[],
  time: () => string,
): Promise<readonly RecordedOutcome[]> {
  const transaction = database.begin();
  server.onEnd(() => database.rollBack(transaction));
  const giveUp = () => server.random.pick(GIVEN_UP)();
  // As record_votes does it: votes of counted laws, and of other forms, are not entered.
  transaction.laws = new Set(asked.map(({ lawId }) => lawId));
  const taken = asked.filter((vote) => isTaken(database.tables, vote));
  const locks = locksOf(taken);
  let votes = taken;
  await server.step(
    "takes the locks of its voters",
    () => {
      database.refuseIfCut(transaction);
      transaction.locks = locks;
    },
    { faults: SESSION_FAULTS, error: giveUp, ready: () => database.areFree(locks, transaction) },
  );
  const isSettled = () =>
    database.areSettled(
      votersOfBatch(votes),
      votes.map((vote) => vote.requestId),
      transaction,
    );
  const participate = () => {
    votes = noteRepeated(transaction, database.tables, taken);
    enter(database, transaction, votes);
  };
  await server.step("participation, ballots, tally", participate, {
    faults: SESSION_FAULTS,
    error: giveUp,
    ready: isSettled,
  });
  const audit = () => {
    database.refuseIfCut(transaction);
    enterAudit(transaction, votes, time());
  };
  await server.step("audit and attempts", audit, { faults: SESSION_FAULTS, error: giveUp, ready: isSettled });
  await server.step("commit", () => database.commit(transaction), { faults: SESSION_FAULTS, error: giveUp });
  return asked.flatMap((vote) => {
    const { requestId } = vote;
    const row = database.tables.audit.get(requestId);
    const isDone = taken.includes(vote) ? isAnswered : isKnown;
    if (row === undefined || !isDone(database.tables, vote)) return [];
    const { lawId, status, acceptedAt, processedAt, envelopeSha256 } = row;
    return [{ requestId, lawId, status, acceptedAt, updatedAt: processedAt, envelopeSha256 }];
  });
}

function enter(database: SimPostgres, transaction: Transaction, votes: readonly DecidedVote[]): void {
  database.refuseIfCut(transaction);
  if (votes.some((vote) => database.refused.has(vote.requestId))) {
    throw new DatabaseError("date/time field value out of range", "22008");
  }
  enterParticipation(transaction, votes);
  database.onBallots(transaction);
}

/** How often the right to change rolls is asked for while another process has it. */
const LOCK_POLL_MS = 500;
/** Who has taken no step for so long has gone (operations/roll/stores/postgres-marks.ts). */
const STEPS_GONE_MS = 30_000;

function isStepping(database: SimPostgres, steppedAt: number | undefined): boolean {
  return steppedAt !== undefined && database.clock() - steppedAt < STEPS_GONE_MS;
}

/**
 * The roll in PostgreSQL as operators' acts use it.
 *
 * @param process whose connection this is; its locks end with it
 * @param database the server
 * @param now its `clock_timestamp()`, in milliseconds since the epoch
 */
export function rollDatabase(
  process: Process,
  database: SimPostgres,
  now: () => number = Date.now,
): StepPorts["database"] {
  const { tables } = database;
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  return {
    lock: async (lawIds, withinMs = 0) => {
      const until = database.clock() + withinMs;
      const unlock = () => {
        for (const lawId of lawIds) database.unlockRoll(lawId, unlock);
      };
      const lock = () =>
        call("lock rolls", () => {
          if (!lawIds.every((lawId) => database.isRollFree(lawId))) return false;
          for (const lawId of lawIds) database.lockRoll(lawId, unlock);
          process.onEnd(unlock);
          return true;
        });
      while (!(await lock())) {
        if (database.clock() >= until) throw new Busy("Another process is changing the roll.");
        await process.sleep(LOCK_POLL_MS);
      }
      return {
        check: () =>
          call("check the lock", () => {
            if (!lawIds.every((lawId) => database.holdsRoll(lawId, unlock))) throw lost();
          }),
        giveBack: () => call("unlock rolls", unlock),
      };
    },
    fix: () => call("fix roll", () => undefined),
    enter: (lawId, entries, mark) =>
      call(`enter ${entries.length} voters`, () => {
        const work = mark && tables.rollWork.get(workKey(lawId, mark));
        if (mark !== undefined && work === undefined) throw new Error("the note of this load is gone");
        let loaded = 0;
        const conflicts = new Set<number>();
        const line = entries.at(-1)?.line ?? 0;
        const persons = new Set(
          [...tables.roll].flatMap(([voter, { person, endsAt }]) =>
            voter.startsWith(`${lawId} `) && endsAt === undefined ? [person] : [],
          ),
        );
        for (const [position, { voterHash, personHash }] of entries.entries()) {
          const voter = voterKey(lawId, voterHash.toString("hex"));
          const person = personHash.toString("hex");
          if (tables.roll.has(voter)) continue;
          if (persons.has(person)) {
            conflicts.add(position);
            continue;
          }
          tables.roll.set(voter, { person });
          persons.add(person);
          loaded += 1;
        }
        if (work !== undefined && work.linesDone < line) {
          work.linesDone = line;
          const { load } = work;
          const lines = [...conflicts].map((position) => entries[position]?.line ?? 0);
          work.load = load && {
            ...load,
            loaded: load.loaded + loaded,
            conflicts: load.conflicts + conflicts.size,
            conflictLines: [...load.conflictLines, ...lines],
          };
        }
        return { loaded, conflicts };
      }),
    count: (lawId) => call("count voters", () => votersOf(database, lawId).filter(({ hasEnded }) => !hasEnded).length),
    votersOfBuckets: (lawId, from, to) =>
      call("read buckets", () =>
        votersOf(database, lawId).filter(({ voterHash }) => {
          const bucket = voterHash.readUInt16BE(0);
          return from <= bucket && bucket < to;
        }),
      ),
    bucketDigests: (lawId, from, to) =>
      call("read digests", () =>
        [...tables.buckets.values()]
          .filter((one) => one.lawId === lawId && from <= one.bucket && one.bucket < to)
          .map(({ bucket, voters, digest }) => ({ bucket, voters, digest }))
          .sort((one, other) => one.bucket - other.bucket),
      ),
    noteDigests: (lawId, from, to, digests) =>
      call("note digests", () => noteDigestsIn(tables, lawId, { from, to }, digests)),
    seal: (lawId, run) =>
      call("seal", () => {
        const seal = sealIn(tables, lawId);
        tables.sealedBy.set(lawId, { run, digest: seal.digest });
        return seal;
      }),
    unseal: (lawId) =>
      call("unseal", () => {
        tables.seals.delete(lawId);
        tables.sealedBy.delete(lawId);
      }),
    sealOf: (lawId) =>
      call("read the seal", () => {
        const seal = tables.seals.get(lawId);
        return seal && { ...seal, by: tables.sealedBy.get(lawId) };
      }),
    analyze: () => call("analyze", () => undefined),
    ...rollChanges(process, database, now),
  };
}

function votersOf({ tables }: SimPostgres, lawId: string): RollVoter[] {
  return [...tables.roll]
    .filter(([voter]) => voter.startsWith(`${lawId} `))
    .map(([voter, { beginsAt, endsAt }]) => ({
      voterHash: Buffer.from(voter.slice(lawId.length + 1), "hex"),
      hasEnded: endsAt !== undefined,
      countedRequestId: tables.participation.get(voter)?.requestId ?? null,
      ...(beginsAt === undefined ? {} : { beginsAt: new Date(beginsAt) }),
    }));
}

/**
 * PostgreSQL's notes of unfinished work on rolls.
 *
 * @param process whose connection this is
 * @param database the server
 */
export function rollMarks(process: Process, database: SimPostgres): RollMarks {
  const { tables } = database;
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  return {
    begin: (lawId, mark) =>
      call(`mark ${mark.kind}`, () => {
        const { linesDone } = tables.rollWork.get(workKey(lawId, mark)) ?? { linesDone: 0 };
        tables.rollWork.delete(workKey(lawId, mark));
        tables.rollWork.set(workKey(lawId, mark), {
          lawId,
          kind: mark.kind,
          sourceName: mark.sourceName,
          linesDone,
          isRunning: false,
        });
      }),
    finish: (lawId, mark) => call(`unmark ${mark.kind}`, () => void tables.rollWork.delete(workKey(lawId, mark))),
    unfinished: (lawId) =>
      call("read marks", () =>
        [...tables.rollWork.values()]
          .filter((work) => work.lawId === lawId)
          .reverse()
          .map(({ kind, sourceName, linesDone, steppedAt }) => ({
            kind,
            sourceName,
            linesDone,
            isRunning: isStepping(database, steppedAt),
          })),
      ),
    abandonLoads: (lawId) =>
      call("abandon loads", () => {
        for (const [key, work] of tables.rollWork)
          if (work.lawId === lawId && work.kind === "load") tables.rollWork.delete(key);
      }),
    isAnyoneAtWork: () =>
      call(
        "look who changes a roll",
        () =>
          database.isAnyRollLocked() ||
          [...tables.rollWork.values()].some(({ steppedAt }) => isStepping(database, steppedAt)),
      ),
    pauseNote: () => call("read the note of the pause", () => tables.pauseNote),
    clearPauseNote: (token) =>
      call("clear the note of the pause", () => {
        if (tables.pauseNote?.token === token) tables.pauseNote = undefined;
      }),
  };
}
