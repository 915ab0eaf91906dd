/** Languages of letters and other papers. */
export const PAPER_LANGUAGES = ["fr", "en"] as const;
export type PaperLanguage = (typeof PAPER_LANGUAGES)[number];
/** Their names by BCP 47, for dates, numbers and readers of documents. */
export const PAPER_LOCALES: Readonly<Record<PaperLanguage, string>> = { fr: "fr-CA", en: "en-CA" };

/** The language of one letter: one of the two, or both on its sheet. */
export type LetterLanguage = PaperLanguage | "both";

/** What differs per letter. Whoever finds a letter must not be able to vote, so it never has the NAS. */
export interface Addressee {
  /** The place of the letter in its run, from 1. */
  readonly number: number;
  readonly code: string;
  /** The lines of the address; none where the office puts it on the envelope. */
  readonly address: readonly string[];
  readonly language: LetterLanguage;
}

const LONGEST_GROUP = 4;

/**
 * Splits a code into groups that are easy to type: of four characters at most, and none shorter by more than one.
 *
 * @param code letters and digits
 */
export function codeGroups(code: string): readonly string[] {
  const count = Math.ceil(code.length / LONGEST_GROUP);
  const [size, longer] = [Math.floor(code.length / count), code.length % count];
  const groups: string[] = [];
  for (let at = 0; groups.length < count; ) {
    const end = at + size + (groups.length < longer ? 1 : 0);
    groups.push(code.slice(at, end));
    at = end;
  }
  return groups;
}

/**
 * The address that opens the page of a law with a voter's code filled in (web/tab/fragment.ts reads it). Browsers send
 * what stands behind # to no server.
 *
 * @param pages the address of the voters' pages, with a slash at the end
 * @param lawId the law
 * @param addressee whose letter it is
 */
export function letterAddress(pages: string, lawId: string, { code, language }: Addressee): string {
  const address = new URL("vote.html", pages);
  address.searchParams.set("law", lawId);
  if (language !== "both") address.searchParams.set("lang", language);
  address.hash = new URLSearchParams({ code }).toString();
  return address.href;
}

const LANGUAGE_WORDS: Readonly<Record<string, LetterLanguage>> = {
  "": "both",
  ...Object.fromEntries(["fr", "f", "fra", "fre", "fr-ca", "francais", "french"].map((word) => [word, "fr" as const])),
  ...Object.fromEntries(
    ["en", "e", "a", "eng", "ang", "en-ca", "anglais", "english"].map((word) => [word, "en" as const]),
  ),
  ...Object.fromEntries(["both", "bilingue", "bilingual"].map((word) => [word, "both" as const])),
};

/**
 * The language that a column of a roll file names. An empty field means both.
 *
 * @param text what the column says, such as `FR`, `English` or `français`
 * @returns undefined when it names neither
 */
export function readLetterLanguage(text: string): LetterLanguage | undefined {
  const word = text.normalize("NFKD").replaceAll(/\p{M}/gu, "").trim().toLowerCase();
  return Object.hasOwn(LANGUAGE_WORDS, word) ? LANGUAGE_WORDS[word] : undefined;
}
