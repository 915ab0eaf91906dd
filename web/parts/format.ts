import { asOneWord, dayAndTime as dayAndTimeIn, written } from "../../shared/domain/day-and-time.ts";
import { LOCALES, language } from "./language.ts";

/** Day and time in the reader's zone, with its name. */
export function dayAndTime(instant: string): string {
  return dayAndTimeIn(instant, LOCALES[language()]);
}

/** From when until when, the day once if it is the same. */
export function period(from: string, until: string): string {
  const [begin, end] = [new Date(from), new Date(until)];
  const parts = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" } as const;
  if (begin.getTimezoneOffset() === end.getTimezoneOffset()) {
    const range = new Intl.DateTimeFormat(LOCALES[language()], parts).formatRangeToParts(begin, end);
    return written(range, LOCALES[language()]);
  }
  // When clocks are set back, an hour comes twice: the zone's name tells one from the other.
  const format = new Intl.DateTimeFormat(LOCALES[language()], { ...parts, timeZoneName: "short" });
  const inWords = (at: Date) => written(format.formatToParts(at), LOCALES[language()]);
  return `${inWords(begin)} – ${inWords(end)}`;
}

/** The time of a whole hour, for axes. Some zones are half an hour apart from the others: Newfoundland, for one. */
export function clock(instant: string): string {
  const at = new Date(instant);
  const minute = at.getMinutes() === 0 ? undefined : "2-digit";
  return asOneWord(new Intl.DateTimeFormat(LOCALES[language()], { hour: "numeric", minute }).format(at));
}

/** The time of day to the second, for instruments: it changes while it is looked at, and keeps its width. */
export function secondOfDay(instant: string): string {
  // The same in both languages: two digits each, 24 hours.
  return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(
    new Date(instant),
  );
}

/** The day, for axes. */
export function dayOf(instant: string): string {
  const format = new Intl.DateTimeFormat(LOCALES[language()], { day: "numeric", month: "short" });
  return written(format.formatToParts(new Date(instant)), LOCALES[language()]);
}

export function number(value: number): string {
  return new Intl.NumberFormat(LOCALES[language()]).format(value);
}

/** @param part of `whole`; nothing of nothing is nothing */
export function percent(part: number, whole: number): string {
  return new Intl.NumberFormat(LOCALES[language()], {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(whole === 0 ? 0 : part / whole);
}
