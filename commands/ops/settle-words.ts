import type { z } from "zod";
import { logOf } from "../../shared/domain/log-of.ts";
import type { planSettling, settle } from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";
import { counted } from "../slip-options.ts";

/** What Ctrl-C leaves. */
export const SETTLING_INTERRUPTED = "Interrupted: what was not settled is still a dead letter. Run this again.";

type Settled = z.output<typeof settle.result>;

/**
 * What settling has done, in sentences.
 *
 * @param settled its result
 */
export function describeSettled({ law_id, counted: voters, ...settled }: Settled): string {
  const { sent_back, without_choice, first_vote_fails } = settled;
  return [
    `${law_id}: ${voters} voters are counted by their earliest submission, ${sent_back} other dead letters were sent back.`,
    ...(without_choice === 0
      ? []
      : [
          `${without_choice} dead letters were left: an earlier release wrote them without their choice, and their voters ` +
            "have no counted vote. They may vote again while the law is open, once rebuild-roll has taken their claims away.",
        ]),
    ...(first_vote_fails === 0
      ? []
      : [
          `${first_vote_fails} duplicates were left: the first votes of their voters cannot be recorded, and ` +
            `${logOf("aggregate")} says why. Run this again once that is mended.`,
        ]),
  ].join("\n");
}

/**
 * Fails if messages are where they were, because their queue did not take them.
 *
 * @param settled the result of settling
 * @throws UserError saying how many
 */
export function refuseUnconfirmed({ unconfirmed }: Pick<Settled, "unconfirmed">): void {
  if (unconfirmed === 0) return;
  throw new UserError(`${unconfirmed} messages could not be sent and stay where they were: run this again.`);
}

/**
 * What settling would do, in sentences.
 *
 * @param plan the plan
 */
export function describePlan({ law_id, dead_letters, ...plan }: z.output<typeof planSettling.result>): string {
  const { would_count, would_send_back, without_choice, complete } = plan;
  return [
    `${law_id} has ${counted(dead_letters, "dead letter")} of outcomes. ${counted(would_count, "voter")} without a counted vote ` +
      `would be counted by their earliest submission, and ${counted(would_send_back, "other dead letter")} sent back.`,
    ...(without_choice === 0 ? [] : [`${counted(without_choice, "dead letter")} without a choice would be left.`]),
    ...(complete ? [] : ["There are more than could be looked at in one go."]),
  ].join(" ");
}
