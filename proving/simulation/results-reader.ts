import { asked } from "../../functions/results/asked.ts";
import { type Law, lawState } from "../../shared/domain/law.ts";
import { type Random, seededRandom } from "../random.ts";
import {
  beginPublishing,
  finishPublishing,
  type Publishing,
  publishedOf,
  type StepRules,
} from "./models/publish-results.ts";
import { type Moment, PublicationChecks } from "./publication-checks.ts";
import type { World } from "./world.ts";

/** Steps of others between two looks at most. */
const MOST_BETWEEN = 40;
/** One look in this many begins long before its turn comes. */
const SLOW_IN_ONE_OF = 4;

/** A request for results that PostgreSQL has begun to answer. */
interface Look {
  readonly publishing: Publishing;
  readonly moments: readonly Moment[];
}

/**
 * Somebody who reads the results of all laws at random moments. A look is one statement in PostgreSQL, and changes
 * nothing but what is published. So it takes no separate step: a history is the same with and without its reader.
 */
export class ResultsReader {
  readonly #world: World;
  readonly #rules: StepRules;
  readonly #checks: PublicationChecks;
  readonly #random: Random;
  #left: number;
  #slow: Look | undefined;

  constructor(world: World, rules: StepRules) {
    this.#world = world;
    this.#rules = rules;
    this.#random = seededRandom(world.history.seed);
    this.#left = this.#random.below(MOST_BETWEEN);
    this.#checks = new PublicationChecks(world, rules);
    world.postgres.onRestore = () => {
      this.#slow = undefined;
      this.#checks.onRestore(world.postgres);
    };
  }

  /** Looks when it is time to. */
  onStep(): void {
    if (this.#left-- > 0) return;
    this.#left = this.#random.below(MOST_BETWEEN);
    if (this.#slow !== undefined && this.#random.below(2) === 0) {
      this.#finish(this.#slow);
      this.#slow = undefined;
      return;
    }
    const look = this.#begin(this.#laws(), 0);
    if (this.#slow === undefined && this.#random.below(SLOW_IN_ONE_OF) === 0) this.#slow = look;
    else this.#finish(look);
  }

  /** Looks once more, and again when all laws have been closed for the interval: then everything is published. */
  closeAll(): void {
    const { dynamoDb, findings, postgres, wallClock } = this.#world;
    if (this.#slow !== undefined) this.#finish(this.#slow);
    this.#finish(this.#begin(this.#laws(), 0));
    for (const law of this.#laws()) {
      const isClosed = lawState({ ...law, frozen: false }, wallClock()) === "closed";
      if (!isClosed) dynamoDb.laws.set(law.lawId, { ...law, closesAt: new Date(wallClock()).toISOString() });
    }
    this.#finish(this.#begin(this.#laws(), 0));
    this.#finish(this.#begin(this.#laws(), this.#rules.intervalMs));
    for (const [lawId, tally] of postgres.tables.tallies) {
      const published = publishedOf(postgres.tables, lawId);
      if (published.oui === tally.oui && published.non === tally.non) continue;
      findings.push("a law has been closed for long, and its published result is not its tally");
    }
  }

  #laws(): readonly Law[] {
    return [...this.#world.dynamoDb.laws.values()];
  }

  #begin(laws: readonly Law[], laterMs: number): Look {
    const { postgres, scheduler, wallClock } = this.#world;
    const atMs = scheduler.now + laterMs;
    const nowMs = wallClock() + laterMs;
    const timing = { finalAfterSeconds: this.#rules.intervalMs / 1_000, now: () => nowMs };
    const questions = laws.map((law) => asked(law, timing));
    return {
      publishing: beginPublishing(postgres.tables, questions, this.#rules, atMs),
      moments: laws.map(({ lawId }) => this.#checks.moment(lawId, atMs, nowMs)),
    };
  }

  #finish(look: Look): void {
    const { postgres, scheduler } = this.#world;
    finishPublishing(postgres.tables, look.publishing);
    for (const moment of look.moments) {
      if (!this.#checks.look({ ...moment, isOnly: look !== this.#slow })) continue;
      const { oui, non } = publishedOf(postgres.tables, moment.lawId);
      scheduler.note("reader of results", `${moment.lawId}: ${oui} oui, ${non} non`);
    }
  }
}

/**
 * Lets the results be read, if the history says so.
 *
 * @param world before its first step
 */
export function startReader(world: World): ResultsReader | undefined {
  const { reader: rules } = world.history;
  if (rules === undefined) return undefined;
  const reader = new ResultsReader(world, {
    intervalMs: rules.intervalSeconds * 1_000,
    minimumVotes: rules.minimumVotes,
  });
  world.scheduler.onStep = () => reader.onStep();
  return reader;
}
