import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { z } from "zod";
import { type Act, pathOf } from "../../shared/messages/operators/define-act.ts";
import { ActAnswer, type ProposalMade, type StepProgress } from "../../shared/messages/operators/envelope.ts";
import { UserError } from "../../terminal/errors.ts";
import { isBusy, notDone, refusalOf } from "./refusals.ts";
import type { Authorize } from "./signing.ts";

export interface CallOptions {
  /** Called after each step of a long act. */
  readonly onProgress?: ((progress: StepProgress) => void) | undefined;
  /** Stops between two steps. What was done stays done, and the same command goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to wait two minutes for a stage that does not answer, also for the first step. */
  readonly isPatient?: boolean | undefined;
  /** The approved proposal to carry out; its id is also that of the run. */
  readonly proposal?: string | undefined;
  /** How often a step is sent at most when it is not answered. */
  readonly tries?: number | undefined;
}

/** How an act ended: done, or proposed to a second person. */
export type Outcome<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "proposed"; readonly proposal: ProposalMade };

/** API Gateway answers within 29 s. */
const ANSWER_TIMEOUT_MS = 35_000;
/** How often a step is sent again that was not answered, or whose answer was that something is away. */
const TRIES = 6;
/**
 * The same in the middle of long work: a database that fails over, or a function that is throttled, is there again
 * within two minutes, and a person need not begin again.
 */
const PATIENT_TRIES = 20;
const FIRST_PAUSE_MS = 250;
/**
 * For how long a step is sent again while another process works on the same roll. A step ends within 20 s; the session
 * of a function that was killed in the middle of one keeps its right until PostgreSQL notices.
 */
const BUSY_MS = 120_000;
/** The longest pause, as a multiple of the first one. */
const LONGEST_PAUSE = 32;

/** The operators' API of a stage. */
export class OperatorsApi {
  readonly #url: string;
  readonly #authorize: Authorize;
  readonly #firstPauseMs: number;
  readonly #busyMs: number;

  /**
   * @param url its address
   * @param authorize tells who calls
   * @param firstPauseMs how long the second try of a step waits, in milliseconds; each further one waits twice as long,
   *   up to 32 times as long
   * @param busyMs for how long it waits while another process works on the same roll, in milliseconds
   */
  constructor(url: string, authorize: Authorize, firstPauseMs = FIRST_PAUSE_MS, busyMs = BUSY_MS) {
    this.#url = url.endsWith("/") ? url : `${url}/`;
    this.#authorize = authorize;
    this.#firstPauseMs = firstPauseMs;
    this.#busyMs = busyMs;
  }

  /**
   * Looks at something; nothing is changed.
   *
   * @param act what to look at
   * @param request its request
   * @param options progress and interruption
   * @throws Refusal when the stage refuses; UserError when it cannot be asked
   */
  async look<A extends Act>(
    act: A,
    request: z.input<A["request"]>,
    options?: CallOptions,
  ): Promise<z.output<A["result"]>> {
    const outcome = await this.perform(act, request, options);
    if (outcome.kind === "proposed") throw new Error(`${act.name} was proposed, and changes nothing`);
    return outcome.result;
  }

  /**
   * Does an act, step by step to its end. A step that is not answered is sent again: each can be.
   *
   * @param act what to do
   * @param request its request
   * @param options progress, interruption, and the proposal to carry out
   * @returns its result; or its proposal, if a second person has to want it too
   * @throws Refusal when the stage refuses; UserError when it cannot be asked; the signal's reason when interrupted
   */
  async perform<A extends Act>(
    act: A,
    request: z.input<A["request"]>,
    { onProgress, signal, isPatient = false, proposal, tries: mostTries }: CallOptions = {},
  ): Promise<Outcome<z.output<A["result"]>>> {
    const url = new URL(pathOf(act, proposal !== undefined), this.#url);
    const run = proposal ?? randomUUID();
    let cursor: unknown;
    for (;;) {
      signal?.throwIfAborted();
      const call = {
        run,
        request,
        ...(cursor === undefined ? {} : { cursor }),
        ...(proposal === undefined ? {} : { proposal }),
      };
      const tries = mostTries ?? (isPatient || cursor !== undefined ? PATIENT_TRIES : TRIES);
      const answer = await this.#send(url, JSON.stringify(call), tries, signal).catch((error: unknown) => {
        throw error instanceof Unanswered ? unansweredBy(act, error) : error;
      });
      if ("proposal" in answer) return { kind: "proposed", proposal: answer.proposal };
      if (answer.done) return { kind: "done", result: read<A["result"]>(act.result, answer.result) };
      onProgress?.(answer.progress);
      cursor = answer.cursor;
    }
  }

  async #send(url: URL, body: string, tries: number, signal: AbortSignal | undefined): Promise<ActAnswer> {
    let last = "";
    let wait: number | undefined;
    const busyUntil = performance.now() + this.#busyMs;
    for (let tried = 0; tried < tries; tried++) {
      if (wait !== undefined) await pause(wait, undefined, { signal });
      else if (tried > 0) {
        await pause(this.#firstPauseMs * Math.min(2 ** (tried - 1), LONGEST_PAUSE), undefined, { signal });
      }
      const headers = await this.#authorize(url, { "content-type": "application/json" }, body);
      // The connection may also end in the middle of the answer.
      const answer = await answerTo(url, headers, body).catch((error: unknown) => {
        last = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
        return undefined;
      });
      wait = undefined;
      if (answer === undefined) continue;
      if (answer.ok) return ActAnswer.parse(JSON.parse(answer.text));
      if (answer.status !== 429 && answer.status < 500) throw refusalOf(answer.status, answer.text, answer.date);
      if (isBusy(answer.status, answer.text)) {
        if (performance.now() >= busyUntil) throw refusalOf(answer.status, answer.text, answer.date);
        wait = answer.retryAfterMs;
        // It was answered: only time counts.
        tried -= 1;
        continue;
      }
      last = notDone(answer.status, answer.text);
    }
    throw new Unanswered(`The operators' API at ${url.origin} did not do this in ${tries} tries (${last})`);
  }
}

/** No try of a step was answered. */
class Unanswered extends Error {}

function unansweredBy({ group }: Act, { message }: Unanswered): UserError {
  const isLook = group === "looks" || group === "roll-looks";
  return new UserError(
    isLook
      ? `${message}. Nothing was changed.`
      : `${message}. Whether the last try took effect is not known: run the command again, which is safe.`,
  );
}

async function answerTo(url: URL, headers: Readonly<Record<string, string>>, body: string) {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const answer = await fetch(url, { method: "POST", headers, body, signal });
  return {
    ok: answer.ok,
    status: answer.status,
    text: await answer.text(),
    date: answer.headers.get("date"),
    retryAfterMs: Number(answer.headers.get("retry-after") ?? 1) * 1_000,
  };
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  return schema.parse(value);
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}
