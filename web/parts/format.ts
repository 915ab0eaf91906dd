import { LOCALES, language } from "./language.ts";

/** Day and time in the reader's zone, with its name: "24 November 2026 at 20:00 EST". */
export function dayAndTime(instant: string): string {
  const format = new Intl.DateTimeFormat(LOCALES[language()], {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  });
  return written(format.formatToParts(new Date(instant)));
}

/** From when until when, the day once if it is the same. */
export function period(from: string, until: string): string {
  const [begin, end] = [new Date(from), new Date(until)];
  const parts = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" } as const;
  if (begin.getTimezoneOffset() === end.getTimezoneOffset()) {
    return written(new Intl.DateTimeFormat(LOCALES[language()], parts).formatRangeToParts(begin, end));
  }
  // When clocks are set back, an hour comes twice: the zone's name tells one from the other.
  const format = new Intl.DateTimeFormat(LOCALES[language()], { ...parts, timeZoneName: "short" });
  return `${written(format.formatToParts(begin))} – ${written(format.formatToParts(end))}`;
}

/** The time of a whole hour, for axes. Some zones are half an hour apart from the others: Newfoundland, for one. */
export function clock(instant: string): string {
  const at = new Date(instant);
  const minute = at.getMinutes() === 0 ? undefined : "2-digit";
  return asOneWord(new Intl.DateTimeFormat(LOCALES[language()], { hour: "numeric", minute }).format(at));
}

/** The day, for axes. */
export function dayOf(instant: string): string {
  const format = new Intl.DateTimeFormat(LOCALES[language()], { day: "numeric", month: "short" });
  return written(format.formatToParts(new Date(instant)));
}

/** As the locale writes it, but the first of a month as French does: "1er décembre". */
function written(parts: readonly Pick<Intl.DateTimeFormatPart, "type" | "value">[]): string {
  const isFirst = (part: (typeof parts)[number]) => language() === "fr" && part.type === "day" && part.value === "1";
  return asOneWord(parts.map((part) => (isFirst(part) ? "1er" : part.value)).join(""));
}

/** Keeps a time on one line, and writes a French hour without a zero before it. */
function asOneWord(text: string): string {
  // Without looking behind: Safari knows that from 16.4 on only.
  return text
    .replaceAll(/\b0(?=\d\sh\b)/g, "")
    .replaceAll(/(\d\sh)\s(?=\d)/g, "$1\u00a0")
    .replaceAll(/\s(?=h\b|[ap]\.m\.)/g, "\u00a0");
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
