import type { OperatorsApi } from "../../places/operators/client.ts";
import { proposalFacts } from "../../places/operators/proposal-facts.ts";
import { type ReadProposal, readProposal } from "../../places/operators/read-proposal.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { approve, listProposals, type Proposal, refuse } from "../../shared/messages/operators/journal.ts";
import { freezeLaw, unfreezeLaw } from "../../shared/messages/operators/laws.ts";
import type { ConsoleRequests, Frozen, Problem, ShownProposal, Work } from "../state.ts";
import { problemOf } from "./problem.ts";
import type { OutcomeOf } from "./watcher.ts";

/** What was typed is not the word: nothing was done. */
export class NotTyped extends Error {
  readonly problem: Problem;

  /** @param word what had to be typed */
  constructor(word: string) {
    super(`Nothing was done: what was typed is not ${word}.`);
    this.problem = { message: this.message, code: "typed" };
  }
}

/** What the console does to a stage: freezes, and decides on proposals. Everything else is a command. */
export class Acts {
  readonly #api: Pick<OperatorsApi, "look" | "perform">;
  readonly #outcomeOf: OutcomeOf;
  readonly #signal: AbortSignal;
  readonly #works = new Map<string, Work>();
  readonly #underWay = new Set<Promise<void>>();

  /**
   * @param api the operators' API
   * @param outcomeOf says what came of an approved act
   * @param signal ends what is carried out, after the step that is under way
   */
  constructor(api: Pick<OperatorsApi, "look" | "perform">, outcomeOf: OutcomeOf, signal: AbortSignal) {
    this.#api = api;
    this.#outcomeOf = outcomeOf;
    this.#signal = signal;
  }

  /** What this console carries out, and has carried out. */
  get works(): readonly Work[] {
    return [...this.#works.values()];
  }

  /**
   * Freezes or unfreezes a law.
   *
   * @param request which law; its id was typed as well, as it is for the command
   * @throws NotTyped when it was not; Refusal when there is no such law
   */
  async freeze({ law_id, frozen, typed }: ConsoleRequests["freeze"]): Promise<Frozen> {
    if (typed.trim() !== law_id) throw new NotTyped(law_id);
    const outcome = await this.#api.perform(frozen ? freezeLaw : unfreezeLaw, { law_id });
    if (outcome.kind === "proposed") throw new Error(`a freeze needs no second person and was proposed: ${law_id}`);
    const { changed, known_within_seconds: seconds, in_journal: inJournal } = outcome.result;
    return { frozen, changed, seconds, inJournal };
  }

  /**
   * A proposal, with what it would do now.
   *
   * @param request which one
   * @throws Refusal when there is none; UserError when this release cannot read it
   */
  async proposal({ id }: ConsoleRequests["proposal"]): Promise<ShownProposal> {
    const proposal = await this.#proposalOf(id);
    const read = readProposal(proposal);
    return { proposal, word: read.word, facts: (await proposalFacts(this.#api, read)) ?? null };
  }

  /**
   * Approves exactly what was shown, and begins to carry it out.
   *
   * @param request which proposal, the hash of what was shown, and the word
   * @throws NotTyped when the word was not typed; Refusal when it may not be approved
   */
  async approve({ id, hash, typed }: ConsoleRequests["approve"]): Promise<Proposal> {
    const proposal = await this.#proposalOf(id);
    const read = readProposal(proposal);
    if (typed.trim() !== read.word) throw new NotTyped(read.word);
    const decided = await this.#decide(approve, id, hash);
    this.#carryOut(decided, read);
    return decided;
  }

  /**
   * Refuses exactly what was shown.
   *
   * @param request which proposal, and the hash of what was shown
   * @throws Refusal when it may not be decided on
   */
  refuse({ id, hash }: ConsoleRequests["refuse"]): Promise<Proposal> {
    return this.#decide(refuse, id, hash);
  }

  /** Waits until nothing is carried out any more. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #decide(act: typeof approve | typeof refuse, id: string, hash: string): Promise<Proposal> {
    const outcome = await this.#api.perform(act, { id, hash });
    if (outcome.kind === "proposed") throw new Error(`a decision needs no second person and was proposed: ${id}`);
    return outcome.result.proposal;
  }

  async #proposalOf(id: string): Promise<Proposal> {
    const { proposals } = await this.#api.look(listProposals, { id });
    const [proposal] = proposals;
    if (proposal !== undefined) return proposal;
    throw new Refusal(`There is no proposal ${id}.`, { code: "no_such_proposal", subject: id });
  }

  /** A seal of millions of voters takes minutes: the page sees how far it has come. */
  #carryOut({ id, act: name, law_id: lawId }: Proposal, { act, request }: ReadProposal): void {
    const set = (change: Pick<Work, "state"> & Partial<Work>) => {
      const { progress = null, problem = null, outcome = null } = this.#works.get(id) ?? {};
      this.#works.set(id, { id, act: name, lawId, progress, problem, outcome, ...change });
    };
    set({ state: "running" });
    const options = {
      proposal: id,
      signal: this.#signal,
      onProgress: (progress: NonNullable<Work["progress"]>) => set({ state: "running", progress }),
    };
    const work: Promise<void> = this.#api
      .perform(act, request, options)
      .then((ended) => {
        if (ended.kind === "proposed") throw new Error(`what was approved was proposed again: ${id}`);
        const { text: outcome, incomplete } = this.#outcomeOf(name, ended.result);
        if (incomplete === undefined) return set({ state: "done", outcome });
        set({ state: "incomplete", outcome, problem: { message: incomplete, code: null } });
      })
      .catch((error: unknown) => set({ state: "failed", problem: problemOf(error) }))
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }
}
