/**
 * An instant for a person, in this machine's time zone and with its offset, in the form of the options:
 * `2026-11-24T08:00:00-05:00`. JSON has it in UTC.
 *
 * @param instant ISO 8601
 */
export function localInstant(instant: string): string {
  const at = new Date(instant);
  const minutes = -at.getTimezoneOffset();
  const local = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}
