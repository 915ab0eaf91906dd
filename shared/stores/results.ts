import type { Pool } from "pg";

/** The published part of the tally of one law. */
export interface PublishedTally {
  readonly lawId: string;
  readonly ouiCount: number;
  readonly nonCount: number;
  /** Those of both choices. */
  readonly totalVotes: number;
  /** Ballots of a sealed law that do not open or choose nothing that can be chosen. */
  readonly spoiledCount: number;
  /** When it was published, ISO 8601 UTC. */
  readonly publishedAt: string;
}

/** How the published tallies move while a law is open. */
export interface PublicationRules {
  /** Seconds between two steps at least. */
  readonly intervalSeconds: number;
  /** New votes in a step at least. */
  readonly minimumVotes: number;
}

/** A law whose result is asked for. */
export interface AskedLaw {
  readonly lawId: string;
  /** Whether it closed longer ago than the interval, so that the rest may be published however few votes it has. */
  readonly isFinal: boolean;
}

interface Row {
  readonly law_id: string;
  readonly oui_count: string;
  readonly non_count: string;
  readonly published_at: Date;
  readonly spoiled_count: string;
}

/** How many voted in one hour, or in several that were joined because each had too few. */
interface TurnoutHours {
  /** ISO 8601 UTC, a whole hour. */
  readonly from: string;
  /** ISO 8601 UTC, the end: the votes before it are counted here. */
  readonly until: string;
  readonly voted: number;
}

/** How many may vote on a law, and how many have. */
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

/** The published tallies in PostgreSQL. */
export class ResultStore {
  readonly #pool: Pool;
  readonly #rules: PublicationRules;

  constructor(pool: Pool, rules: PublicationRules) {
    this.#pool = pool;
    this.#rules = rules;
  }

  /**
   * Publishes what is due, and reads what is published.
   *
   * @param laws the laws
   * @returns the tallies of laws that have a published step, by law id
   */
  async published(laws: readonly AskedLaw[]): Promise<ReadonlyMap<string, PublishedTally>> {
    const { rows } = await this.#pool.query<Row>({
      text: `select law_id, oui_count, non_count, published_at, spoiled_count
             from publish_results($1::text[], $2::boolean[], $3, $4)`,
      values: [
        laws.map(({ lawId }) => lawId),
        laws.map(({ isFinal }) => isFinal),
        this.#rules.intervalSeconds,
        this.#rules.minimumVotes,
      ],
    });
    return new Map(
      rows.map((row) => {
        const [ouiCount, nonCount] = [Number(row.oui_count), Number(row.non_count)];
        const tally = { lawId: row.law_id, ouiCount, nonCount, totalVotes: ouiCount + nonCount };
        const publishedAt = row.published_at.toISOString();
        return [row.law_id, { ...tally, spoiledCount: Number(row.spoiled_count), publishedAt }];
      }),
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
