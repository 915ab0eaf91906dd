import type { RecordedVotes } from "../../../operations/count/recorded-votes.ts";
import { STATUSES } from "../../../shared/domain/outcome.ts";
import type { Process } from "../scheduler.ts";
import { writeLawRow } from "./laws.ts";
import { factsOfRows, type LedgerRows } from "./ledger-rows.ts";
import { DatabaseError, type SimPostgres } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const lost = () => new DatabaseError("the connection was lost", "08006");

/**
 * The recorded votes as counting looks at them. The ledger is checked in one step; its pieces are tested elsewhere.
 *
 * @param process whose calls these are
 * @param database the server
 * @param rows everything the stores hold
 */
export function recordedVotes(process: Process, database: SimPostgres, rows: () => LedgerRows): RecordedVotes {
  const { tables } = database;
  const call = <T>(label: string, effect: () => T, ready: () => boolean = () => true) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost, ready });
  return {
    ledger: (lawId) =>
      call("compare the stores", () => {
        const { laws, depths } = factsOfRows(rows());
        return { facts: { laws: laws.filter((law) => law.lawId === lawId), depths } };
      }),
    endRecording: (lawId, version, count) =>
      call(
        "end the recording",
        () => {
          const row = tables.laws.get(lawId);
          if (row?.law.version !== version || row.law.reached !== "ready") return false;
          if (row.law.closesAt === undefined || Date.parse(row.law.closesAt) > database.wallClock()) return false;
          const { oui = 0, non = 0 } = tables.tallies.get(lawId) ?? {};
          const audit = [...tables.audit.values()].filter((one) => one.lawId === lawId);
          const found = STATUSES.map((status) => audit.filter((one) => one.status === status).length);
          const wanted = STATUSES.map((status) => count[status]);
          if (oui !== count.oui || non !== count.non || found.join() !== wanted.join()) return false;
          tables.lawCounts.set(lawId, { ...count, spoiled: 0, endedAt: new Date(database.wallClock()) });
          database.onCount(lawId);
          const { law, confirmedVersion } = row;
          writeLawRow(database, { law: { ...law, reached: "counted", version: version + 1 }, confirmedVersion });
          return true;
        },
        () => !database.isRecording(lawId),
      ),
    counted: (lawId) => call("what was the law counted with", () => tables.lawCounts.get(lawId)),
  };
}
