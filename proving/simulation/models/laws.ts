import { LawBook } from "../../../operations/law-book/law-book.ts";
import type { LawRows } from "../../../operations/law-book/law-rows.ts";
import type { LawRow } from "../../../operations/law-book/repair.ts";
import type { LawTiming } from "../../../operations/law-book/timing.ts";
import type { ConfirmedVersion } from "../../../shared/domain/window-in-force.ts";
import type { DynamoLawStore } from "../../../shared/stores/laws.ts";
import type { Process } from "../scheduler.ts";
import type { FaultKind } from "../steps.ts";
import type { SimDynamoDb } from "./dynamodb.ts";
import { DatabaseError, type SimPostgres } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

/** A look at a law may fail; the operator then learns nothing, and has changed nothing. */
const READ_FAULTS: readonly FaultKind[] = ["crash before", "error before"];
const lost = () => new DatabaseError("the connection was lost", "08006");

/**
 * The laws as operators read and change them: their rows in PostgreSQL, and their items in DynamoDB.
 *
 * @param process whose calls these are
 * @param stores the two
 * @param timing of the stage
 */
export function lawBook(
  process: Process,
  { postgres, dynamoDb }: { readonly postgres: SimPostgres; readonly dynamoDb: SimDynamoDb },
  timing: LawTiming,
): LawBook {
  return new LawBook(lawRows(process, postgres), lawItems(process, dynamoDb), timing);
}

/**
 * Writes the row of a law, and notes its version as the trigger `keep_law_version` does.
 *
 * @param database the server
 * @param row the law
 */
export function writeLawRow({ tables, wallClock }: SimPostgres, row: LawRow): void {
  const { law, confirmedVersion, inForceAt } = row;
  const phases = confirmedVersion === law.version ? (["asked", "confirmed"] as const) : (["asked"] as const);
  tables.laws.set(law.lawId, row);
  for (const phase of phases) {
    const key = `${law.lawId} ${law.version} ${phase}`;
    if (tables.lawVersions.has(key)) continue;
    tables.lawVersions.set(key, { ...law, phase, inForceAtMs: inForceAt?.getTime(), confirmedAtMs: wallClock() });
  }
}

/**
 * The versions of a law that the ledger judges by.
 *
 * @param database the server
 * @param lawId the law
 */
export function confirmedVersions({ tables }: SimPostgres, lawId: string): readonly ConfirmedVersion[] {
  return [...tables.lawVersions.values()].filter((one) => one.lawId === lawId && one.phase === "confirmed");
}

function lawRows(process: Process, database: SimPostgres): Pick<LawRows, keyof LawRows> {
  const { laws } = database.tables;
  const step = <T>(label: string, effect: () => T, faults = CALL_FAULTS) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults, error: lost });
  return {
    get: (lawId) => step("read the law", () => laws.get(lawId), READ_FAULTS),
    list: () => step("read the laws", () => [...laws.values()], READ_FAULTS),
    versions: (lawIds) =>
      step(
        "read the versions of laws",
        () => new Map(lawIds.map((lawId) => [lawId, confirmedVersions(database, lawId)])),
        READ_FAULTS,
      ),
    add: (row) =>
      step("add the law", () => {
        if (laws.has(row.law.lawId)) return false;
        writeLawRow(database, row);
        return true;
      }),
    write: (readVersion, row) =>
      step("change the law", () => {
        if (laws.get(row.law.lawId)?.law.version !== readVersion) return false;
        writeLawRow(database, row);
        return true;
      }),
    confirm: (lawId, version) =>
      step("confirm the law's version", () => {
        const row = laws.get(lawId);
        if (row?.law.version === version) writeLawRow(database, { ...row, confirmedVersion: version });
      }),
    copyFrozen: (lawId, frozen) =>
      step("copy whether the law is frozen", () => {
        const row = laws.get(lawId);
        if (row !== undefined) laws.set(lawId, { ...row, law: { ...row.law, frozen: frozen ? true : undefined } });
      }),
  };
}

function lawItems(process: Process, database: SimDynamoDb): Pick<DynamoLawStore, keyof DynamoLawStore> {
  const { laws } = database;
  const step = <T>(label: string, effect: () => T, faults: readonly FaultKind[]) =>
    process.step(`DynamoDB: ${label}`, effect, { faults });
  return {
    get: (lawId) => step("read the law", () => laws.get(lawId), READ_FAULTS),
    list: () => step("read the laws", () => [...laws.values()], READ_FAULTS),
    project: (law) =>
      step(
        "write the law's item",
        () => {
          const item = laws.get(law.lawId);
          if (item !== undefined && (item.version ?? 0) >= law.version) return false;
          database.onProject(item, law);
          laws.set(law.lawId, { ...law, frozen: law.frozen ?? item?.frozen });
          return true;
        },
        CALL_FAULTS,
      ),
    setFrozen: (lawId, frozen) =>
      step("freeze or unfreeze the law", () => {
        const item = laws.get(lawId);
        if (item === undefined || item.reached === "counted") return undefined;
        const wasFrozen = item.frozen === true;
        laws.set(lawId, { ...item, frozen: frozen ? true : undefined });
        if (wasFrozen && !frozen) database.onThaw(lawId);
        return wasFrozen !== frozen;
      }, ["error before"]),
  };
}
