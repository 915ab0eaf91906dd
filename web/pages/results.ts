import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import type { Law, Result, Turnout } from "../api/answers.ts";
import { type Read, readLaw, readLaws, readResult, readTurnout } from "../api/read.ts";
import { actionLink, button, heading, paragraph, rehearsalBanner, table } from "../parts/components.ts";
import { type Child, h } from "../parts/dom.ts";
import { dayAndTime, number, percent, period } from "../parts/format.ts";
import { language, pageAt, t } from "../parts/language.ts";
import { announce, show, startPage, type View } from "../parts/layout.ts";
import { loadingView, notReadView } from "../parts/unreadable.ts";
import { whenOf } from "../parts/window.ts";
import { hoursPlot, shareBars } from "../results/plot.ts";
import { takeFragment } from "../tab/fragment.ts";

/** The page of results and turnout. While votes are counted, it reads them again and again, unless it is paused. */

const EVERY_MS = 5_000;
/** The narrowest plot, and the widest. */
const WIDTHS = [240, 760] as const;

interface Shown {
  readonly law: Law;
  readonly result: Result;
  readonly turnout: Turnout;
  readonly isStale: boolean;
}

let shown: Shown | undefined;
let isPaused = false;

takeFragment();
addEventListener("hashchange", takeFragment);
const lawId = new URLSearchParams(location.search).get("law") ?? "";
startPage("results", () => isRehearsal(lawId));
void (lawId === "" ? choose() : load(lawId));

async function choose(): Promise<void> {
  show(loadingView(() => t().results.title));
  const answer = await readLaws();
  show(
    () =>
      answer.kind === "read"
        ? {
            title: t().results.title,
            content: [
              answer.body.length === 0 ? paragraph(t().laws.none) : paragraph(t().results.choose),
              ...answer.body.flatMap((law) => [
                h("p", { class: "govuk-body govuk-!-margin-bottom-1" }, resultsLink(law)),
                h("p", { class: "govuk-hint" }, `${t().laws.law(law.law_id)} · ${whenOf(law)}`),
                isRehearsal(law.law_id) && rehearsalBanner(),
              ]),
            ],
          }
        : notReadView(answer, () => void choose()),
    false,
  );
}

function resultsLink(law: Law): HTMLElement {
  const href = pageAt("results", { law: law.law_id });
  return h("a", { class: "govuk-link", href }, law.title[language()]);
}

async function load(id: string): Promise<void> {
  show(loadingView(() => t().results.title));
  const answers = await readAll(id);
  const failed = answers.find((answer): answer is Exclude<Read<unknown>, { kind: "read" }> => answer.kind !== "read");
  const now = together(answers);
  if (now === undefined) {
    show(() => notReadView(failed ?? { kind: "away" }, () => void load(id)), false);
    return;
  }
  shown = now;
  show(view, false);
  let width = innerWidth;
  // A phone changes the height of its window at every scroll, which changes nothing here.
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    show(view, false);
  });
  follow(id);
}

type Answers = readonly [Read<Law>, Read<Result>, Read<Turnout>];

function readAll(id: string): Promise<Answers> {
  return Promise.all([readLaw(id), readResult(id), readTurnout(id)]);
}

function together([law, result, turnout]: Answers): Shown | undefined {
  if (law.kind !== "read" || result.kind !== "read" || turnout.kind !== "read") return undefined;
  return { law: law.body, result: result.body, turnout: turnout.body, isStale: false };
}

/** Votes may be counted for some time after the close, so a closed law is looked at as well. */
function follow(id: string): void {
  setTimeout(async () => {
    if (!isPaused && document.visibilityState === "visible" && shown !== undefined) {
      const before = shown;
      shown = together(await readAll(id)) ?? { ...before, isStale: true };
      if (JSON.stringify(before) !== JSON.stringify(shown)) show(view, false);
      if (before.isStale !== shown.isStale) announce(shown.isStale ? t().results.stale : "");
    }
    follow(id);
  }, EVERY_MS);
}

function view(): View {
  const texts = t().results;
  if (shown === undefined) return { title: texts.title, content: [] };
  const { law, result, turnout, isStale } = shown;
  const toggle = () => {
    isPaused = !isPaused;
    show(view, false);
    document.querySelector<HTMLElement>("#toggle button")?.focus();
  };
  return {
    title: texts.title,
    hasHeading: true,
    content: [
      h("p", { class: "govuk-caption-l" }, t().laws.law(law.law_id)),
      h("h1", { class: "govuk-heading-l" }, texts.of(law.title[language()])),
      paragraph(whenOf(law)),
      paragraph(progressOf(law, result)),
      h("p", { class: "govuk-body referendum-screen" }, isPaused ? texts.paused : texts.updates),
      isStale && h("p", { class: "govuk-inset-text" }, texts.stale),
      h(
        "p",
        { class: "govuk-body referendum-screen", id: "toggle" },
        actionLink(isPaused ? texts.resume : texts.pause, toggle),
      ),
      heading(texts.counts),
      ...countsOf(law, result),
      heading(texts.turnout),
      ...turnoutOf(turnout),
      h(
        "div",
        { class: "referendum-screen" },
        button(texts.print, () => print(), true),
      ),
    ],
  };
}

/** What is still to come of the count. */
function progressOf({ state, results, form }: Law, result: Result): string {
  const texts = t().results;
  if (result.state === "published") return texts.final;
  if (form === "sealed" && state === "open") return texts.sealed;
  if (form === "sealed" && state === "closed") return texts.opening;
  const isHidden = results === "after_close" && result.updated_at === null;
  if (isHidden && state === "open") return texts.afterClose;
  return isHidden && state === "closed" ? texts.soon : texts.progress[state];
}

function countsOf({ form }: Law, result: Result): Child[] {
  const texts = t().results;
  const { state, oui_count, non_count, total_votes, spoiled_count, updated_at } = result;
  const all = total_votes + spoiled_count;
  if (all === 0) return [paragraph(state === "published" ? texts.nobodyVoted : texts.noVotes)];
  const rows = [
    { name: t().oui, votes: oui_count },
    { name: t().non, votes: non_count },
  ];
  const isSealed = form === "sealed";
  const spoiled = isSealed
    ? { text: texts.spoiledShare(percent(spoiled_count, all)), part: spoiled_count / all }
    : undefined;
  return [
    shareBars(rows, total_votes, spoiled),
    table(
      { text: texts.counts, isHidden: true },
      [{ name: texts.answer }, { name: texts.votes, numeric: true }, { name: texts.share, numeric: true }],
      [
        ...rows.map(({ name, votes }) => [name, number(votes), percent(votes, total_votes)]),
        [isSealed ? texts.valid : texts.total, number(total_votes), percent(total_votes, total_votes)],
        ...(isSealed
          ? [
              [texts.spoiled, number(spoiled_count), ""],
              [texts.all, number(all), ""],
            ]
          : []),
      ],
    ),
    isSealed && h("p", { class: "govuk-hint" }, texts.spoiledHint),
    updated_at !== null && paragraph(texts.changed(dayAndTime(updated_at))),
  ];
}

function turnoutOf({ eligible, voted, hours }: Turnout): Child[] {
  const texts = t().results;
  const text =
    eligible === 0
      ? texts.turnoutNoRoll(number(voted))
      : texts.turnoutText(number(voted), number(eligible), percent(voted, eligible));
  const said = [paragraph(text), eligible > 0 && voted > eligible && paragraph(texts.turnoutStruck)];
  if (hours.length === 0) return said;
  const room = (document.querySelector("main")?.clientWidth ?? WIDTHS[1]) - 4;
  return [
    ...said,
    h(
      "figure",
      { class: "referendum-figure" },
      h("figcaption", { class: "govuk-body govuk-!-font-weight-bold" }, texts.byHour),
      hoursPlot(hours, Math.min(WIDTHS[1], Math.max(WIDTHS[0], room))),
    ),
    table(
      { text: texts.byHour },
      [{ name: texts.period }, { name: texts.votes, numeric: true }],
      hours.map(({ from, until, voted: votes }) => [period(from, until), number(votes)]),
    ),
    h("p", { class: "govuk-hint" }, texts.joined),
  ];
}
