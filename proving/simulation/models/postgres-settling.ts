import type { Process } from "../scheduler.ts";
import { DatabaseError, type SimPostgres, voterKey } from "./postgres.ts";
import { CALL_FAULTS } from "./sqs.ts";

const lost = () => new DatabaseError("the connection was lost", "08006");

/**
 * The right to settle.
 *
 * @param process whose connection this is; the right ends with it
 * @param database the server
 */
export async function settleLock(process: Process, database: SimPostgres): Promise<{ giveBack(): Promise<void> }> {
  const owner = {};
  const giveBack = () => {
    if (database.settling === owner) database.settling = undefined;
  };
  const step = (label: string, effect: () => void) =>
    process.step(`PostgreSQL: ${label}`, effect, { faults: CALL_FAULTS, error: lost });
  await step("take the right to settle", () => {
    if (database.settling !== undefined) throw new Error("somebody else settles");
    database.settling = owner;
    process.onEnd(giveBack);
  });
  return { giveBack: () => step("give the right to settle back", giveBack) };
}

/**
 * Which voters have a participation.
 *
 * @param process whose connection this is
 * @param database the server
 * @param lawId the law
 * @param voterHashes in hex
 */
export function countedVoters(
  process: Process,
  { tables }: SimPostgres,
  lawId: string,
  voterHashes: readonly string[],
): Promise<ReadonlySet<string>> {
  return process.step(
    `PostgreSQL: who of ${voterHashes.length} is counted`,
    () => new Set(voterHashes.filter((hash) => tables.participation.has(voterKey(lawId, hash)))),
    { faults: CALL_FAULTS, error: lost },
  );
}
