import { asOneWord, written } from "../shared/domain/day-and-time.ts";
import { PAPER_LOCALES, type PaperLanguage } from "../shared/domain/letter.ts";

/** A day as papers have it: "Tuesday, November 24, 2026". */
export function dayOf(instant: string, language: PaperLanguage, timeZone: string): string {
  const locale = PAPER_LOCALES[language];
  const format = new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone,
  });
  return written(format.formatToParts(new Date(instant)), locale);
}

/** A time of day: "8:00 a.m.". */
export function timeOf(instant: string, language: PaperLanguage, timeZone: string): string {
  const format = { hour: "numeric", minute: "2-digit", timeZone } as const;
  return asOneWord(new Intl.DateTimeFormat(PAPER_LOCALES[language], format).format(new Date(instant)));
}

/** The name of a zone at a moment: "EST". */
export function zoneOf(instant: string, language: PaperLanguage, timeZone: string): string {
  const format = new Intl.DateTimeFormat(PAPER_LOCALES[language], { timeZone, timeZoneName: "short" });
  return format.formatToParts(new Date(instant)).find(({ type }) => type === "timeZoneName")?.value ?? timeZone;
}

/** Made once: every letter has its number. */
const NUMBERS: Readonly<Record<PaperLanguage, Intl.NumberFormat>> = {
  fr: new Intl.NumberFormat(PAPER_LOCALES.fr),
  en: new Intl.NumberFormat(PAPER_LOCALES.en),
};

/** A number with the language's separators. */
export function numberOf(value: number, language: PaperLanguage): string {
  return NUMBERS[language].format(value);
}
