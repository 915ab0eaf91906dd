import { type Child, h } from "../../web/parts/dom.ts";
import { focusHolder } from "../../web/parts/focus.ts";
import { type Language, language, setLanguage } from "../../web/parts/language.ts";
import { t } from "./words.ts";

/** What the page shows at one moment. */
export interface View {
  /** The heading, and the title of the window. */
  readonly title: string;
  readonly content: readonly Child[];
  /** Something is wrong with what was typed: the title says so first. */
  readonly isError?: boolean;
  /** Before the title of the window, for whoever has another tab in front: how much needs attention. */
  readonly mark?: string;
}

const NAMES: Readonly<Record<Language, string>> = { fr: "Français", en: "English" };

const main = h("main", { class: "govuk-main-wrapper", id: "main", tabindex: -1 });
const header = h("div");
const footer = h("footer", { class: "govuk-footer referendum-footer" });
const spoken = h("div", { class: "govuk-visually-hidden", role: "status" });
let view: (() => View) | undefined;

/** Draws what is around the content. */
export function startFrame(): void {
  document.querySelector("#starting")?.remove();
  document.body.append(header, h("div", { class: "govuk-width-container" }, main), footer, spoken);
  drawFrame();
}

/**
 * Shows something else, and moves the focus to its heading or to what is wrong, so that it is read.
 *
 * @param what makes it; called again when the language changes
 */
export function show(what: () => View): void {
  const isFirst = view === undefined;
  view = what;
  draw();
  if (isFirst) return;
  announce("");
  const target = main.querySelector<HTMLElement>(".govuk-error-summary") ?? main.querySelector<HTMLElement>("h1");
  target?.setAttribute("tabindex", "-1");
  target?.focus();
  scrollTo(0, 0);
}

/** Draws what is shown anew, because it has changed. The reader stays where the reader is. */
export function refresh(): void {
  const open = [...main.querySelectorAll("details")].map((one) => one.open);
  const giveFocusBack = focusHolder(main);
  draw();
  for (const [index, one] of main.querySelectorAll("details").entries()) one.open = open[index] ?? false;
  giveFocusBack?.();
}

/** Has a screen reader say something without moving the focus. */
export function announce(text: string): void {
  if (spoken.textContent !== text) spoken.textContent = text;
}

function draw(): void {
  if (view === undefined) return;
  const { title, content, isError = false, mark = "" } = view();
  document.title = `${mark}${isError ? t().errorPrefix : ""}${title} – ${t().site}`;
  main.replaceChildren(
    h("h1", { class: "govuk-heading-l" }, title),
    ...content.filter((child) => child !== undefined && child !== false),
  );
}

function drawFrame(): void {
  document.documentElement.lang = language();
  header.replaceChildren(
    h("a", { href: "#main", class: "govuk-skip-link", onclick: skip }, t().skip),
    h(
      "header",
      { class: "referendum-header" },
      h(
        "div",
        { class: "govuk-width-container referendum-header__inside" },
        h("span", { class: "referendum-header__name" }, t().site),
        h(
          "nav",
          { "aria-label": t().language },
          h("ul", { class: "referendum-languages" }, ...(["fr", "en"] as const).map(languageItem)),
        ),
      ),
    ),
  );
  footer.replaceChildren(
    h("div", { class: "govuk-width-container" }, h("p", { class: "govuk-body-s govuk-!-margin-0" }, t().footer)),
  );
}

function languageItem(one: Language): HTMLElement {
  if (one === language()) return h("li", {}, h("span", { lang: one, "aria-current": "true" }, NAMES[one]));
  const choose = (event: Event) => {
    event.preventDefault();
    setLanguage(one);
    announce("");
    drawFrame();
    draw();
    header.querySelector<HTMLElement>(".referendum-languages a")?.focus();
  };
  return h("li", {}, h("a", { href: `?lang=${one}`, lang: one, hreflang: one, onclick: choose }, NAMES[one]));
}

function skip(event: Event): void {
  event.preventDefault();
  main.focus();
}
