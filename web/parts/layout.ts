import { forgottenVote, onReturn } from "../tab/tab.ts";
import { inset, paragraph, rehearsalBanner } from "./components.ts";
import { type Child, h } from "./dom.ts";
import { focusHolder } from "./focus.ts";
import { keepLanguage, type Language, language, pageAt, setLanguage, t } from "./language.ts";

/** The content of a page at one moment. */
export interface View {
  /** The heading, and the title of the window. */
  readonly title: string;
  readonly content: readonly Child[];
  /** Something is wrong with what was typed: the title says so first. */
  readonly isError?: boolean;
  /** It stands for what is not there yet. */
  readonly isLoading?: boolean;
  /** The heading is part of the content already. */
  readonly hasHeading?: boolean;
}

type PageName = "vote" | "receipt" | "results";

const NAMES: Readonly<Record<Language, string>> = { fr: "Français", en: "English" };

const main = h("main", { class: "govuk-main-wrapper", id: "main", tabindex: -1 });
const header = h("div");
const footer = h("footer", { class: "govuk-footer referendum-footer" });
const spoken = h("div", { class: "govuk-visually-hidden", role: "status", id: "spoken" });
let view: (() => View) | undefined;
/** Said until the reader goes on to something else. */
let forgotten = forgottenVote();
let isLoading = false;
let page: PageName = "vote";
let isOfRehearsal: () => boolean = () => false;

/**
 * Builds the frame of a page.
 *
 * @param name which page
 * @param isRehearsed whether what it shows is about a law that is a rehearsal; every view says so then
 */
export function startPage(name: PageName, isRehearsed: () => boolean = () => false): void {
  // Then the page goes on to say that the browser has to be updated.
  if (!isSupported()) throw new Error("This browser is too old for this page.");
  page = name;
  isOfRehearsal = isRehearsed;
  const container = h("div", { class: "govuk-width-container" }, main);
  // What stands there for browsers that cannot run this.
  document.querySelector("#starting")?.remove();
  document.body.append(header, container, footer, spoken);
  drawFrame();
  addEventListener("popstate", keepLanguage);
  onReturn(() => {
    forgotten = forgottenVote();
    // What is shown is old, and gives way to what is read anew.
    isLoading = true;
  });
}

/** Whether the browser has what was the last to come of what the pages and the client use. */
function isSupported(): boolean {
  return typeof AbortSignal === "function" && "throwIfAborted" in AbortSignal.prototype;
}

/**
 * Shows something else, and moves the focus to its heading or to what is wrong, so that it is read.
 *
 * @param what makes it; called again when the language changes
 * @param focus false: the reader stays where the reader is
 */
export function show(what: () => View, focus = true): void {
  const isFirst = view === undefined;
  view = what;
  if (!focus || isFirst) {
    const giveFocusBack = focusHolder(main);
    draw();
    giveFocusBack?.();
    return;
  }
  if (!isLoading) forgotten = undefined;
  // What was said of the step before is not true any more.
  announce("");
  draw();
  const target = main.querySelector<HTMLElement>(".govuk-error-summary") ?? main.querySelector<HTMLElement>("h1");
  target?.setAttribute("tabindex", "-1");
  target?.focus();
  scrollTo(0, 0);
}

/** Has a screen reader say something without moving the focus. */
export function announce(text: string): void {
  spoken.textContent = text;
}

function draw(): void {
  if (view === undefined) return;
  const { title, content, isError = false, hasHeading = false, ...drawn } = view();
  isLoading = drawn.isLoading === true;
  document.title = `${isError ? t().errorPrefix : ""}${title} – ${t().site}`;
  main.replaceChildren(
    ...(isOfRehearsal() ? [rehearsalBanner()] : []),
    ...(hasHeading ? [] : [h("h1", { class: "govuk-heading-l" }, title)]),
    ...(forgotten === undefined
      ? []
      : [inset(forgotten === "rehearsal" && rehearsalBanner(), paragraph(t().pendingNotice.forgotten))]),
    ...content.filter((child) => child !== undefined && child !== false),
  );
}

function drawFrame(): void {
  document.documentElement.lang = language();
  const link = (name: PageName, href: string, text: string) =>
    h(
      "li",
      { class: `govuk-service-navigation__item${name === page ? " govuk-service-navigation__item--active" : ""}` },
      h("a", { class: "govuk-service-navigation__link", href, "aria-current": name === page && "true" }, text),
    );
  header.replaceChildren(
    h("a", { href: "#main", class: "govuk-skip-link", onclick: skip }, t().skip),
    h(
      "header",
      { class: "referendum-header" },
      h(
        "div",
        { class: "govuk-width-container referendum-header__inside" },
        h("a", { href: pageAt("index"), class: "referendum-header__name" }, t().site),
        h(
          "nav",
          { "aria-label": t().language },
          h("ul", { class: "referendum-languages" }, ...(["fr", "en"] as const).map(languageItem)),
        ),
      ),
    ),
    h(
      "div",
      { class: "govuk-service-navigation" },
      h(
        "div",
        { class: "govuk-width-container" },
        h(
          "nav",
          { "aria-label": t().menu, class: "govuk-service-navigation__wrapper" },
          h(
            "ul",
            { class: "govuk-service-navigation__list" },
            link("vote", pageAt("index"), t().nav.vote),
            link("receipt", pageAt("receipt"), t().nav.receipt),
            link("results", pageAt("results"), t().nav.results),
          ),
        ),
      ),
    ),
  );
  footer.replaceChildren(
    h("div", { class: "govuk-width-container" }, h("p", { class: "govuk-body-s govuk-!-margin-0" }, t().footer)),
  );
}

function languageItem(one: Language): HTMLElement {
  const name = NAMES[one];
  if (one === language()) return h("li", {}, h("span", { lang: one, "aria-current": "true" }, name));
  const choose = (event: Event) => {
    event.preventDefault();
    setLanguage(one);
    announce("");
    drawFrame();
    draw();
    header.querySelector<HTMLElement>(".referendum-languages a")?.focus();
  };
  // The address says the language, so that the link can be copied; without a reload what was typed stays.
  const href = `?${new URLSearchParams({ ...Object.fromEntries(new URLSearchParams(location.search)), lang: one })}`;
  return h("li", {}, h("a", { href, lang: one, hreflang: one, onclick: choose }, name));
}

function skip(event: Event): void {
  // The link does not change the address: the part after # may be a code.
  event.preventDefault();
  main.focus();
}
