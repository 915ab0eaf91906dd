import type { ProposalMade } from "../shared/messages/operators/envelope.ts";
import { localInstant } from "../terminal/instant.ts";
import { print } from "../terminal/print.ts";

/** The exit code of "not yet": a second person has to decide, or votes are still in the queues. */
export const EXIT_PENDING = 3;

/**
 * What somebody types after a command so that it is for the same stage; nothing where it is the usual one.
 *
 * @param options those that were typed
 */
export function onStage({ stage, data }: { readonly stage?: string; readonly data?: string }): string {
  if (stage !== undefined) return ` --stage ${stage}`;
  return data === undefined ? "" : ` --data ${data}`;
}

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
  const where = onStage(options);
  print(options, { proposal }, () =>
    [
      `Proposed, and not done: ${proposal.act} needs a second person on this stage.`,
      `They look at it with npm run ops -- pending${where}`,
      `and type npm run ops -- approve ${proposal.id}${where}`,
      `It ends at ${localInstant(proposal.expires_at)} if nobody does.`,
    ].join("\n"),
  );
  process.exitCode = EXIT_PENDING;
}
