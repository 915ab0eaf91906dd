import type { Law } from "../domain/law.ts";
import type { LawStore } from "./laws.ts";

/** The clocks of a process. */
export interface Clocks {
  /** Wall-clock milliseconds since the epoch; may be set back. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set back; it may stand still while the process does. */
  readonly elapsed: () => number;
}

interface Entry {
  readonly law: Promise<Law | undefined>;
  readonly askedAt: number;
  readonly askedAfter: number;
}

/**
 * How much longer than its lifetime an answer may take to be used: the time of a look-up. Changes of a law are
 * announced with a margin of which this is a part (setting `lawChangeMarginSeconds`).
 */
const LOOK_UP_MS = 500;
/** Look-ups for one request; DynamoDB answers within milliseconds. */
const MOST_LOOK_UPS = 3;

/**
 * A law store that remembers the answers of another one for some seconds. What it gives was true at some moment of
 * these seconds and of the time of a look-up, however long DynamoDB's answer was on its way: a change that is announced
 * with more than that is known before it is in force.
 */
export class CachedLawStore implements LawStore {
  readonly #source: LawStore;
  readonly #lifetimeMs: number;
  readonly #clocks: Clocks;
  readonly #entries = new Map<string, Entry>();

  /** Laws that do not exist are remembered too; this bounds what made-up ids can fill. */
  static readonly MAX_ENTRIES = 1000;

  /**
   * @param source where the laws are
   * @param lifetimeSeconds how old an answer may be: also how long a change of a law takes to be known
   * @param clocks of this process
   */
  constructor(source: LawStore, lifetimeSeconds: number, clocks: Clocks) {
    this.#source = source;
    this.#lifetimeMs = lifetimeSeconds * 1000;
    this.#clocks = clocks;
  }

  /** @throws Error when every look-up took so long that its answer may not be true any more */
  async get(lawId: string): Promise<Law | undefined> {
    for (let lookUps = 0; lookUps < MOST_LOOK_UPS; lookUps++) {
      const entry = this.#entry(lawId);
      const law = await entry.law;
      if (this.#isYoungerThan(this.#lifetimeMs + LOOK_UP_MS, entry)) return law;
    }
    throw new Error(`reading a law took more than ${LOOK_UP_MS} ms, ${MOST_LOOK_UPS} times`);
  }

  #entry(lawId: string): Entry {
    const known = this.#entries.get(lawId);
    if (known !== undefined && this.#isYoungerThan(this.#lifetimeMs, known)) return known;
    if (this.#entries.size >= CachedLawStore.MAX_ENTRIES) this.#entries.clear();
    const entry = {
      askedAt: this.#clocks.now(),
      askedAfter: this.#clocks.elapsed(),
      law: this.#source.get(lawId),
    };
    this.#entries.set(lawId, entry);
    // A failed look-up is not an answer to remember.
    entry.law.catch(() => this.#entries.delete(lawId));
    return entry;
  }

  /** By both clocks, and not of a time to come: after a clock was set back an answer would stay for hours. */
  #isYoungerThan(milliseconds: number, { askedAt, askedAfter }: Entry): boolean {
    const age = this.#clocks.now() - askedAt;
    return age >= 0 && Math.max(age, this.#clocks.elapsed() - askedAfter) < milliseconds;
  }
}
