import type { Law } from "./law.ts";

/**
 * An instant with an offset from UTC, in the form of the options: `2026-11-24T08:00:00-05:00`.
 *
 * @param instant ISO 8601
 * @param minutes the offset, in minutes
 */
export function instantWithOffset(instant: string, minutes: number): string {
  const local = new Date(Date.parse(instant) + minutes * 60_000).toISOString().slice(0, 19);
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/**
 * The minutes of an offset.
 *
 * @param utcOffset `+hh:mm` or `-hh:mm`
 */
export function offsetMinutes(utcOffset: string): number {
  const [hours = 0, minutes = 0] = utcOffset.slice(1).split(":").map(Number);
  return (utcOffset.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/**
 * An instant in a sentence about a law: in the zone that the law's times were given in, else as it is, which is UTC.
 *
 * @param law the law
 * @param instant ISO 8601, in UTC
 */
export function lawInstant({ utcOffset }: Pick<Law, "utcOffset">, instant: string | Date): string {
  const iso = typeof instant === "string" ? instant : instant.toISOString();
  return utcOffset === undefined ? iso : instantWithOffset(iso, offsetMinutes(utcOffset));
}
