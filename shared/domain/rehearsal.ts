/**
 * The mark of a rehearsal is its id. So whatever names the law says that its votes do not count: messages, receipts,
 * entries of the journal, log lines and copies of a database. An id is never changed, so no law gets the mark or loses
 * it (docs/decisions/0024-rehearsals-are-marked-by-their-id.md).
 */

/** What the id of a rehearsal begins with. */
export const REHEARSAL_PREFIX = "rehearsal-";

/**
 * Whether a law is a rehearsal: its votes do not count.
 *
 * @param lawId its id
 */
export function isRehearsal(lawId: string): boolean {
  return lawId.startsWith(REHEARSAL_PREFIX);
}

/**
 * Whether an id looks like that of a rehearsal, capital letters or not.
 *
 * @param lawId the id
 */
export function looksLikeRehearsal(lawId: string): boolean {
  return isRehearsal(lawId.toLowerCase());
}

/**
 * What an answer about a law says of that; nothing of other laws.
 *
 * @param lawId the law
 */
export function rehearsalMark(lawId: string): { readonly rehearsal?: true } {
  return isRehearsal(lawId) ? { rehearsal: true } : {};
}
