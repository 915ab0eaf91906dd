import { LOCALES, language } from "./language.ts";

/** Day and time in the reader's zone, with its name: "24 November 2026 at 20:00 EST". */
export function dayAndTime(instant: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(new Date(instant));
}

/** Day, hour and minute, for tables. */
export function shortTime(instant: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(instant));
}

/** Hour and minute, for axes. */
export function clock(instant: string): string {
  return new Intl.DateTimeFormat(LOCALES[language()], { hour: "2-digit", minute: "2-digit" }).format(new Date(instant));
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
