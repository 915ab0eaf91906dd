import {
  CannotSeal,
  castVote,
  NotConfirmed,
  NotPromised,
  newSeed,
  Refused,
  type Retry,
  type Step,
} from "../../client/index.ts";
import type { Law } from "../api/answers.ts";
import { API, isNotThere, readLaw } from "../api/read.ts";
import { inset } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { t } from "../parts/language.ts";
import { announce, show, type View } from "../parts/layout.ts";
import { seedOf } from "../tab/pending.ts";
import type { Happened, Refusal, State } from "../tab/states.ts";
import { happened, sendingSignal } from "../tab/tab.ts";
import { castWhileOpen } from "./cast.ts";

type Sending = Extract<State, { readonly name: "sending" }>;

/**
 * Sends a vote by the reference client, shows how that goes, and says in the end what became of it.
 *
 * @param sending the state of the tab's submission, which has just begun
 */
export async function sendVote({ pending, run, wasSentBefore }: Sending): Promise<void> {
  const signal = sendingSignal();
  let step: Step = "send";
  let said = () => begunOf(step);
  const line = h("p", { class: "govuk-body-l", id: "progress" }, said());
  const say = (what: () => string) => {
    said = what;
    line.textContent = said();
  };
  const view = (): View => {
    line.textContent = said();
    return { title: titleOf(step), content: [line, inset(t().sending.keepOpen)] };
  };
  show(view);
  let counting: ReturnType<typeof setInterval> | undefined;
  const onStep = (next: Step) => {
    clearInterval(counting);
    step = next;
    // After a look, the law is open again.
    const isAgain = next === "send" && hasLooked;
    said = () => (isAgain ? againOf(next) : begunOf(next));
    show(view, false);
    if (next === "look" || next === "check" || isAgain) announce(said());
    hasLooked ||= next === "look";
  };
  const onRetry = (retry: Retry) => {
    const until = performance.now() + retry.waitMs;
    const count = () => {
      const leftMs = until - performance.now();
      say(leftMs > 0 ? () => progressOf(retry, step, leftMs) : () => againOf(step));
    };
    clearInterval(counting);
    counting = setInterval(count, 500);
    count();
    announce(said());
  };
  let hasLooked = false;
  /** The address of its receipt, if a look is over and the vote is sent again. */
  let named: string | undefined;
  const { key, vote, law } = pending;
  const seed = pending.seed === undefined ? newSeed() : seedOf(pending.seed);
  const resultOf = async (): Promise<Happened> => {
    try {
      const { requestId, tracker, promise } = await castWhileOpen({
        cast: (call, isAgain) =>
          castVote(API, vote, {
            ...(wasSentBefore || isAgain ? { resume: key } : { key }),
            ...(law === undefined ? {} : { law }),
            ...{ seed, onRetry, ...call },
          }),
        isOpen: async () => (await stateOf(vote.law_id)) === "open",
        onStep,
        onAgain: ({ receipt }) => {
          named = receipt;
        },
        signal,
      });
      return { name: "confirm", run, receipt: requestId, tracker, promise };
    } catch (error) {
      const why = error instanceof NotConfirmed ? neverAccepted(error) : error;
      if (why instanceof Refused) {
        // An earlier try was taken, and its receipt says that the vote was lost: that is not a refusal.
        const receipt = hasLooked ? why.problem?.["request_id"] : undefined;
        if (typeof receipt === "string") return { name: "confirm", run, receipt };
        return { name: "refuse", run, why: refusalOf(why) };
      }
      if (error instanceof CannotSeal) return { name: "refuse", run, why: "cannot_seal" };
      if (error instanceof NotConfirmed) return await unconfirmedBy(error, { run, named, lawId: vote.law_id });
      // Nobody knows how far it came, and "sending" would not be true any more.
      if (!signal.aborted) reportError(error);
      return { name: "unanswered", run, receipt: undefined, known: { mayHaveArrived: true, status: undefined } };
    } finally {
      clearInterval(counting);
    }
  };
  // If the page was left meanwhile, or asks which vote is meant, this changes nothing.
  happened(await resultOf());
}

/** What no try of a submission can have passed: a law that does not exist, or a code that is mistyped. */
function neverAccepted({ cause }: NotConfirmed): Refused | undefined {
  return cause instanceof Refused && (isNotThere(cause.problem) || fieldsOf(cause).includes("code"))
    ? cause
    : undefined;
}

function titleOf(step: Step): string {
  if (step === "look") return t().sending.lookTitle;
  return step === "check" ? t().sending.checkTitle : t().sending.title;
}

/** What is done in the first try of a step. */
function begunOf(step: Step): string {
  return step === "send" ? t().sending.first : againOf(step);
}

function againOf(step: Step): string {
  if (step === "describe") return t().sending.describing;
  if (step === "look") return t().sending.looking;
  return step === "check" ? t().sending.checking : t().sending.again;
}

function progressOf({ because }: Retry, step: Step, leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1_000);
  if (step === "describe") return t().sending.describeIn(seconds);
  if (step !== "send") return t().sending.checkIn(seconds);
  if (!navigator.onLine) return t().sending.offline(seconds);
  if (because instanceof Error) return t().sending.noAnswer(seconds);
  return because.status === 429 ? t().sending.busy(seconds) : t().sending.away(seconds);
}

/** Nothing was accepted, and sending the same again would not help. */
function refusalOf(error: Refused): Refusal {
  if (fieldsOf(error).includes("code")) return "mistyped";
  if (error.status === 409) return "not_taken";
  return isNotThere(error.problem) ? "no_such_law" : "other";
}

function fieldsOf({ problem }: Refused): string[] {
  const errors = problem?.["errors"];
  if (!Array.isArray(errors)) return [];
  return errors.map((one: unknown) =>
    typeof one === "object" && one !== null && "field" in one ? String(one.field) : "",
  );
}

/** Nobody confirmed it: it is known whether more votes are taken, or sending it again may help. */
async function unconfirmedBy(
  error: NotConfirmed,
  { run, named, lawId }: { readonly run: number; readonly named: string | undefined; readonly lawId: string },
): Promise<Happened> {
  const wrong = error.cause === undefined ? "wrong" : "unchecked";
  const promise = error instanceof NotPromised ? wrong : undefined;
  const status = statusOf(error.cause);
  const receipt = (error.receipt ?? named)?.split("/").at(-1);
  const law = status === 409 ? await stateOf(lawId) : undefined;
  if (law === "closed") return { name: "close", run, receipt };
  if (law === "frozen") return { name: "suspend", run, receipt };
  return { name: "unanswered", run, receipt, known: { mayHaveArrived: error.mayHaveArrived, status, promise } };
}

/** The state of a law now; undefined when it cannot be read. */
async function stateOf(lawId: string): Promise<Law["state"] | undefined> {
  const answer = await readLaw(lawId);
  return answer.kind === "read" ? answer.body.state : undefined;
}

function statusOf(cause: unknown): number | undefined {
  const status = typeof cause === "object" && cause !== null && "status" in cause ? cause.status : undefined;
  return typeof status === "number" ? status : undefined;
}
