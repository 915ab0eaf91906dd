import { en, type Texts } from "../texts/en.ts";
import { fr } from "../texts/fr.ts";

export type Language = "fr" | "en";
const TEXTS: Readonly<Record<Language, Texts>> = { fr, en };
/** Locales for dates and numbers. */
export const LOCALES: Readonly<Record<Language, string>> = { fr: "fr-CA", en: "en-CA" };

let current: Language = languageOf(new URLSearchParams(location.search).get("lang"), navigator.languages);

/**
 * The language to begin with.
 *
 * @param named what the address says
 * @param preferred the languages of the browser, best first
 */
function languageOf(named: string | null, preferred: readonly string[]): Language {
  if (named === "fr" || named === "en") return named;
  const first = preferred.map((one) => one.slice(0, 2).toLowerCase()).find((one) => one === "fr" || one === "en");
  return first === "en" ? "en" : "fr";
}

/** The language that is shown. */
export function language(): Language {
  return current;
}

/** The texts of the language that is shown. */
export function t(): Texts {
  return TEXTS[current];
}

/** Shows another language, and says so in the address, so that a reload keeps it. */
export function setLanguage(chosen: Language): void {
  current = chosen;
  history.replaceState(history.state, "", addressIn(chosen));
}

/** Back and Forward lead to addresses of before the language was chosen: they are to say what is shown, too. */
export function keepLanguage(): void {
  const named = new URLSearchParams(location.search).get("lang");
  if (languageOf(named, navigator.languages) !== current) setLanguage(current);
}

function addressIn(chosen: Language): string {
  const url = new URL(location.href);
  url.searchParams.set("lang", chosen);
  // What stands behind # is taken out by the page, which has not read it yet (tab/fragment.ts).
  return url.pathname + url.search + url.hash;
}

/** The address of the page of a law's vote. */
export function votePageOf(lawId: string): string {
  return pageAt("vote", { law: lawId });
}

/**
 * The address of another page, in the language that is shown.
 *
 * @param page its file
 * @param query what else its address says
 */
export function pageAt(page: "index" | "vote" | "receipt" | "results", query: Record<string, string> = {}): string {
  const file = page === "index" ? "./" : `${page}.html`;
  return `${file}?${new URLSearchParams({ ...query, lang: current })}`;
}
