import type { FiguresSource, StageFigures } from "../../places/figures/figures.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { BrokenJournal, JournalReader, type KnownEntry } from "../../places/operators/journal-reader.ts";
import { type WatchedStage, watchStage } from "../../shared/messages/operators/watch.ts";
import type { ConsoleState, Problem } from "../state.ts";
import { attentionOf } from "./attention.ts";
import { problemOf } from "./problem.ts";

/** The stage is asked at most this often, however many pages are open. A page asks every three seconds. */
const FRESH_MS = 2_500;
/** How long a page waits for a look that is under way. */
const WAIT_MS = 5_000;
/** A look is sent once more if its first answer is lost; the page asks again anyway. */
const TRIES = 2;
/** After this, the journal is read again from its first entry: somebody may have changed one that was right. */
const WHOLE_JOURNAL_MS = 60_000;

/** What the console watches. */
export interface Watched {
  readonly stage: string;
  readonly apiUrl: string;
  /** What is typed after a command so that it is for this stage. */
  readonly where: string;
  readonly api: Pick<OperatorsApi, "look" | "perform">;
  readonly figures: FiguresSource;
  readonly outcomeOf: OutcomeOf;
}

/** What came of an act, as the commands say it, and why it has not done all of it. */
export type OutcomeOf = (
  act: string,
  result: unknown,
) => { readonly text: string; readonly incomplete: string | undefined };

/** Something that is asked for at intervals, and never twice at once. */
class Asked<T> {
  value: T | null = null;
  at: string | null = null;
  problem: Problem | null = null;
  readonly #ask: () => Promise<T>;
  readonly #everyMs: number;
  #dueMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;

  constructor(everyMs: number, ask: () => Promise<T>) {
    this.#everyMs = everyMs;
    this.#ask = ask;
  }

  /** Asks if it is time to, and waits for the answer, but not for long. */
  async fresh(): Promise<void> {
    if (this.#underWay === undefined) {
      if (performance.now() < this.#dueMs) return;
      this.#underWay = this.#now().finally(() => {
        this.#underWay = undefined;
        this.#dueMs = performance.now() + this.#everyMs;
      });
    }
    if (await isOverWithin(this.#underWay, WAIT_MS)) return;
    this.problem = { message: `There is no answer after ${WAIT_MS / 1_000} s.`, code: "slow" };
  }

  /** The next time, it is asked for whenever that is. */
  outdate(): void {
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }

  async #now(): Promise<void> {
    try {
      this.value = await this.#ask();
      this.at = new Date().toISOString();
      this.problem = null;
    } catch (error) {
      this.problem = problemOf(error);
    }
  }
}

async function isOverWithin(work: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Checks each entry of the journal by the hash of the one before, as `npm run ops -- journal` does, while the page goes
 * on: new ones when there are some, and all of them again every minute.
 */
export class WatchedJournal {
  /** How many entries are checked. */
  checked = 0;
  broken: string | null = null;
  readonly #newReader: (known?: KnownEntry) => JournalReader;
  #reader: JournalReader;
  /** The end of the journal when it was whole. */
  #known: KnownEntry | undefined;
  #isReading = false;
  #wholeDueMs = Number.NEGATIVE_INFINITY;

  /** @param newReader makes a reader that begins with the first entry */
  constructor(newReader: (known?: KnownEntry) => JournalReader) {
    this.#newReader = newReader;
    this.#reader = newReader();
  }

  /**
   * Reads what there is to check.
   *
   * @param last the last entry, as the stage says; undefined: it does not
   * @param nowMs on a clock that only goes forward
   */
  async check(last: KnownEntry | undefined, nowMs = performance.now()): Promise<void> {
    if (last === undefined || this.#isReading) return;
    const { number, hash } = this.#reader.last;
    const isWhole = nowMs >= this.#wholeDueMs || (last.number === number && last.hash !== hash);
    if (!isWhole && last.number === number) return;
    if (isWhole) {
      this.#reader = this.#newReader(this.#known);
      this.#wholeDueMs = nowMs + WHOLE_JOURNAL_MS;
    }
    this.#isReading = true;
    try {
      await this.#reader.readOn(() => undefined);
      this.#known = this.#reader.last;
      this.broken = null;
      this.checked = this.#reader.entries;
    } catch (error) {
      // Whatever else went wrong, the next look tries again.
      if (!(error instanceof BrokenJournal)) return;
      this.broken = error.message;
      this.checked = this.#reader.entries;
    } finally {
      this.#isReading = false;
    }
  }
}

/** Watches a stage for as long as a page asks: nobody is asked while no page is open. */
export class Watcher {
  readonly #watched: Watched;
  readonly #look: Asked<WatchedStage>;
  readonly #figures: Asked<StageFigures>;
  readonly #journal: WatchedJournal;

  /**
   * @param watched the stage
   * @param signal ends reading the journal
   */
  constructor(watched: Watched, signal: AbortSignal) {
    this.#watched = watched;
    const { api, figures } = watched;
    this.#look = new Asked(FRESH_MS, () => api.look(watchStage, {}, { tries: TRIES, signal }));
    this.#figures = new Asked(figures.everyMs, () => figures.read(this.#lawsWithVotes()));
    this.#journal = new WatchedJournal((known) => new JournalReader(api, signal, known));
  }

  /** All that is known now. */
  async state(): Promise<Omit<ConsoleState, "works">> {
    await this.#look.fresh();
    await this.#figures.fresh();
    const { stage, apiUrl, where } = this.#watched;
    const { value: look, at: lookedAt, problem } = this.#look;
    const { value: figures, problem: figuresProblem } = this.#figures;
    // The page does not wait for it.
    void this.#journal.check(look?.entries?.at(-1));
    const { broken: brokenJournal, checked } = this.#journal;
    return {
      ...{ stage, apiUrl, where, look, lookedAt, problem, figures, figuresProblem },
      journal: { checked, broken: brokenJournal },
      attention: attentionOf({
        ...{ look, figures, brokenJournal },
        isAway: problem !== null,
        areFiguresAway: figuresProblem !== null,
      }),
    };
  }

  /** Something was done: what was known is old. */
  outdate(): void {
    this.#look.outdate();
  }

  #lawsWithVotes(): string[] {
    const laws = this.#look.value?.laws ?? [];
    return laws.filter(({ state }) => ["open", "frozen", "closed"].includes(state)).map(({ law_id }) => law_id);
  }
}
