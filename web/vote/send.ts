import { castVote, NotConfirmed, Refused, type Retry } from "../../client/index.ts";
import { API, readLaw } from "../parts/api.ts";
import { button, inset, link, paragraph, warning } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { pageAt, t } from "../parts/language.ts";
import { announce, show, type View } from "../parts/layout.ts";
import type { Pending } from "../parts/pending.ts";
import { forgetPending, keepPending, keepReceipt } from "../parts/session.ts";
import { notOpenView } from "./not-open.ts";

export interface SendOptions {
  /** A try of it may have arrived already. */
  readonly wasSentBefore: boolean;
  /** Called when the API refused the code as mistyped: it can be mended. Any other refusal is shown here. */
  readonly onRefused: () => void;
  /** Called to go on with the same submission, after nobody confirmed it. */
  readonly again: () => void;
}

/**
 * Sends a vote by the reference client, and says truthfully how that goes. Once it is confirmed, the page of its
 * receipt takes the place of this one, so that Back does not return here.
 *
 * @param pending the submission; the tab remembers it until it is confirmed or refused for good
 * @param options what to do when it is not
 */
export async function sendVote(pending: Pending, options: SendOptions): Promise<void> {
  keepPending(pending);
  let said = () => t().sending.first;
  const line = h("p", { class: "govuk-body-l", id: "progress" }, said());
  const view = (): View => {
    line.textContent = said();
    return { title: t().sending.title, content: [line, inset(t().sending.keepOpen)] };
  };
  show(view);
  const onRetry = (retry: Retry) => {
    said = () => progressOf(retry);
    line.textContent = said();
    announce(said());
  };
  const key = options.wasSentBefore ? { resume: pending.key } : { key: pending.key };
  try {
    const { requestId } = await castVote(API, pending.vote, { ...key, onRetry });
    forgetPending();
    keepReceipt(requestId);
    location.replace(pageAt("receipt"));
  } catch (error) {
    if (error instanceof Refused) await refused(error, pending, options);
    else if (error instanceof NotConfirmed) unconfirmed(error, options);
    else throw error;
  }
}

function progressOf({ waitMs, because }: Retry): string {
  const seconds = Math.max(1, Math.round(waitMs / 1_000));
  if (!navigator.onLine) return t().sending.offline(seconds);
  if (because instanceof Error) return t().sending.noAnswer(seconds);
  return because.status === 429 ? t().sending.busy(seconds) : t().sending.away(seconds);
}

/** Nothing was accepted, and sending the same again would not help. */
async function refused(error: Refused, { vote }: Pending, { onRefused }: SendOptions): Promise<void> {
  forgetPending();
  if (fieldsOf(error).includes("code")) {
    onRefused();
    return;
  }
  if (error.status === 409) {
    const answer = await readLaw(vote.law_id);
    const law = answer.kind === "read" && answer.body.state !== "open" ? answer.body : undefined;
    show(() => (law === undefined ? ended(t().ended.closedTitle, t().ended.closed) : notOpenView(law, true)));
  } else if (error.status === 404) show(() => ended(t().ended.unknownLawTitle, t().ended.unknownLaw));
  else show(() => ended(t().ended.refusedTitle, t().ended.refused));
}

function ended(title: string, text: string): View {
  return { title, content: [paragraph(text), link(t().toStart, pageAt("index"))] };
}

function fieldsOf({ problem }: Refused): string[] {
  const errors = problem?.["errors"];
  if (!Array.isArray(errors)) return [];
  return errors.map((one: unknown) =>
    typeof one === "object" && one !== null && "field" in one ? String(one.field) : "",
  );
}

/**
 * Nobody confirmed it in a minute. The tab keeps it, and goes on when asked to, or when the device is connected again.
 */
function unconfirmed(error: NotConfirmed, options: SendOptions): void {
  const { cause } = error;
  const again = () => {
    removeEventListener("online", again);
    options.again();
  };
  addEventListener("online", again);
  const why = (): string => {
    if (!navigator.onLine) return t().unconfirmed.offline;
    const status = typeof cause === "object" && cause !== null && "status" in cause ? cause.status : undefined;
    if (status === 409) return t().ended.closedUnsure;
    return status === 429 ? t().unconfirmed.busy : t().unconfirmed.away;
  };
  const receipt = error.receipt?.split("/").at(-1);
  show(() => ({
    title: t().unconfirmed.title,
    content: [
      warning(error.mayHaveArrived ? t().unconfirmed.unknown : t().unconfirmed.notArrived),
      paragraph(why()),
      paragraph(t().unconfirmed.safe),
      button(t().unconfirmed.send, again),
      receipt === undefined ? undefined : receiptButton(receipt),
      inset(t().unconfirmed.close),
    ],
  }));
}

function receiptButton(requestId: string): HTMLElement {
  const look = () => {
    keepReceipt(requestId);
    location.assign(pageAt("receipt"));
  };
  return h("p", {}, button(t().ended.lookAtReceipt, look, true));
}
