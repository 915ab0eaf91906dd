import type { Pool } from "pg";

/** The tally of one law. */
export interface Tally {
  readonly lawId: string;
  readonly ouiCount: number;
  readonly nonCount: number;
  readonly totalVotes: number;
  /** When it last changed, ISO 8601 UTC. */
  readonly updatedAt: string;
}

interface Row {
  readonly law_id: string;
  readonly oui_count: string;
  readonly non_count: string;
  readonly total_votes: string;
  readonly updated_at: Date;
}

/** The tallies in PostgreSQL. */
export class ResultStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * Reads tallies.
   *
   * @param lawIds the laws
   * @returns those that have votes, by law id
   */
  async tallies(lawIds: readonly string[]): Promise<ReadonlyMap<string, Tally>> {
    const { rows } = await this.#pool.query<Row>({
      text: `select law_id, oui_count, non_count, total_votes, updated_at from vote_results where law_id = any($1::text[])`,
      values: [lawIds],
    });
    return new Map(
      rows.map((row) => [
        row.law_id,
        {
          lawId: row.law_id,
          ouiCount: Number(row.oui_count),
          nonCount: Number(row.non_count),
          totalVotes: Number(row.total_votes),
          updatedAt: row.updated_at.toISOString(),
        },
      ]),
    );
  }
}
