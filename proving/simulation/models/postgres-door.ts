import { createHash } from "node:crypto";
import type pg from "pg";
import { FIRST_PREVIOUS } from "../../../shared/domain/journal.ts";
import type { JournalEntry } from "../../../shared/messages/operators/journal.ts";
import { restoreActs } from "../../../shared/messages/operators/restoring.ts";
import type { Process } from "../scheduler.ts";
import { countedSubmission, DatabaseError, type SimPostgres, voterKey } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const lost = () => new DatabaseError("the connection was lost", "08006");

/** A statement of the operators' API: a part of its text that no other one has, and what it does. */
interface Statement {
  readonly part: string;
  readonly label: string;
  /** False where nothing may go wrong: the caller would not notice it. */
  readonly canFail?: boolean;
  /** Happens at the same moment as what comes before it, and does not fail. */
  readonly isPartOfStep?: boolean;
  run(values: readonly unknown[]): readonly object[];
}

function hashOf(entry: Omit<JournalEntry, "hash">): string {
  return createHash("sha256").update(JSON.stringify(entry)).digest("hex");
}

const RESTORE = restoreActs.name;
const cursorKey = (run: unknown, hash: unknown) => `${run} ${hash instanceof Buffer ? hash.toString("hex") : ""}`;

function statementsOf(database: SimPostgres, now: () => Date): readonly Statement[] {
  const { tables } = database;
  const entry = ([run]: readonly unknown[], phase: string) =>
    tables.journal
      .filter((one) => one.run === run && one.phase === phase)
      .map(({ act, content }) => ({ act, content }));
  const begunOf = ([run, hash]: readonly unknown[]) =>
    entry([run], "begun").map((begun) => ({ ...begun, isAnswered: tables.runCursors.has(cursorKey(run, hash)) }));
  const append = ([act, phase, lawId, operator, identity, release, run, content, known]: readonly unknown[]) => {
    if ((tables.journal.at(-1)?.number ?? 0) < Number(known))
      throw new DatabaseError("the journal has become shorter", "RJ001");
    if (tables.journal.some((one) => one.run === run && one.phase === phase)) return [];
    const last = tables.journal.at(-1);
    const entry = {
      ...{ number: (last?.number ?? 0) + 1, at: now().toISOString(), act, phase, law_id: lawId, operator },
      ...{ identity, release, run, content, previous: last?.hash ?? FIRST_PREVIOUS },
    } as Omit<JournalEntry, "hash">;
    tables.journal.push({ ...entry, hash: hashOf(entry) });
    return [];
  };
  // The simulated stage sets nothing aside.
  const toTell = (run: unknown) => {
    const told = tables.journal.filter((one) => one.act === RESTORE && one.phase === "done");
    const own = told.find((one) => one.run === run);
    const since = told.at(-1)?.at ?? "";
    const entries: number =
      own === undefined ? tables.broughtBack.filter((at) => at > since).length : JSON.parse(own.content).result.entries;
    const is_of_another_act = tables.journal.some((one) => one.run === run && one.act !== RESTORE);
    return { entries, set_aside: 0, is_told: own !== undefined, is_of_another_act };
  };
  return [
    { part: "select append_journal(", label: "write to the journal", run: append },
    // What comes right before, whether an entry is to be written.
    { part: "from to_tell(", label: "what is to be told", isPartOfStep: true, run: ([run]) => [toTell(run)] },
    {
      part: "from append_restored(",
      label: "tell what was brought back",
      run: ([operator, identity, release, run, known]) => {
        const { is_told, entries, set_aside } = toTell(run);
        if (!is_told && entries > 0) {
          const content = JSON.stringify({ result: { entries, set_aside } });
          append([RESTORE, "done", null, operator, identity, release, run, content, known]);
          tables.broughtBack.splice(0);
        }
        return [{ entries, set_aside }];
      },
    },
    {
      part: "max(number), 0)",
      label: "where does the journal end",
      run: () => [{ last: tables.journal.at(-1)?.number ?? 0 }],
    },
    {
      part: "number > (select number from journal_copied)",
      label: "which entries are not in the archive",
      run: () => tables.journal.filter(({ number }) => number > tables.journalCopied),
    },
    {
      part: "note_journal_copied(",
      label: "note that entries are in the archive",
      run: ([number]) => {
        tables.journalCopied = Math.max(tables.journalCopied, Number(number));
        return [];
      },
    },
    {
      part: "bring_back_journal(",
      label: "bring an entry back",
      run: ([number, at, act, phase, law_id, operator, identity, release, run, content, previous, hash]) => {
        const last = tables.journal.at(-1);
        const known = tables.journal.find((one) => one.number === number);
        if (known !== undefined) return [{ is_next: known.hash === hash }];
        const entry = {
          ...{ number, at, act, phase, law_id, operator },
          ...{ identity, release, run, content, previous },
        } as Omit<JournalEntry, "hash">;
        const isNext = number === (last?.number ?? 0) + 1 && previous === (last?.hash ?? FIRST_PREVIOUS);
        if (!isNext || hashOf(entry) !== hash) return [{ is_next: false }];
        tables.journal.push({ ...entry, hash: String(hash) });
        tables.broughtBack.push(now().toISOString());
        return [{ is_next: true }];
      },
    },
    // The simulated stage has no proposals.
    {
      part: "from journal order by number desc limit $1",
      label: "the last entries",
      isPartOfStep: true,
      run: () => tables.journal.slice(-1),
    },
    { part: "update proposals set done_at", label: "bring a proposal back", run: () => [] },
    { part: "select distinct on (run)", label: "which acts have not ended", run: () => [] },
    { part: "run = $1 and phase = 'done'", label: "has the act ended", run: (values) => entry(values, "done") },
    { part: "run = $1 and phase = 'begun'", label: "has the act begun", run: begunOf },
    {
      part: "select from run_cursors where run",
      label: "is the cursor one of the run",
      isPartOfStep: true,
      run: ([run, hash]) => (tables.runCursors.has(cursorKey(run, hash)) ? [{}] : []),
    },
    // A step whose cursor cannot be noted is not answered, and sent again. Lost answers show the same.
    {
      part: "insert into run_cursors",
      label: "note the cursor",
      isPartOfStep: true,
      run: ([run, hash]) => {
        tables.runCursors.add(cursorKey(run, hash));
        return [];
      },
    },
    {
      part: "delete from run_cursors",
      label: "forget the cursors",
      isPartOfStep: true,
      run: ([run]) => {
        for (const key of tables.runCursors) if (key.startsWith(`${run} `)) tables.runCursors.delete(key);
        return [];
      },
    },
    // The clock of a moment: a late answer makes a law's change late, and it is announced again.
    { part: "clock_timestamp() as now", label: "ask the clock", canFail: false, run: () => [{ now: now() }] },
    {
      part: "counted_submission($1, voter_hash)",
      label: "by what are voters counted",
      run: ([lawId, hashes]) =>
        (hashes as Buffer[]).flatMap((one) => {
          const hash = one.toString("hex");
          const request_id = countedSubmission(tables, voterKey(String(lawId), hash));
          return request_id === undefined ? [] : [{ hash, request_id }];
        }),
    },
  ];
}

/**
 * PostgreSQL as the operators' API uses it for its journal, its clock, and for settling. Of everything else there are
 * ports.
 *
 * @param process whose connections these are; the right to settle ends with it
 * @param database the server
 * @param now the server's clock
 */
export function doorPool(process: Process, database: SimPostgres, now: () => Date): pg.Pool {
  const statements = statementsOf(database, now);
  const query = async (text: string, values: readonly unknown[] = []) => {
    const found = statements.find(({ part }) => text.includes(part));
    if (found === undefined) throw new Error(`the simulated PostgreSQL does not know this statement: ${text}`);
    const { label, canFail = true, isPartOfStep = false } = found;
    if (isPartOfStep) return { rows: found.run(values), rowCount: 0 };
    const faults = canFail ? CALL_FAULTS : [];
    const rows = await process.step(`PostgreSQL: ${label}`, () => found.run(values), { faults, error: lost });
    return { rows, rowCount: rows.length };
  };
  const connect = async () => {
    const owner = {};
    const giveBack = () => {
      if (database.settling === owner) database.settling = undefined;
    };
    const step = <T>(label: string, effect: () => T) =>
      process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
    return {
      query: async (text: string) => {
        if (text.includes("pg_advisory_unlock_all")) return step("give the right to settle back", giveBack);
        if (!text.includes("pg_try_advisory_lock")) throw new Error(`no session of the simulation knows ${text}`);
        return step("take the right to settle", () => {
          const locked = database.settling === undefined;
          if (locked) {
            database.settling = owner;
            process.onEnd(giveBack);
          }
          return { rows: [{ locked }] };
        });
      },
      // A connection that is not used again loses its locks.
      release: (isBroken: boolean) => {
        if (isBroken) giveBack();
      },
    };
  };
  return { query, connect } as unknown as pg.Pool;
}
