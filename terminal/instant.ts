/**
 * An instant for a person, with its offset from UTC, in the form of the options: `2026-11-24T08:00:00-05:00`. JSON has
 * it in UTC.
 *
 * @param instant ISO 8601
 * @param utcOffset the offset to show it in, `+hh:mm` or `-hh:mm`; default: that of this machine
 */
export function localInstant(instant: string, utcOffset?: string): string {
  const at = new Date(instant);
  const minutes = utcOffset === undefined ? -at.getTimezoneOffset() : minutesOf(utcOffset);
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

function minutesOf(utcOffset: string): number {
  const [hours = 0, minutes = 0] = utcOffset.slice(1).split(":").map(Number);
  return (utcOffset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}
