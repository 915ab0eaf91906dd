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
  return written(format, new Date(instant));
}

/**
 * What a format makes of an instant, kept on one line, and the first of a month as French writes it: "1er décembre".
 *
 * @param format of a date
 * @param at the instant
 */
export function written(format: Intl.DateTimeFormat, at: Date): string {
  const isFrench = format.resolvedOptions().locale.startsWith("fr");
  const text = format.formatToParts(at).map(({ type, value }) => {
    return isFrench && type === "day" && value === "1" ? "1er" : value;
  });
  return asOneWord(text.join(""));
}

/** Keeps a time on one line, and writes a French hour without a zero before it. */
export function asOneWord(text: string): string {
  // Without looking behind: Safari knows that from 16.4 on only.
  return text
    .replaceAll(/\b0(?=\d\sh\b)/g, "")
    .replaceAll(/(\d\sh)\s(?=\d)/g, "$1\u00a0")
    .replaceAll(/\s(?=h\b|[ap]\.m\.)/g, "\u00a0");
}
