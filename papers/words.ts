import { asOneWord, written } from "../shared/domain/day-and-time.ts";
import { PAPER_LOCALES, type PaperLanguage } from "../shared/domain/letter.ts";

/** Made once each: to make one takes longer than all that is written with it on a page. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = JSON.stringify([locale, options]);
  const format = formats.get(name) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(name, format);
  return format;
}

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
  const format = formatOf(PAPER_LOCALES[language], { timeZone, timeZoneName: "short" });
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

/** A moment for a table: "2026-11-24 08:00:05 EST". */
export function momentOf(instant: string, language: PaperLanguage, timeZone: string): string {
  // Sweden writes dates and times as ISO 8601 does.
  const format = formatOf("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone });
  return `${format.format(new Date(instant))} ${zoneOf(instant, language, timeZone)}`.replaceAll(" ", "\u00a0");
}

/** Hours for a table: "2026-11-24 08:00 – 09:00 EST". */
export function hoursOf(from: string, until: string, language: PaperLanguage, timeZone: string): string {
  const format = formatOf("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone });
  const [begin, end] = [format.format(new Date(from)), format.format(new Date(until))];
  const [day, time = end] = end.split(" ");
  const to = begin.startsWith(`${day} `) ? time : end;
  const [zone, zoneThen] = [zoneOf(from, language, timeZone), zoneOf(until, language, timeZone)];
  return zone === zoneThen ? `${begin} – ${to} ${zone}` : `${begin} ${zone} – ${to} ${zoneThen}`;
}

/** Hundredths of a percent in words: "41.67%". */
export function percentOf(percent: number, language: PaperLanguage): string {
  const format = new Intl.NumberFormat(PAPER_LOCALES[language], {
    style: "percent",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
  });
  return format.format(percent / 100);
}
