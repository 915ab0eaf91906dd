import type { ProposalMade } from "../shared/messages/operators/envelope.ts";
import { localInstant } from "../terminal/instant.ts";
import { print } from "../terminal/print.ts";

/** The exit code of "not yet": a second person has to decide, or votes are still in the queues. */
export const EXIT_PENDING = 3;

/**
 * Says that nothing was done yet, and what the second person types.
 *
 * @param options whether JSON is wanted
 * @param proposal what waits
 */
export function tellProposed(
  options: { readonly json?: boolean; readonly stage?: string; readonly data?: string },
  proposal: ProposalMade,
): void {
  const { stage, data } = options;
  const onStage = stage !== undefined ? ` --stage ${stage}` : data !== undefined ? ` --data ${data}` : "";
  print(options, { proposal }, () =>
    [
      `Proposed, and not done: ${proposal.act} needs a second person on this stage.`,
      `They look at it with npm run ops -- pending${onStage}`,
      `and type npm run ops -- approve ${proposal.id}${onStage}`,
      `It ends at ${localInstant(proposal.expires_at)} if nobody does.`,
    ].join("\n"),
  );
  process.exitCode = EXIT_PENDING;
}
