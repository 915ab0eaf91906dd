import type { WatchedLaw } from "../../shared/messages/operators/watch.ts";
import { button, summaryList } from "../../web/parts/components.ts";
import { type Child, h } from "../../web/parts/dom.ts";
import { dayAndTime, number } from "../../web/parts/format.ts";
import { language } from "../../web/parts/language.ts";
import type { ConsoleState } from "../state.ts";
import { section } from "./parts.ts";
import { t } from "./words.ts";

/** Every law and where it stands, with what freezes it. */
export function lawsSection({ look }: ConsoleState, onFreeze: (law: WatchedLaw) => void): HTMLElement {
  const texts = t().laws;
  const laws = look?.laws ?? null;
  if (laws === null) return section(texts.heading, "laws", h("p", { class: "govuk-body" }, texts.unknown));
  if (laws.length === 0) return section(texts.heading, "laws", h("p", { class: "govuk-body" }, texts.none));
  return section(
    texts.heading,
    "laws",
    h("div", { class: "console-laws" }, ...laws.map((law) => lawCard(law, onFreeze))),
  );
}

/** A law that no state forbids to freeze. */
function canFreeze({ state, frozen }: WatchedLaw): boolean {
  return frozen || state === "ready" || state === "open" || state === "closed";
}

function lawCard(law: WatchedLaw, onFreeze: (law: WatchedLaw) => void): HTMLElement {
  const texts = t().laws;
  const { law_id, state, frozen, rehearsal, counted } = law;
  const title = law[`title_${language()}`];
  const content: Child[] = [
    h("h3", { class: "govuk-heading-s govuk-!-margin-bottom-1" }, t().law(law_id)),
    h("p", { class: "govuk-body" }, title),
    rehearsal && h("p", { class: "govuk-body referendum-rehearsal" }, h("strong", {}, texts.rehearsal)),
    summaryList([
      { name: texts.state, value: texts.states[state] },
      { name: texts.window, value: windowOf(law) },
      { name: texts.roll, value: rollOf(law) },
      { name: texts.counted, value: counted === null ? t().laws.rollUnknown : number(counted) },
    ]),
  ];
  if (canFreeze(law)) {
    const label = frozen ? texts.unfreeze(law_id) : texts.freeze(law_id);
    content.push(button(label, () => onFreeze(law), true));
  }
  return h("div", { class: "referendum-law" }, ...content);
}

function windowOf({ opens_at, closes_at }: WatchedLaw): string {
  const texts = t().laws;
  return closes_at === null
    ? texts.windowSince(dayAndTime(opens_at))
    : texts.windowOf(dayAndTime(opens_at), dayAndTime(closes_at));
}

function rollOf({ state, voters, sealed_voters, complete, unfinished }: WatchedLaw): string {
  const texts = t().laws;
  if (voters === null) return texts.rollUnknown;
  const size = texts.voters(number(voters));
  if (state === "destroyed") return `${size} – ${texts.destroyed}`;
  if ((unfinished?.length ?? 0) > 0) return `${size} – ${texts.unfinished}`;
  if (sealed_voters === null) return `${size} – ${texts.notSealed}`;
  return complete === false ? `${size} – ${texts.incomplete}` : `${size} – ${texts.sealed}`;
}
