import { rankOf } from "../../shared/domain/outcome.ts";
import type { RollWorkRow, SimPostgres, Tables } from "./models/postgres.ts";

/**
 * What restores of PostgreSQL have made it forget, and remember again. The checks need it: after a restore, a vote may
 * be `lost` that was counted, and for no other reason.
 */
export class Restored {
  /** Submissions that PostgreSQL knew, or knew with a higher status, by request id. */
  readonly forgotten = new Set<string>();
  /** Further envelopes that PostgreSQL knew, by submission and envelope. */
  readonly forgottenPairs = new Set<string>();
  /** Notes of work on rolls that had ended, or went on in the database that was given up. */
  readonly #oldNotes = new Set<RollWorkRow>();
  /** Voters whose votes are lost, and who can vote no more. */
  readonly tooLate = new Set<string>();
  /** How many restores there were. */
  times = 0;

  /** Whether there was a restore. */
  get has(): boolean {
    return this.times > 0;
  }

  /**
   * Restores a database.
   *
   * @param database the server
   * @param backup its tables at the point in time
   */
  restore(database: SimPostgres, backup: Tables): void {
    for (const [requestId, { status }] of database.tables.audit) {
      const remembered = backup.audit.get(requestId)?.status;
      if (remembered === undefined || rankOf(remembered) < rankOf(status)) this.forgotten.add(requestId);
    }
    for (const pair of database.tables.repeated.keys()) if (!backup.repeated.has(pair)) this.forgottenPairs.add(pair);
    database.restore(backup);
    for (const note of database.tables.rollWork.values()) this.#oldNotes.add(note);
    this.times += 1;
  }

  /** Whether a note of work on a roll is one that a backup brought back. */
  isOld(note: RollWorkRow): boolean {
    return this.#oldNotes.has(note);
  }
}
