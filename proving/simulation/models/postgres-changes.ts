import type { StepPorts } from "../../../operations/roll/steps/step-ports.ts";
import type { PendingChange, ReplayedChange, RollChange } from "../../../operations/roll/stores/ports.ts";
import { ComesTooSoon, hasVotedMeanwhile, pendingChangeOf } from "../../../operations/roll/stores/postgres-changes.ts";
import type { RollDraft } from "../../../operations/roll/stores/roll-drafts.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { bucketDigests, bucketNumber } from "../../../shared/domain/roll-digest.ts";
import { changeRoll } from "../../../shared/messages/operators/roll-changes.ts";
import type { Process } from "../scheduler.ts";
import { DatabaseError, hasVoted, noteDigestsIn, type SimPostgres, sealIn, type Tables, voterKey } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const lost = () => new DatabaseError("the connection was lost", "08006");

type Changes = Pick<
  StepPorts["database"],
  "countEnded" | "persons" | "knownVoters" | "changed" | "changeRoll" | "pendingChanges" | "replayChange"
>;

/**
 * Changes of sealed rolls in PostgreSQL (operations/roll/stores/postgres-changes.ts).
 *
 * @param process whose connection this is
 * @param database the server
 * @param now its `clock_timestamp()`, in milliseconds since the epoch
 */
export function rollChanges(process: Process, database: SimPostgres, now: () => number): Changes {
  const { tables } = database;
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  return {
    countEnded: (lawId) =>
      call("count ended voters", () => rowsOf(tables, lawId).filter(([, row]) => row.endsAt !== undefined).length),
    persons: (lawId, personHashes) =>
      call("look persons up", () =>
        personHashes.map((personHash) => {
          const person = personHash.toString("hex");
          const row = rowsOf(tables, lawId).find(([, one]) => one.person === person && one.endsAt === undefined);
          return {
            personHash,
            voterHash: row === undefined ? undefined : Buffer.from(row[0], "hex"),
            hasVoted: hasVoted(tables.participation, lawId, person),
          };
        }),
      ),
    knownVoters: (lawId, voterHashes) =>
      call("look voters up", () =>
        voterHashes
          .filter((hash) => tables.roll.has(voterKey(lawId, hash.toString("hex"))))
          .sort((one, other) => one.compare(other)),
      ),
    changed: (lawId, run) =>
      call("was the roll changed", () => {
        const [change, seal] = [tables.changes.get(run), tables.seals.get(lawId)];
        return change?.lawId !== lawId || seal === undefined ? undefined : { ...seal, inForceAt: change.inForceAt };
      }),
    pendingChanges: () => call("which changes are lost", () => pendingIn(tables)),
    replayChange: (lawId, change, digest) =>
      call(`${change.kind} voters again`, () => {
        const before = tables.copy();
        if (changeIn(tables, lawId, change).digest.equals(digest)) return;
        tables.takeBack(before);
        throw new Refusal(`The roll of ${lawId} would not be what it was.`);
      }),
    changeRoll: (lawId, change) => call(`${change.kind} voters`, () => firstTimeIn(database, lawId, change, now())),
  };
}

/** The acts on sealed rolls that the journal has and the tables have not done. */
function pendingIn({ journal, changes }: Tables): PendingChange[] {
  return journal
    .filter(({ act, phase, run }) => act === changeRoll.name && phase === "done" && !changes.has(run))
    .map(pendingChangeOf);
}

function firstTimeIn(database: SimPostgres, lawId: string, change: RollChange, nowMs: number) {
  const { tables } = database;
  const { kind, added, at, marginMs } = change;
  const voted = added.find(({ personHash }) => hasVoted(tables.participation, lawId, personHash.toString("hex")));
  if (tables.seals.has(lawId) && kind === "replace" && voted !== undefined) throw hasVotedMeanwhile(voted.line);
  return changeIn(tables, lawId, change, () => {
    if (nowMs + marginMs > at.getTime()) throw new ComesTooSoon(at);
    const persons = added.map(({ personHash }) => personHash.toString("hex"));
    database.onRollChange(lawId, kind, persons);
  });
}

function changeIn(
  tables: Tables,
  lawId: string,
  { run, kind, added, ended, at }: ReplayedChange,
  refuse: () => void = () => undefined,
) {
  if (!tables.seals.has(lawId)) throw new Refusal(`The roll of ${lawId} is not sealed.`);
  const keys = ended.map((hash) => voterKey(lawId, hash.toString("hex")));
  if (keys.some((key) => tables.roll.get(key)?.endsAt !== undefined || !tables.roll.has(key))) {
    throw new Refusal(`The roll of ${lawId} was changed meanwhile; nothing was changed.`);
  }
  refuse();
  const moment = at.toISOString();
  for (const key of keys) {
    const row = tables.roll.get(key);
    if (row !== undefined) {
      tables.roll.set(key, { ...row, endsAt: moment, endedAs: kind === "strike" ? "struck" : "replaced" });
    }
  }
  for (const { voterHash, personHash } of added) {
    const row = { person: personHash.toString("hex"), beginsAt: moment };
    tables.roll.set(voterKey(lawId, voterHash.toString("hex")), row);
  }
  const hashes = rowsOf(tables, lawId).flatMap(([hash, row]) =>
    row.endsAt === undefined ? [Buffer.from(hash, "hex")] : [],
  );
  for (const bucket of new Set([...ended, ...added.map(({ voterHash }) => voterHash)].map(bucketNumber))) {
    const digests = bucketDigests(hashes.filter((hash) => bucketNumber(hash) === bucket));
    noteDigestsIn(tables, lawId, { from: bucket, to: bucket + 1 }, digests);
  }
  tables.changes.set(run, { lawId, inForceAt: at });
  return { ...sealIn(tables, lawId), inForceAt: at };
}

function rowsOf({ roll }: Tables, lawId: string) {
  return [...roll].flatMap(([key, row]) =>
    key.startsWith(`${lawId} `) ? [[key.slice(lawId.length + 1), row] as const] : [],
  );
}

/**
 * The drafts of changes, in PostgreSQL.
 *
 * @param process whose connection this is
 * @param database the server
 */
export function rollDrafts(process: Process, { tables }: SimPostgres): StepPorts["drafts"] {
  const call = <T>(label: string, effect: () => T) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  return {
    keep: (draft: RollDraft) =>
      call("keep a draft", () => {
        if (!tables.drafts.has(draft.id)) tables.drafts.set(draft.id, draft);
      }),
    get: (id) => call("read a draft", () => tables.drafts.get(id)),
  };
}
