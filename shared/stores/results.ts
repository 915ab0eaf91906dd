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

/** How many voted in one hour, or in several that were joined because each had too few. */
interface TurnoutHours {
  /** ISO 8601 UTC, a whole hour. */
  readonly from: string;
  /** ISO 8601 UTC, the end: the votes before it are counted here. */
  readonly until: string;
  readonly voted: number;
}

/** Who may vote on a law, and who has. */
export interface LawTurnout {
  /** Voters on the roll as it is now. */
  readonly eligible: number;
  readonly hours: readonly TurnoutHours[];
}

interface TurnoutRow {
  readonly eligible: string;
  readonly from_time: Date | null;
  readonly until_time: Date | null;
  readonly voted: string | null;
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

  /**
   * Reads who may vote on a law and how many have, by the hour in which their votes were accepted.
   *
   * @param lawId the law
   * @param minimum how many voters an hour must have to stand alone; smaller ones are joined with their neighbours
   * @returns hours in order; none while nobody has voted
   */
  async turnout(lawId: string, minimum: number): Promise<LawTurnout> {
    const { rows } = await this.#pool.query<TurnoutRow>({
      text: "select eligible, from_time, until_time, voted from turnout($1, $2)",
      values: [lawId, minimum],
    });
    return {
      eligible: Number(rows[0]?.eligible ?? 0),
      hours: rows.flatMap(({ from_time, until_time, voted }) =>
        from_time === null || until_time === null
          ? []
          : { from: from_time.toISOString(), until: until_time.toISOString(), voted: Number(voted) },
      ),
    };
  }
}
