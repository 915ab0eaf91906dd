import type { Command } from "commander";
import { settleLaw } from "../../operations/queues/settle-law.ts";
import { UNSETTLED } from "../../operations/queues/settle-steps.ts";
import { withTarget } from "../../places/find-target.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";

interface SettleCommandOptions extends CommonOptions {
  readonly unreadableVotes?: number;
}

const STEP_MS = 5_000;

/**
 * Adds `npm run ops -- settle`.
 *
 * @param program the ops command
 */
export function settleCommand(program: Command): void {
  withCommonOptions(
    program
      .command("settle <law>")
      .description(
        "decides duplicates of voters who have no counted vote: the earliest one of each is counted, the others are its duplicates",
      )
      .option(
        "--unreadable-votes <number>",
        "how many dead letters of the votes queue nothing can read (default: 0)",
        wholeNumberOption(0),
      )
      .addHelpText(
        "after",
        "\nThe queues and the dead letters of votes must be empty. It may be interrupted and run again.",
      ),
  ).action(settle);
}

async function settle(lawId: string, { unreadableVotes, ...options }: SettleCommandOptions): Promise<void> {
  await withTarget(options, async (target) => {
    const { signal, release } = interruptible();
    const bars = progressByStep();
    let settled = UNSETTLED;
    try {
      while (settled.phase !== "done") {
        if (signal.aborted) {
          throw new UserError("Interrupted: what was not settled is still a dead letter. Run this again.", 130);
        }
        settled = await settleLaw(target, lawId, { unreadableVotes, deadline: performance.now() + STEP_MS }, settled);
        bars.show("dead letters settled", settled.counted + settled.sentBack);
      }
    } finally {
      bars.stop();
      release();
    }
    const { counted, sentBack, withoutChoice, firstVoteFails, unconfirmed } = settled;
    const answer = {
      law_id: lawId,
      counted,
      sent_back: sentBack,
      without_choice: withoutChoice,
      first_vote_fails: firstVoteFails,
      unconfirmed,
    };
    print(options, answer, () =>
      [
        `${lawId}: ${counted} voters are counted by their earliest submission, ${sentBack} other dead letters were sent back.`,
        ...(withoutChoice === 0
          ? []
          : [
              `${withoutChoice} dead letters were left: an earlier release wrote them without their choice, and their voters ` +
                "have no counted vote. They may vote again while the law is open, once rebuild-roll has taken their claims away.",
            ]),
        ...(firstVoteFails === 0
          ? []
          : [
              `${firstVoteFails} duplicates were left: the first votes of their voters cannot be recorded, and ` +
                "npm run logs -- aggregate says why. Run this again once that is mended.",
            ]),
      ].join("\n"),
    );
    if (unconfirmed > 0) {
      throw new UserError(`${unconfirmed} messages could not be sent and stay where they were: run this again.`);
    }
  });
}
