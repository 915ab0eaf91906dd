import type { z } from "zod";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import type { ProposalMade } from "../../shared/messages/operators/envelope.ts";
import { listProposals, type Proposal } from "../../shared/messages/operators/journal.ts";
import { holdsWithin } from "../../shared/runtime/wait.ts";

/** Who approves an act may have it done at once: for so long, that is waited for. */
const THEIR_TURN_MS = 5_000;
/** How long an act may be refused because the second person's command does it at the same time. */
const BOTH_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

export interface ActsOptions {
  readonly signal: AbortSignal;
  /** The longest wait for a second person, in milliseconds. */
  readonly waitMs: number;
  /** Shows what is waited for; the next line replaces it. */
  readonly show: (text: string) => void;
  /** Told what a second person has to approve. */
  readonly onProposed: (proposal: ProposalMade, request: unknown) => void;
}

/** An act that was begun: done, or proposed. */
export interface Begun<A extends Act> {
  readonly act: A;
  readonly request: z.input<A["request"]>;
  readonly outcome: Awaited<ReturnType<OperatorsApi["perform"]>>;
}

/** The acts of a rehearsal, by one person or by two. */
export class RehearsalActs {
  readonly api: OperatorsApi;
  readonly #options: ActsOptions;

  constructor(api: OperatorsApi, options: ActsOptions) {
    this.api = api;
    this.#options = options;
  }

  /**
   * Does an act, with a second person where the stage wants one.
   *
   * @param act what to do
   * @param request its request
   * @returns its result
   * @throws Refusal when the stage refuses it; Error when no second person approves it
   */
  async done<A extends Act>(act: A, request: z.input<A["request"]>): Promise<z.output<A["result"]>> {
    return this.finished(await this.begin(act, request));
  }

  /**
   * Does an act, or proposes it. So several can wait for the second person together.
   *
   * @param act what to do
   * @param request its request
   */
  async begin<A extends Act>(act: A, request: z.input<A["request"]>): Promise<Begun<A>> {
    const { signal, show, onProposed } = this.#options;
    const onProgress = ({ label, done }: { readonly label: string; readonly done: number }) =>
      show(`${label}: ${done}`);
    const outcome = await this.api.perform(act, request, { signal, onProgress });
    if (outcome.kind === "proposed") onProposed(outcome.proposal, request);
    return { act, request, outcome };
  }

  /**
   * Waits until what was begun is approved and done.
   *
   * @param begun an act
   * @returns its result
   */
  async finished<A extends Act>({ act, request, outcome }: Begun<A>): Promise<z.output<A["result"]>> {
    if (outcome.kind === "done") return read<A["result"]>(act.result, outcome.result);
    const { id, expires_at } = outcome.proposal;
    await this.#approved(act, id, expires_at);
    return this.#carriedOut(act, request, id);
  }

  async #approved(act: Act, id: string, expiresAt: string): Promise<void> {
    const { waitMs, signal, show } = this.#options;
    const deadline = performance.now() + waitMs;
    const isDecided = async () => {
      const left = Math.ceil((deadline - performance.now()) / 1_000);
      show(`${act.name} waits for a second person, for ${left} s at most: npm run ops -- approve ${id}`);
      return (await this.#state(id)) !== "pending";
    };
    if (!(await holdsWithin(isDecided, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal }))) {
      throw new Error(
        `Nobody has approved ${act.name} (${id}) within ${waitMs / 1_000} s. It can still be approved until ` +
          `${expiresAt}: npm run ops -- refuse ${id} takes it away.`,
      );
    }
    const state = await this.#state(id);
    if (state !== "approved" && state !== "done")
      throw new Error(`${act.name} (${id}) was not approved: it is ${state}.`);
    const isDone = async () => (await this.#state(id)) === "done";
    await holdsWithin(isDone, { withinMs: THEIR_TURN_MS, everyMs: LOOK_EVERY_MS, signal });
  }

  /** What the second person's command has done already answers what came of it. */
  async #carriedOut<A extends Act>(act: A, request: z.input<A["request"]>, id: string): Promise<z.output<A["result"]>> {
    const { signal } = this.#options;
    const deadline = performance.now() + BOTH_MS;
    for (;;) {
      try {
        const outcome = await this.api.perform(act, request, { signal, proposal: id });
        if (outcome.kind === "done") return outcome.result;
        throw new Error(`${act.name} was approved, and was proposed once more`);
      } catch (error) {
        if (!(error instanceof Refusal) || performance.now() > deadline) throw error;
        const isDone = async () => (await this.#state(id)) === "done";
        await holdsWithin(isDone, { withinMs: THEIR_TURN_MS, everyMs: LOOK_EVERY_MS, signal });
      }
    }
  }

  async #state(id: string): Promise<Proposal["state"] | undefined> {
    const { proposals } = await this.api.look(listProposals, { id }, { signal: this.#options.signal });
    return proposals[0]?.state;
  }
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return schema.parse(value);
}
