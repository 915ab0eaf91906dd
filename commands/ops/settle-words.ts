import type { z } from "zod";
import type { settle } from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";

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
            "npm run logs -- aggregate says why. Run this again once that is mended.",
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
