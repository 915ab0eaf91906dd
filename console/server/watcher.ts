import type { FiguresSource, StageFigures } from "../../places/figures/figures.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { BrokenJournal, JournalReader } from "../../places/operators/journal-reader.ts";
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

/** What the console watches. */
export interface Watched {
  readonly stage: string;
  readonly apiUrl: string;
  /** What is typed after a command so that it is for this stage. */
  readonly where: string;
  readonly api: Pick<OperatorsApi, "look" | "perform">;
  readonly figures: FiguresSource;
}

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

/** Watches a stage for as long as a page asks: nobody is asked while no page is open. */
export class Watcher {
  readonly #watched: Watched;
  readonly #look: Asked<WatchedStage>;
  readonly #figures: Asked<StageFigures>;
  readonly #reader: JournalReader;
  #isReading = false;
  #brokenJournal: string | null = null;

  /**
   * @param watched the stage
   * @param signal ends reading the journal
   */
  constructor(watched: Watched, signal: AbortSignal) {
    this.#watched = watched;
    const { api, figures } = watched;
    this.#look = new Asked(FRESH_MS, () => api.look(watchStage, {}, { tries: TRIES, signal }));
    this.#figures = new Asked(figures.everyMs, () => figures.read(this.#lawsWithVotes()));
    this.#reader = new JournalReader(api, signal);
  }

  /** All that is known now. */
  async state(): Promise<Omit<ConsoleState, "works">> {
    await this.#look.fresh();
    await this.#figures.fresh();
    this.#checkJournal();
    const { stage, apiUrl, where } = this.#watched;
    const { value: look, at: lookedAt, problem } = this.#look;
    const { value: figures, problem: figuresProblem } = this.#figures;
    const brokenJournal = this.#brokenJournal;
    return {
      ...{ stage, apiUrl, where, look, lookedAt, problem, figures, figuresProblem },
      journal: { checked: this.#reader.entries, broken: brokenJournal },
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

  /** Each entry is checked by the hash of the one before, as `npm run ops -- journal` does, while the page goes on. */
  #checkJournal(): void {
    const last = this.#look.value?.entries?.at(-1)?.number;
    if (last === undefined || last === this.#reader.entries || this.#isReading) return;
    this.#isReading = true;
    this.#reader
      .readOn(() => undefined)
      .then(() => {
        this.#brokenJournal = null;
      })
      .catch((error: unknown) => {
        // Whatever else went wrong, the next look tries again.
        if (error instanceof BrokenJournal) this.#brokenJournal = error.message;
      })
      .finally(() => {
        this.#isReading = false;
      });
  }
}
