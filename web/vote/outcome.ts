import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import { actionLink, button, inset, link, paragraph, summaryList, warning } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { pageAt, t, votePageOf } from "../parts/language.ts";
import type { View } from "../parts/layout.ts";
import { GO_ON } from "../tab/fragment.ts";
import { keepReceipt } from "../tab/kept.ts";
import type { Pending } from "../tab/pending.ts";
import type { State } from "../tab/states.ts";
import { happened } from "../tab/tab.ts";
import { notOpenView } from "./not-open.ts";

/** What is shown of a submission that is not being sent and not confirmed. */

type On<Name extends State["name"]> = Extract<State, { readonly name: Name }>;

/**
 * Nothing was accepted.
 *
 * @returns undefined while nothing more is known than that its law took no vote
 */
export function refusedView({ why, law: found }: On<"refused">): (() => View) | undefined {
  const ended = (title: string, text: string): View => ({
    title,
    content: [paragraph(text), link(t().toStart, pageAt("index"))],
  });
  if (why === "no_such_law") return () => ended(t().ended.unknownLawTitle, t().ended.unknownLaw);
  if (why === "cannot_seal") return () => ended(t().ended.refusedTitle, t().ended.cannotSeal);
  if (why !== "not_taken") return () => ended(t().ended.refusedTitle, t().ended.refused);
  if (found === undefined) return undefined;
  const { law } = found;
  return () => (law === undefined ? ended(t().ended.notTakenTitle, t().ended.notTaken) : notOpenView(law, true));
}

/** Its law closed before anybody confirmed it: sending it again would help nobody. */
export function closedView({ receipt }: On<"closed">): View {
  return {
    title: t().ended.closedTitle,
    content: [
      paragraph(t().ended.closedUnsure),
      ...(receipt === undefined
        ? []
        : [
            paragraph(t().ended.closedUnsureReceipt),
            summaryList([{ name: t().receipt.number, value: receipt, isExact: true }]),
            receiptButton(receipt),
          ]),
      link(t().toStart, pageAt("index")),
    ],
  };
}

export function suspendedView({ pending }: On<"suspended">): View {
  return {
    title: t().ended.frozenTitle,
    content: [paragraph(t().ended.frozenUnsure), ...waysOn(pending), inset(t().unconfirmed.close)],
  };
}

export function unconfirmedView({ pending, known }: On<"unconfirmed">): View {
  const why = (): string => {
    if (known.promise !== undefined) {
      return known.promise === "wrong" ? t().unconfirmed.unpromised : t().unconfirmed.unchecked;
    }
    if (!navigator.onLine) return t().unconfirmed.offline;
    if (known.status === 409) return t().ended.notTaken;
    if (known.status === 429) return t().unconfirmed.busy;
    const isRefused = known.status !== undefined && known.status >= 400 && known.status < 500;
    return isRefused ? t().unconfirmed.refused : t().unconfirmed.away;
  };
  return {
    title: t().unconfirmed.title,
    content: [
      warning(doubtOf(known)),
      paragraph(why()),
      paragraph(t().unconfirmed.safe),
      ...waysOn(pending),
      inset(t().unconfirmed.close),
    ],
  };
}

function doubtOf({ promise, mayHaveArrived }: On<"unconfirmed">["known"]): string {
  if (promise !== undefined) return t().unconfirmed.held;
  return mayHaveArrived ? t().unconfirmed.unknown : t().unconfirmed.notArrived;
}

/** What a voter can do with a vote that is not confirmed. */
function waysOn({ receipt, vote }: Pending): HTMLElement[] {
  const forget = () => {
    happened({ name: "give_up" });
    location.assign(pageAt("index"));
  };
  return [
    button(t().unconfirmed.send, () => happened({ name: "again" })),
    ...(receipt === undefined ? [] : [receiptButton(receipt, isRehearsal(vote.law_id))]),
    h("p", { class: "govuk-body" }, actionLink(t().unconfirmed.forget, forget)),
  ];
}

function receiptButton(requestId: string, isRehearsed?: boolean): HTMLElement {
  const look = () => location.assign(pageAt("receipt") + keepReceipt(requestId, true, { isRehearsed }));
  return h("p", {}, button(t().ended.lookAtReceipt, look, true));
}

/** Another vote is not confirmed yet than the one that this page or a letter is for: the tab has room for one. */
export function askingView({ pending, law, letter }: On<"asking">): View {
  const texts = t().pendingNotice;
  const isOfThisLaw = pending.vote.law_id === law;
  const hasLetter = letter !== undefined && letter !== "";
  // On the page of its law, whose codes and choices are not another one's.
  const goOn = () => {
    if (isOfThisLaw) happened({ name: "again" });
    else location.assign(votePageOf(pending.vote.law_id) + GO_ON);
  };
  const forget = () => happened({ name: "give_up" });
  const forgetText = hasLetter ? texts.useLetter : texts.useNew;
  return {
    title: texts.heading,
    content: [
      ...(isOfThisLaw
        ? [paragraph(hasLetter ? texts.letter : texts.sameLaw), paragraph(texts.ways)]
        : [paragraph(texts.text)]),
      button(texts.link, goOn),
      h("p", { class: "govuk-body" }, actionLink(isOfThisLaw ? forgetText : texts.forget, forget)),
    ],
  };
}
