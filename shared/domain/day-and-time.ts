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
 * Puts a date or a time together as its readers write it: times on one line, and in French the first of a month as
 * "1er décembre", which no locale data does.
 *
 * @param parts what `Intl` has made
 * @param locale such as `fr-CA`
 */
export function written(parts: readonly Pick<Intl.DateTimeFormatPart, "type" | "value">[], locale: string): string {
  const isFirst = (part: (typeof parts)[number]) => part.type === "day" && part.value === "1";
  const values = parts.map((part) => (locale.startsWith("fr") && isFirst(part) ? "1er" : part.value));
  return asOneWord(values.join(""));
}

/** Keeps a time on one line, and writes a French hour without a zero before it. */
export function asOneWord(text: string): string {
  // Without looking behind: Safari knows that from 16.4 on only.
  return text
    .replaceAll(/\b0(?=\d\sh\b)/g, "")
    .replaceAll(/(\d\sh)\s(?=\d)/g, "$1\u00a0")
    .replaceAll(/\s(?=h\b|[ap]\.m\.)/g, "\u00a0");
}
