import { lawState } from "../../shared/domain/law.ts";
import type { SimPostgres, Tally, Transaction } from "./models/postgres.ts";
import { publishedOf, type StepRules } from "./models/publish-results.ts";
import type { World } from "./world.ts";

/** What somebody who reads the results knows of a law. */
interface Known {
  readonly published: Tally;
  /** Votes in the last result that was final, or that a restore left. */
  readonly finalVotes: number;
  /** When the result last moved, in simulated milliseconds. */
  readonly movedAtMs?: number | undefined;
}

/** A law at the moment when a reader asks for its result. */
export interface Moment {
  readonly lawId: string;
  /** In simulated milliseconds. */
  readonly atMs: number;
  /** Whether its last vote is counted as far as anybody can tell: it closed the interval ago, and is quiet since. */
  readonly isOver: boolean;
  /** Whether nobody else may have published since. */
  readonly isOnly: boolean;
}

const NOBODY: Known = { published: { oui: 0, non: 0 }, finalVotes: 0 };
const sum = ({ oui, non }: Tally) => oui + non;

/** What published tallies promise, checked at every look from what can be seen from outside (docs/secrecy.md). */
export class PublicationChecks {
  readonly #world: World;
  readonly #rules: StepRules;
  readonly #known = new Map<string, Known>();
  /** When a vote on a law was last counted, in simulated milliseconds. */
  readonly #countedAt = new Map<string, number>();

  constructor(world: World, rules: StepRules) {
    this.#world = world;
    this.#rules = rules;
    const { postgres } = world;
    const { onCommit } = postgres;
    postgres.onCommit = (transaction) => {
      onCommit(transaction);
      this.#onCounted(transaction);
    };
  }

  #onCounted({ tallies, startedAt }: Transaction): void {
    for (const lawId of tallies.keys()) this.#countedAt.set(lawId, startedAt);
  }

  /** A restore takes back what was published. From then on everything is judged by what it left. */
  onRestore({ tables }: SimPostgres): void {
    this.#known.clear();
    this.#countedAt.clear();
    for (const [lawId, atMs] of tables.countedAt) this.#countedAt.set(lawId, atMs);
    for (const [lawId, { publishedAt }] of tables.published) {
      const published = publishedOf(tables, lawId);
      this.#known.set(lawId, { published, finalVotes: sum(published), movedAtMs: publishedAt });
    }
  }

  /**
   * Looks at the world when a reader asks.
   *
   * @param lawId the law
   * @param atMs PostgreSQL's clock, in simulated milliseconds
   * @param nowMs the reader's clock, in milliseconds since the epoch
   */
  moment(lawId: string, atMs: number, nowMs: number): Moment {
    const law = this.#world.dynamoDb.laws.get(lawId);
    const { intervalMs } = this.#rules;
    const hasClosed =
      law !== undefined &&
      (law.reached === "counted" || lawState({ ...law, frozen: false }, nowMs - intervalMs) === "closed");
    const isQuiet = atMs >= (this.#countedAt.get(lawId) ?? 0) + intervalMs;
    return { lawId, atMs, isOver: hasClosed && isQuiet, isOnly: true };
  }

  /**
   * Checks an answer.
   *
   * @param moment when the reader asked
   * @returns whether the result moved
   */
  look({ lawId, atMs, isOver, isOnly }: Moment): boolean {
    const { findings, postgres } = this.#world;
    const { intervalMs, minimumVotes } = this.#rules;
    const { published: before, finalVotes, movedAtMs } = this.#known.get(lawId) ?? NOBODY;
    const now = publishedOf(postgres.tables, lawId);
    const tally = postgres.tables.tallies.get(lawId) ?? NOBODY.published;
    const isDue = movedAtMs === undefined || atMs >= movedAtMs + intervalMs;
    if (now.oui < before.oui || now.non < before.non) findings.push("a published result went back");
    if (now.oui > tally.oui || now.non > tally.non) findings.push("a published result has more votes than are counted");
    if (minimumVotes === 1 && isOnly && isDue && sum(now) < sum(tally)) {
      findings.push("with a minimum of one vote, a result is held back");
    }
    const newVotes = sum(now) - sum(before);
    if (newVotes === 0) return false;
    if (newVotes < minimumVotes) {
      if (!isOver) findings.push("a step of a result has fewer new votes than the minimum, and more votes may come");
      else if (sum(now) - finalVotes >= minimumVotes) {
        findings.push("the last step of a result has fewer votes than the minimum");
      }
    }
    this.#known.set(lawId, { published: now, finalVotes: isOver ? sum(now) : finalVotes, movedAtMs: atMs });
    return true;
  }
}
