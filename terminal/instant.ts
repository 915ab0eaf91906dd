import { instantWithOffset, offsetMinutes } from "../shared/domain/instant.ts";

/**
 * An instant for a person, with its offset from UTC, in the form of the options: `2026-11-24T08:00:00-05:00`. JSON has
 * it in UTC.
 *
 * @param instant ISO 8601
 * @param utcOffset the offset to show it in, `+hh:mm` or `-hh:mm`; default: that of this machine
 */
export function localInstant(instant: string, utcOffset?: string): string {
  const minutes = utcOffset === undefined ? -new Date(instant).getTimezoneOffset() : offsetMinutes(utcOffset);
  return instantWithOffset(instant, minutes);
}
