import type { Pool } from "pg";
import { formOf } from "../domain/ballot.ts";
import { LAW_FORMS, type LawForm } from "../domain/law.ts";
import { type InvalidReason, type ReceiptReason, reasonOf, type Status } from "../domain/outcome.ts";
import { promiseBytes } from "../domain/promise.ts";
import { encOf } from "../domain/sealing/envelope.ts";
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
  /** SHA-256 of its envelope in a sealed law, 64 hexadecimal digits. */
  readonly envelopeSha256?: string | undefined;
}

export interface OutcomeStore {
  /**
   * The forms of laws.
   *
   * @param lawIds the laws
   * @returns by id; undefined for a law without a form, and absent for one that the database does not know
   */
  formsOf(lawIds: ReadonlySet<string>): Promise<ReadonlyMap<string, LawForm | undefined>>;

  /**
   * Records decided votes in one transaction: participation, ballots, tally, audit, attempts. Recording one again
   * changes nothing. A further envelope of a submission is only noted, with its promise.
   *
   * @param votes at most one for each request id
   * @returns the current audit of each of them, in any order; a duplicate whose voter is on the roll and has no
   *   participation is not recorded and missing here, and so are every new vote of a law that is counted and every vote
   *   that is not of its law's form
   * @throws when it is not certain whether the transaction was committed; it was committed as a whole or not at all
   */
  record(votes: readonly DecidedVote[]): Promise<readonly RecordedOutcome[]>;
}

/** The statement. The migrations define the functions. */
const RECORD = `select request_id, law_id, status, accepted_at, updated_at, encode(envelope_sha256, 'hex') as envelope,
    case when status = 'invalid' then invalid_reason(request_id) end as reason
  from record_votes($1::text[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[],
    $8::text[], $9::bytea[], $10::bytea[])`;

interface Row {
  readonly request_id: string;
  readonly law_id: string;
  readonly status: Status;
  readonly reason: InvalidReason | null;
  readonly accepted_at: Date;
  readonly updated_at: Date;
  readonly envelope: string | null;
}

/**
 * The locks of a vote. Of the voter: the first 8 bytes of the voter hash, which also depends on the law. Of the
 * envelope in a sealed law: the first 8 bytes of its ephemeral key, so that two copies are not recorded at the same
 * time.
 */
function lockKeys({ voterHash, sealed }: DecidedVote): bigint[] {
  const voter = BigInt.asIntN(64, BigInt(`0x${voterHash.slice(0, 16)}`));
  return sealed === undefined ? [voter] : [voter, encOf(sealed).readBigInt64BE()];
}

/** PostgreSQL, which has the last word. */
export class PostgresOutcomeStore implements OutcomeStore {
  readonly #pool: Pool;
  /** A law keeps its form for life. */
  readonly #forms = new Map<string, LawForm | undefined>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async formsOf(lawIds: ReadonlySet<string>): Promise<ReadonlyMap<string, LawForm | undefined>> {
    const unknown = [...lawIds].filter((lawId) => !this.#forms.has(lawId));
    if (unknown.length > 0) {
      const { rows } = await this.#pool.query<{ law_id: string; form: string | null }>(
        "select law_id, form from law_forms($1::text[])",
        [unknown],
      );
      for (const { law_id, form } of rows)
        this.#forms.set(
          law_id,
          LAW_FORMS.find((known) => known === form),
        );
    }
    return this.#forms;
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
        votes.flatMap(lockKeys).map(String),
        votes.map((vote) => formOf(vote) ?? null),
        votes.map(({ sealed }) => (sealed === undefined ? null : bytea(Buffer.from(sealed, "base64url")))),
        votes.map(({ macs }) => (macs === undefined ? null : bytea(promiseBytes(macs.promise)))),
      ],
    });
    return rows.map((row) => ({
      requestId: row.request_id,
      lawId: row.law_id,
      status: row.status,
      reason: reasonOf(row.status, row.reason ?? undefined),
      acceptedAt: row.accepted_at.toISOString(),
      updatedAt: row.updated_at.toISOString(),
      ...(row.envelope === null ? {} : { envelopeSha256: row.envelope }),
    }));
  }
}

/** Bytes as PostgreSQL reads them in an array. */
function bytea(bytes: Buffer): string {
  return `\\x${bytes.toString("hex")}`;
}
