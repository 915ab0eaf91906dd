import type { OperatorsApi } from "../../places/operators/client.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import { closeLaw } from "../../shared/messages/operators/laws.ts";
import { planSettling, setAside, settle } from "../../shared/messages/operators/queues.ts";
import { WHAT_COUNTING_DOES } from "../count-law.ts";
import { whatCloseDoes } from "../law-window.ts";
import { counted } from "../slip-options.ts";
import type { ReadProposal } from "./act-words.ts";
import { deadLettersIn } from "./dead-letters.ts";
import { describePlan } from "./settle-words.ts";

/**
 * What a proposal would do as things stand now, in the numbers that who proposed it was shown.
 *
 * @param api the operators' API
 * @param proposal what was proposed
 * @returns sentences; empty for an act whose request has its numbers, or that takes nothing away
 */
export async function planOf(api: Pick<OperatorsApi, "look">, { act, request }: ReadProposal): Promise<string> {
  try {
    return await planNow(api, act.name, request);
  } catch (error) {
    if (error instanceof Refusal) return `As things stand now, it would be refused: ${error.message}`;
    throw error;
  }
}

async function planNow(api: Pick<OperatorsApi, "look">, name: string, request: unknown): Promise<string> {
  if (name === closeLaw.name) {
    const { law_id, at } = closeLaw.request.parse(request);
    return at === undefined ? ((await whatCloseDoes(api, law_id)) ?? "") : "";
  }
  if (name === countLaw.name) return WHAT_COUNTING_DOES;
  if (name === settle.name) {
    const { law_id } = settle.request.parse(request);
    return describePlan(await api.look(planSettling, { law_id }));
  }
  if (name === setAside.name) {
    const { queue, fingerprint } = setAside.request.parse(request);
    const { unreadable, complete } = await deadLettersIn(api, queue);
    const one = unreadable.find((each) => each.fingerprint === fingerprint);
    if (one !== undefined) return `These are ${counted(one.messages, "message")} of ${one.bytes} bytes.`;
    return complete
      ? "There is no such message now."
      : "No such message is among those that could be looked at in one go.";
  }
  return "";
}
