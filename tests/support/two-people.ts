import { expect } from "vitest";
import { OperatorsApi } from "../../places/operators/client.ts";
import { claiming } from "../../places/operators/signing.ts";
import type { StackDescription } from "../../places/stack-description.ts";
import type { Act } from "../../shared/messages/operators/define-act.ts";
import { approve } from "../../shared/messages/operators/journal.ts";

/** Two operators of a local stack. */
export interface TwoPeople {
  readonly anna: OperatorsApi;
  readonly bruno: OperatorsApi;
}

/**
 * Two operators of a running stack, who only say who they are.
 *
 * @param stack the stack
 */
export function twoPeopleOf({ operators_url: url }: Pick<StackDescription, "operators_url">): TwoPeople {
  if (url === undefined) throw new Error("the stack has no operators' API");
  const named = (name: string) => new OperatorsApi(url, claiming(name));
  return { anna: named("anna"), bruno: named("bruno") };
}

/**
 * Has an act proposed by Anna, who cannot approve it, approved by Bruno, and done by Anna.
 *
 * @param people the two
 * @param act the act
 * @param request its request
 * @returns its result
 */
export async function doneByTwo({ anna, bruno }: TwoPeople, act: Act, request: object): Promise<unknown> {
  const proposed = await anna.perform(act, request);
  if (proposed.kind !== "proposed") throw new Error("it was done by one person");
  const { id, hash } = proposed.proposal;
  await expect(anna.perform(approve, { id, hash })).rejects.toThrow(/second person must decide/);
  await bruno.perform(approve, { id, hash });
  const outcome = await anna.perform(act, request, { proposal: id });
  if (outcome.kind !== "done") throw new Error("it was proposed once more");
  return outcome.result;
}
