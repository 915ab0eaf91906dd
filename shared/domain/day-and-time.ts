/**
 * Day and time with the name of the zone: "Tuesday, 24 November 2026 at 8:00 p.m. EST".
 *
 * @param instant ISO 8601
 * @param locale such as `fr-CA`
 * @param timeZone such as `America/Toronto`; absent: that of this machine
 */
export function dayAndTime(instant: string, locale: string, timeZone?: string): string {
  const format = new Intl.DateTimeFormat(locale, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return written(format.formatToParts(new Date(instant)), locale);
}

/**
 * The parts of a date together, kept on one line, and the first of a month as French writes it: "1er décembre".
 *
 * @param parts as a format makes them
 * @param locale of that format
 */
export function written(parts: readonly Pick<Intl.DateTimeFormatPart, "type" | "value">[], locale: string): string {
  const isFirst = ({ type, value }: (typeof parts)[number]) =>
    locale.startsWith("fr") && type === "day" && value === "1";
  return asOneWord(parts.map((part) => (isFirst(part) ? "1er" : part.value)).join(""));
}

/** Keeps a time on one line, and writes a French hour without a zero before it. */
export function asOneWord(text: string): string {
  // Without looking behind: Safari knows that from 16.4 on only.
  return text
    .replaceAll(/\b0(?=\d\sh\b)/g, "")
    .replaceAll(/(\d\sh)\s(?=\d)/g, "$1\u00a0")
    .replaceAll(/\s(?=h\b|[ap]\.m\.)/g, "\u00a0");
}
