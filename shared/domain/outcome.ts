/**
 * The names of the outcomes and statuses of a submission. Messages, columns, receipts, metrics and documents use the
 * same words.
 */

/**
 * The decisions of `validate` about a vote, which come from the fast filter alone. `accepted` includes a redelivery of
 * the submission that has the claim.
 */
export const OUTCOMES = ["accepted", "duplicate", "invalid"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The final statuses of a submission, decided in PostgreSQL. Listed from lowest to highest rank. */
export const STATUSES = ["invalid", "duplicate", "counted"] as const;
export type Status = (typeof STATUSES)[number];

/**
 * Why a submission is invalid: its voter was not on the roll when it was accepted, or not any more, because the code
 * had been replaced by another one, or the voter had been struck off; or its envelope is a copy of another one, which
 * takes no vote from its voter.
 */
const INVALID_REASONS = ["not_on_roll", "code_replaced", "struck", "copied"] as const;
export type InvalidReason = (typeof INVALID_REASONS)[number];

/**
 * The statuses of receipts. `lost` marks a submission that PostgreSQL does not know any more, because it was restored
 * to an earlier point. It has the lowest rank: when the same submission is recorded again, the new status counts.
 */
export const RECEIPT_STATUSES = ["lost", ...STATUSES] as const;
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number];
export const RECEIPT_REASONS = [...INVALID_REASONS, "already_voted", "database_restored"] as const;
export type ReceiptReason = (typeof RECEIPT_REASONS)[number];

/**
 * The rank of a status. Only a status of higher rank may replace a recorded one, in whatever order outcomes arrive.
 *
 * @param status a final status
 * @returns 0 for lost, 1 for invalid, 2 for duplicate, 3 for counted
 */
export function rankOf(status: ReceiptStatus): number {
  return RECEIPT_STATUSES.indexOf(status);
}

/**
 * The status of a rank.
 *
 * @param rank as `rankOf` gives it
 * @throws RangeError when no status has it
 */
export function statusOfRank(rank: number): ReceiptStatus {
  const status = RECEIPT_STATUSES[rank];
  if (status === undefined) throw new RangeError(`no status has the rank ${rank}`);
  return status;
}

/**
 * The reason that goes with a status; a counted submission has none.
 *
 * @param status a final status
 * @param invalid why it is invalid, if it is
 */
export function reasonOf(status: ReceiptStatus, invalid: InvalidReason = "not_on_roll"): ReceiptReason | undefined {
  if (status === "lost") return "database_restored";
  if (status === "invalid") return invalid;
  if (status === "duplicate") return "already_voted";
  return undefined;
}
