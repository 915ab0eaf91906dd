import type { z } from "zod";
import { requestHash } from "../../shared/domain/canonical-json.ts";
import { certifyLaw, publishLaw } from "../../shared/messages/operators/conclusion.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import { destroyLaw, releaseHold } from "../../shared/messages/operators/destruction.ts";
import type { Proposal } from "../../shared/messages/operators/journal.ts";
import { changePromiseKey, closeLaw, openLaw } from "../../shared/messages/operators/laws.ts";
import { setAside, settle, undoSetAside } from "../../shared/messages/operators/queues.ts";
import { markLost } from "../../shared/messages/operators/receipts.ts";
import { changeRoll, findVoter } from "../../shared/messages/operators/roll-changes.ts";
import { abandonLoad, sealRoll } from "../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest, withdrawOpening } from "../../shared/messages/operators/sealed-laws.ts";
import { UserError } from "../../terminal/errors.ts";

/** An act that two people must want, and the word that the second one types. */
interface ProposableAct {
  readonly act: Act;
  /** Undefined when the request is not of the act's form. */
  word(request: unknown): string | undefined;
}

function typing<A extends Act>(act: A, word: (request: z.output<A["request"]>) => string): ProposableAct {
  return {
    act,
    word: (request) => {
      const schema: A["request"] = act.request;
      const read = schema.safeParse(request);
      return read.success ? word(read.data as z.output<A["request"]>) : undefined;
    },
  };
}

const ofLaw = ({ law_id }: { readonly law_id: string }) => law_id;

/** The id of the law, the name of the queue: what tells an act from the same act on something else. */
const PROPOSABLE: readonly ProposableAct[] = [
  typing(openLaw, ofLaw),
  typing(closeLaw, ofLaw),
  typing(countLaw, ofLaw),
  typing(certifyLaw, ofLaw),
  typing(publishLaw, ofLaw),
  typing(settle, ofLaw),
  typing(setAside, ({ queue }) => queue),
  typing(undoSetAside, ({ fingerprint }) => fingerprint.slice(0, 8)),
  typing(markLost, ({ orphans }) => String(orphans)),
  typing(abandonLoad, ofLaw),
  typing(changeRoll, ofLaw),
  typing(findVoter, ofLaw),
  typing(sealRoll, ofLaw),
  typing(changePromiseKey, ofLaw),
  typing(registerKeys, ofLaw),
  typing(registerTest, ofLaw),
  typing(withdrawOpening, ofLaw),
  typing(releaseHold, ofLaw),
  typing(destroyLaw, ofLaw),
];

/** A proposal that this release can show, approve and carry out. */
export interface ReadProposal {
  readonly act: Act;
  readonly request: unknown;
  /** What a person types to approve it. */
  readonly word: string;
}

/**
 * Reads a proposal, and checks that its hash is of what is shown.
 *
 * @param proposal as the operators' API shows it
 * @throws UserError when it is of another release, or its hash is of something else
 */
export function readProposal({ id, act: name, request: text, hash }: Proposal): ReadProposal {
  const request: unknown = JSON.parse(text);
  if (requestHash(name, request) !== hash) {
    throw new UserError(`The hash of the proposal ${id} is not that of its request: do not approve it, and ask why.`);
  }
  const proposable = PROPOSABLE.find(({ act }) => act.name === name);
  const word = proposable?.word(request);
  if (proposable === undefined || word === undefined) {
    throw new UserError(`This release does not know the act ${name} of the proposal ${id}: use that of the stage.`);
  }
  return { act: proposable.act, request, word };
}
