import type { Law } from "../domain/law.ts";
import type { LawStore } from "./laws.ts";

/** A law store that remembers the answers of another one for some seconds. */
export class CachedLawStore implements LawStore {
  readonly #source: LawStore;
  readonly #lifetimeMs: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { readonly law: Promise<Law | undefined>; readonly askedAt: number }>();

  /** Laws that do not exist are remembered too; this bounds what made-up ids can fill. */
  static readonly MAX_ENTRIES = 1000;

  /**
   * @param source where the laws are
   * @param lifetimeSeconds how old an answer may be: also how long freezing a law takes to be in force
   * @param now milliseconds since the epoch
   */
  constructor(source: LawStore, lifetimeSeconds: number, now: () => number) {
    this.#source = source;
    this.#lifetimeMs = lifetimeSeconds * 1000;
    this.#now = now;
  }

  get(lawId: string): Promise<Law | undefined> {
    const now = this.#now();
    const known = this.#entries.get(lawId);
    // Not older than it may be, and not of a time to come: after a clock was set back an answer would stay for hours.
    if (known !== undefined && now >= known.askedAt && now < known.askedAt + this.#lifetimeMs) return known.law;
    if (this.#entries.size >= CachedLawStore.MAX_ENTRIES) this.#entries.clear();
    const law = this.#source.get(lawId);
    this.#entries.set(lawId, { law, askedAt: now });
    // A failed look-up is not an answer to remember.
    law.catch(() => this.#entries.delete(lawId));
    return law;
  }
}
