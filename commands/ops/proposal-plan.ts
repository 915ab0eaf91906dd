import type { z } from "zod";
import { refuseOtherVersion } from "../../operations/laws/refuse-other-version.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { countLaw } from "../../shared/messages/operators/count.ts";
import { closeLaw, listLaws } from "../../shared/messages/operators/laws.ts";
import { planSettling, setAside, settle } from "../../shared/messages/operators/queues.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { whatCountDoes } from "../count-law.ts";
import { whatCloseDoes } from "../law-window.ts";
import { describeLaw } from "../law-words.ts";
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
  if (name === countLaw.name) return whatCountDoes(api, countLaw.request.parse(request).law_id);
  if (name === sealRoll.name) return whatSealDoes(api, sealRoll.request.parse(request));
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

/** The law as it will be ready: what voters are asked, when, and when they see the result. */
async function whatSealDoes(
  api: Pick<OperatorsApi, "look">,
  request: z.output<typeof sealRoll.request>,
): Promise<string> {
  const { laws } = await api.look(listLaws, {});
  const law = laws.find(({ law_id }) => law_id === request.law_id);
  if (law === undefined) return `There is no law ${request.law_id} now.`;
  const { law_id: lawId, version, sealed_voters, title_fr, title_en, results } = law;
  refuseOtherVersion({ lawId, version, sealedVoters: sealed_voters ?? undefined }, request);
  const sentences = [
    describeLaw(law),
    ...(results === "live" ? ["Its results are public while votes are counted."] : []),
    `Voters are asked, in French: ${title_fr} In English: ${title_en}`,
  ];
  return sentences.join(" ");
}
