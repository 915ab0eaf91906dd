import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import type { Law } from "../api/answers.ts";
import { type Read, readLaws } from "../api/read.ts";
import { heading, inset, link, paragraph, rehearsalBanner } from "../parts/components.ts";
import { type Child, h } from "../parts/dom.ts";
import { language, pageAt, t, votePageOf } from "../parts/language.ts";
import { show, startPage, type View } from "../parts/layout.ts";
import { loadingView, notReadView } from "../parts/unreadable.ts";
import { whenOf } from "../parts/window.ts";
import { fragmentOf, GO_ON, takeFragment } from "../tab/fragment.ts";
import { keptVote, onReturn } from "../tab/tab.ts";

/** The first page: the laws to vote on. */

/** A code of a letter whose address names no law; it goes with the voter to the law that is chosen. */
let code = takeFragment().get("code") ?? undefined;
startPage("vote");
void load();
// A letter is scanned, or its address is pasted, in a tab that shows the list already.
addEventListener("hashchange", () => {
  code = takeFragment().get("code") ?? code;
  void load();
});
// The list is old, and may name a vote that is confirmed. The next reader is somebody else, perhaps.
onReturn(() => {
  code = undefined;
  void load();
});

async function load(): Promise<void> {
  show(loadingView(() => t().laws.title));
  const answer = await readLaws();
  show(answer.kind === "read" ? () => listView(answer.body) : () => failed(answer), false);
}

function failed(answer: Exclude<Read<unknown>, { kind: "read" }>): View {
  return notReadView(answer, () => void load());
}

function listView(laws: readonly Law[]): View {
  const texts = t().laws;
  const of = (state: Law["state"]) => laws.filter((law) => law.state === state);
  const [open, frozen, soon, over] = [of("open"), of("frozen"), of("not_open_yet"), of("closed")];
  const group = (name: string, members: readonly Law[]): Child[] =>
    members.length === 0 ? [] : [heading(name), ...members.map(card)];
  return {
    title: texts.title,
    content: [
      pendingNotice(),
      open.length > 0 ? paragraph(texts.intro) : inset(texts.none),
      ...group(texts.open, open),
      ...group(texts.frozen, frozen),
      ...group(texts.soon, soon),
      ...group(texts.over, over),
    ],
  };
}

function card(law: Law): HTMLElement {
  const title = law.title[language()];
  const texts = t().laws;
  const vote = h(
    "a",
    {
      class: "govuk-button govuk-!-margin-bottom-0",
      href: votePageOf(law.law_id) + fragmentOf({ code }),
      "aria-label": texts.voteOn(title),
    },
    t().nav.vote,
  );
  const results = h(
    "a",
    { class: "govuk-link", href: pageAt("results", { law: law.law_id }) },
    t().toResults,
    h("span", { class: "govuk-visually-hidden" }, ` (${title})`),
  );
  return h(
    "article",
    { class: "referendum-law" },
    h("h3", { class: "govuk-heading-s govuk-!-margin-bottom-1" }, title),
    isRehearsal(law.law_id) && rehearsalBanner(),
    h("p", { class: "govuk-hint govuk-!-margin-bottom-2" }, texts.law(law.law_id)),
    h("p", { class: "govuk-body" }, whenOf(law)),
    law.state === "open" && vote,
    law.state !== "not_open_yet" &&
      h("p", { class: "govuk-body govuk-!-margin-bottom-0 govuk-!-margin-top-3" }, results),
  );
}

function pendingNotice(): HTMLElement | undefined {
  const pending = keptVote();
  if (pending === undefined) return undefined;
  const texts = t().pendingNotice;
  return h(
    "section",
    { class: "govuk-inset-text referendum-notice", "aria-labelledby": "pending" },
    h("h2", { class: "govuk-heading-m", id: "pending" }, texts.heading),
    isRehearsal(pending.vote.law_id) && rehearsalBanner(),
    paragraph(texts.text),
    link(texts.link, votePageOf(pending.vote.law_id) + GO_ON),
  );
}
