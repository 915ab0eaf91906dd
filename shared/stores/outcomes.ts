import type { Pool } from "pg";
import { type InvalidReason, type ReceiptReason, reasonOf, type Status } from "../domain/outcome.ts";
import type { DecidedVote } from "../messages/queue.ts";

/** The final status of a submission in the audit. */
export interface RecordedOutcome {
  readonly requestId: string;
  readonly lawId: string;
  readonly status: Status;
  /** Why it was not counted. */
  readonly reason?: ReceiptReason | undefined;
  /** ISO 8601 UTC. */
  readonly acceptedAt: string;
  /** When the status last rose, ISO 8601 UTC. */
  readonly updatedAt: string;
}

export interface OutcomeStore {
  /**
   * Records decided votes in one transaction: participation, ballots, tally, audit, attempts. Recording one again
   * changes nothing.
   *
   * @param votes at most one for each request id
   * @returns the current audit of each of them, in any order; a duplicate whose voter is on the roll and has no
   *   participation is not recorded and missing here, and so is every new vote of a law that is counted
   * @throws when it is not certain whether the transaction was committed; it was committed as a whole or not at all
   */
  record(votes: readonly DecidedVote[]): Promise<readonly RecordedOutcome[]>;
}

/** The statement. The migrations define the functions. */
const RECORD = `select request_id, law_id, status, accepted_at, updated_at,
    case when status = 'invalid' then invalid_reason(request_id) end as reason
  from record_outcomes($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])`;

interface Row {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  readonly reason: InvalidReason | null;
  readonly accepted_at: Date;
  readonly updated_at: Date;
}

/** The lock of a voter: the first 8 bytes of the voter hash, which also depends on the law. */
function lockKey(voterHash: string): bigint {
  return BigInt.asIntN(64, BigInt(`0x${voterHash.slice(0, 16)}`));
}

/** PostgreSQL, which has the last word. */
export class PostgresOutcomeStore implements OutcomeStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async record(votes: readonly DecidedVote[]): Promise<readonly RecordedOutcome[]> {
    const { rows } = await this.#pool.query<Row>({
      text: RECORD,
      values: [
        votes.map((vote) => vote.requestId),
        votes.map((vote) => vote.lawId),
        votes.map((vote) => `\\x${vote.voterHash}`),
        votes.map((vote) => vote.outcome),
        votes.map((vote) => vote.choice ?? null),
        votes.map((vote) => vote.acceptedAt),
        votes.map((vote) => lockKey(vote.voterHash).toString()),
      ],
    });
    return rows.map((row) => ({
      requestId: row.request_id,
      lawId: row.law_id,
      status: row.status,
      reason: reasonOf(row.status, row.reason ?? undefined),
      acceptedAt: row.accepted_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
    }));
  }
}
