import type { OperatorsApi } from "../../places/operators/client.ts";
import { sendRoll } from "../../places/operators/send-roll.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import * as laws from "../../shared/messages/operators/laws.ts";
import { changeRoll, prepareRollChange } from "../../shared/messages/operators/roll-changes.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { stage } from "../../shared/messages/operators/stage.ts";
import { holdsWithin } from "../../shared/runtime/wait.ts";
import { UserError } from "../../terminal/errors.ts";
import { type ActsOptions, RehearsalActs } from "./acts.ts";
import { type Cast, type Deck, deckOf, figuresOf, type Round } from "./deck.ts";
import { byKind, compare, NOT_CAST } from "./figures.ts";
import { leftOutOf, rehearsedForm } from "./form.ts";
import { changeLines, makePeople, type Person, rollFile } from "./people.ts";
import { type Reading, readAll, readResult, readShown } from "./read-all.ts";
import type { RehearsalReport } from "./report.ts";
import { type Became, castAll } from "./vote.ts";

export interface RehearsalOptions extends ActsOptions {
  readonly api: OperatorsApi;
  /** The address of the voters' API. */
  readonly apiUrl: string;
  /** The law that is rehearsed, which is not touched. */
  readonly lawId: string;
  /** The id of the law of the rehearsal. */
  readonly rehearsalId: string;
  readonly stageName: string;
  /** How many voters are on the roll when it is sealed. */
  readonly voters: number;
  /** Prints a line that stays. */
  readonly say: (text: string) => void;
}

/** The law opens by hand. Its planned window only ends a rehearsal that somebody has left. */
const PLANNED_AFTER_MS = 24 * 3_600_000;
const PLANNED_FOR_MS = 24 * 3_600_000;
/** How long after an announced moment the next votes are cast: clocks of functions may differ. */
const LEEWAY_MS = 1_000;
const LOOK_EVERY_MS = 1_000;
const MAX_TITLE = 500;
const CHANGES = { add: "added", replace: "replaced", strike: "struck" } as const;

/**
 * Rehearses a law: takes another one, with a known deck, through its whole life, and compares every figure.
 *
 * @param options the stage, the law, and whom to tell
 * @returns the report; what failed on the way is in it
 * @throws Refusal when there is no such law; the signal's reason when it was interrupted
 */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  return new Rehearsal(options).run();
}

class Rehearsal {
  readonly #options: RehearsalOptions;
  readonly #acts: RehearsalActs;
  readonly #reading: Reading;
  readonly #deck: Deck;
  readonly #became: Became[] = [];
  readonly #durations: { readonly act: string; readonly seconds: number }[] = [];
  readonly #startedAt = new Date().toISOString();
  readonly #startedMs = performance.now();

  constructor(options: RehearsalOptions) {
    const { api, apiUrl, rehearsalId: lawId, waitMs, signal } = options;
    this.#options = options;
    this.#acts = new RehearsalActs(api, options);
    this.#reading = { api, apiUrl, lawId, waitMs, signal };
    this.#deck = deckOf(options.voters);
  }

  async run(): Promise<RehearsalReport> {
    const { api, lawId, signal, say } = this.#options;
    const about = await api.look(stage, {}, { signal });
    const model = (await api.look(laws.listLaws, {}, { signal })).laws.find(({ law_id }) => law_id === lawId);
    if (model === undefined) throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
    if (model.rehearsal)
      throw new UserError(`${lawId} is a rehearsal itself: name the law that is to be rehearsed.`, 2);
    if (about.two_people) {
      say(
        "This stage wants two people: the second one approves the seal, the opening, three changes of the roll, the close and the count.",
      );
    }
    const { form } = model;
    const leftOut = leftOutOf(form);
    if (leftOut.length > 0) say(`This rehearsal leaves out: ${leftOut.join("; ")}.`);
    const report = { release: about.release, twoPeople: about.two_people, form, leftOut, figures: [], failed: null };
    try {
      return this.#report({ ...report, figures: await this.#live(model) });
    } catch (error) {
      if (signal.aborted) throw error;
      return this.#report({ ...report, failed: error instanceof Error ? error.message : String(error) });
    }
  }

  /** From the first act to the last figure. */
  async #live(model: laws.OperatorsLaw): Promise<RehearsalReport["figures"]> {
    const { rehearsalId: law_id, voters } = this.#options;
    const expected = figuresOf(this.#deck);
    const { law } = await this.#timed("add", () => this.#acts.done(laws.addLaw, this.#newLaw(model)));
    this.#options.say(`The rehearsal is the law ${law_id}; its votes do not count.`);
    const { version } = law;
    const people = await this.#timed("make credentials", () => makePeople(this.#acts.api, law_id, this.#deck));
    await this.#timed("load", () => this.#load(people));
    await this.#timed("seal", () => this.#acts.done(sealRoll, { law_id, expect: voters, version }));
    await this.#vote("early", people);
    await this.#timed("open", async () =>
      this.#untilMoment((await this.#acts.done(laws.openLaw, { law_id })).in_force_at),
    );
    await this.#vote("first", people);
    await this.#vote("again", people);
    const digest = await this.#timed("change the roll", () => this.#changeRoll(people));
    await this.#vote("changed", people);
    const whileOpen = await readResult(this.#reading);
    await this.#timed("close", async () =>
      this.#untilMoment((await this.#acts.done(laws.closeLaw, { law_id })).in_force_at),
    );
    await this.#vote("late", people);
    await this.#timed("wait until it can be counted", () => this.#untilCountable());
    await this.#timed("count", () => this.#acts.done(countLaw, { law_id }));
    const accepted = this.#became.flatMap(({ requestId }) => requestId ?? []);
    const read = await this.#timed("read what was published", () => readAll(this.#reading, accepted));
    return compare(expected, this.#deck.casts, {
      ...read,
      whileOpen,
      digest,
      outcomes: this.#outcomes(),
      sameReceipt: this.#became.filter(({ isSameReceipt }) => isSameReceipt === true).length,
      marked: this.#became.filter(({ isMarked }) => isMarked === true).length,
      promised: this.#became.filter(({ isPromised }) => isPromised === true).length,
      form: rehearsedForm(model.form),
    });
  }

  #newLaw({ law_id, title, title_fr, title_en, results, codes, pepper_id, ...model }: laws.OperatorsLaw) {
    const opens = Date.now() + PLANNED_AFTER_MS;
    const form = rehearsedForm(model.form);
    const titled = (text: string) => [...text].slice(0, MAX_TITLE / 2).join("");
    return {
      law_id: this.#options.rehearsalId,
      rehearsal: true as const,
      title: titled(`Rehearsal of ${law_id}: ${title}`),
      title_fr: titled(`Répétition de ${law_id} : ${title_fr}`),
      title_en: titled(`Rehearsal of ${law_id}: ${title_en}`),
      opens: new Date(opens).toISOString(),
      closes: new Date(opens + PLANNED_FOR_MS).toISOString(),
      expected_voters: this.#options.voters,
      results,
      codes,
      pepper: pepper_id !== null,
      ...(form === null ? {} : { form }),
    };
  }

  async #load(people: readonly Person[]): Promise<void> {
    const { api, rehearsalId, voters, signal } = this.#options;
    const text = rollFile(this.#deck, people);
    const { bad, laws: loaded } = await sendRoll(api, {
      laws: [rehearsalId],
      source: (async function* () {
        yield text;
      })(),
      signal,
    });
    if (bad > 0 || loaded[0]?.voters !== voters) {
      throw new Error(`the roll has ${loaded[0]?.voters ?? 0} voters and ${bad} bad lines, not ${voters} voters`);
    }
  }

  /** Adds voters, replaces codes and strikes voters off: three acts that a second person can approve together. */
  async #changeRoll(people: readonly Person[]): Promise<string> {
    const { rehearsalId: law_id } = this.#options;
    const begun = [];
    for (const kind of ["add", "replace", "strike"] as const) {
      const lines = changeLines(this.#deck, people, CHANGES[kind]);
      const { draft, voters } = await this.#acts.done(prepareRollChange, { law_id, kind, voters: lines });
      begun.push(await this.#acts.begin(changeRoll, { law_id, kind, draft, voters }));
    }
    let moment = "";
    for (const one of begun) {
      const { in_force_at } = await this.#acts.finished(one);
      if (in_force_at > moment) moment = in_force_at;
    }
    await this.#untilMoment(moment);
    return (await readShown(this.#reading)).roll.digest ?? "none";
  }

  /** The votes of a round, until each is decided. */
  async #vote(round: Round, people: readonly Person[]): Promise<void> {
    const { apiUrl, rehearsalId: lawId, waitMs, signal, show } = this.#options;
    const mine = this.#deck.casts.flatMap((cast, index) => (cast.round === round ? [{ cast, index }] : []));
    const voting = { apiUrl, lawId, people, waitMs, signal };
    const casts = mine.map(({ cast }) => cast);
    await this.#timed(`votes: ${round}`, async () => {
      const became = await castAll(voting, casts, (decided) => show(`votes: ${round}, ${decided} of ${casts.length}`));
      for (const [position, { index }] of mine.entries()) {
        const one = became[position];
        if (one !== undefined) this.#became[index] = one;
      }
    });
  }

  /** Waits for an announced moment, by the clock of the stage. */
  async #untilMoment(moment: string | null): Promise<void> {
    if (moment === null) throw new Error("the stage says that there was nothing to change");
    const { signal, show } = this.#options;
    const aheadMs = Date.parse(moment) - Date.parse((await readShown(this.#reading)).now) + LEEWAY_MS;
    const due = performance.now() + aheadMs;
    const isOver = () => {
      show(`in force in ${Math.max(0, Math.ceil((due - performance.now()) / 1_000))} s`);
      return performance.now() >= due;
    };
    if (aheadMs > 0) await holdsWithin(isOver, { withinMs: aheadMs + LOOK_EVERY_MS, signal });
  }

  /** A count that comes too early is refused, and each refusal is an entry of the journal: so it is looked at first. */
  async #untilCountable(): Promise<void> {
    const { rehearsalId, waitMs, signal, show } = this.#options;
    let obstacles: readonly string[] = [];
    const isCountable = async () => {
      // The first sentence says that it is not counted.
      [, ...obstacles] = (await readShown(this.#reading)).missing;
      if (obstacles[0] !== undefined) show(obstacles[0]);
      return obstacles.length === 0;
    };
    if (await holdsWithin(isCountable, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal })) return;
    throw new Error(`${rehearsalId} could not be counted within ${waitMs / 1_000} s: ${obstacles.join(" ")}`);
  }

  async #timed<T>(act: string, work: () => Promise<T>): Promise<T> {
    const { say, signal } = this.#options;
    signal.throwIfAborted();
    const startedMs = performance.now();
    const result = await work();
    const seconds = secondsSince(startedMs);
    this.#durations.push({ act, seconds });
    say(`${act}: ${seconds.toFixed(1)} s`);
    return result;
  }

  #outcomes(): string[] {
    return this.#deck.casts.map((_, index) => this.#became[index]?.outcome ?? NOT_CAST);
  }

  #report(
    end: Pick<RehearsalReport, "release" | "twoPeople" | "form" | "leftOut" | "figures" | "failed">,
  ): RehearsalReport {
    const { lawId, rehearsalId, stageName, voters } = this.#options;
    const outcomes = this.#outcomes();
    return {
      v: 1,
      ...{ lawId, rehearsalId, stage: stageName, voters, startedAt: this.#startedAt },
      seconds: secondsSince(this.#startedMs),
      acts: this.#durations,
      submissions: byKind(this.#deck.casts, outcomes),
      unexpected: this.#deck.casts.flatMap((cast, index) => this.#unexpected(cast, index)),
      ...end,
    };
  }

  #unexpected({ round, kind, expected }: Cast, index: number): RehearsalReport["unexpected"] {
    const became = this.#became[index];
    if (became === undefined || became.outcome === expected) return [];
    return [{ round, kind, expected, found: became.outcome, requestId: became.requestId ?? null }];
  }
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 100) / 10;
}
