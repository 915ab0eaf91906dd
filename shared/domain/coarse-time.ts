const MINUTE_MS = 60_000;

/**
 * The minute of an instant. Times that everybody may see are no finer: the exact time at which a submission was
 * recorded is that of its transaction, and would lead from a receipt to what else that transaction has changed.
 *
 * @param instant ISO 8601
 * @returns the beginning of its minute, ISO 8601 UTC
 */
export function toMinute(instant: string): string {
  const milliseconds = Date.parse(instant);
  return new Date(milliseconds - (milliseconds % MINUTE_MS)).toISOString();
}
