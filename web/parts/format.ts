import { LOCALES, language } from "./language.ts";

/** Day and time in the reader's zone, with its name: "24 November 2026 at 20:00 EST". */
export function dayAndTime(instant: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(new Date(instant));
}

/** From when until when, the day once if it is the same. */
export function period(from: string, until: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], {
    day: "numeric",
    month: "short",
    hour: "numeric",
    minute: "2-digit",
  }).formatRange(new Date(from), new Date(until));
}

/** The hour, for axes. */
export function clock(instant: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], { hour: "numeric" }).format(new Date(instant));
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
