import { type Column, table } from "../../web/parts/components.ts";
import { type Child, h } from "../../web/parts/dom.ts";
import { language } from "../../web/parts/language.ts";
import type { Problem } from "../state.ts";
import { t } from "./words.ts";

/** A part of the overview with its heading. */
export function section(heading: string, id: string, ...content: readonly Child[]): HTMLElement {
  return h(
    "section",
    { "aria-labelledby": id, class: "console-section" },
    h("h2", { class: "govuk-heading-m", id }, heading),
    ...content,
  );
}

export function hint(text: string): HTMLElement {
  return h("p", { class: "govuk-hint" }, text);
}

/** A command to type. */
export function code(text: string): HTMLElement {
  return h("code", { class: "console-code" }, text);
}

/** What the stage itself says, which is in English whatever the language of the page. */
export function english(text: string): HTMLElement {
  return h("span", { lang: language() === "en" ? undefined : "en" }, text);
}

/** A table that can be scrolled sideways with the keyboard where it has no room. */
export function wideTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  return h(
    "div",
    { class: "console-wide", tabindex: 0, role: "region", "aria-label": caption },
    table({ text: caption, isHidden: true }, columns, rows),
  );
}

/**
 * Why something was not done or is not known, in the page's words where it has some.
 *
 * @param problem what the server said
 * @param word what had to be typed
 */
export function problemText(problem: Problem, word = ""): readonly Child[] {
  const texts = t().problems;
  switch (problem.code) {
    case "typed":
      return [texts.typed(word)];
    case "same_person":
    case "identity_not_pinned":
    case "no_such_proposal":
    case "no_such_law":
    case "law_frozen":
    case "law_closed":
    case "slow":
      return [texts[problem.code]];
    default:
      return [english(problem.message)];
  }
}
