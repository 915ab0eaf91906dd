import type { z } from "zod";
import { refuseOtherVersion } from "../../operations/laws/refuse-other-version.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { certifyLaw, publishLaw } from "../../shared/messages/operators/conclusion.ts";
import { countLaw, type LawCountAnswer, planCount } from "../../shared/messages/operators/count.ts";
import { destroyLaw, planDestruction } from "../../shared/messages/operators/destruction.ts";
import { closeLaw, listLaws } from "../../shared/messages/operators/laws.ts";
import { deadLetters, planSettling, setAside, settle } from "../../shared/messages/operators/queues.ts";
import { sealRoll } from "../../shared/messages/operators/rolls.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import type { OperatorsApi } from "./client.ts";
import type { ReadProposal } from "./read-proposal.ts";

/** A law with the size of its roll. */
type ListedLaw = z.output<typeof listLaws.result>["laws"][number];

/** A law with what it was counted with. */
export interface CountedLaw {
  readonly law_id: string;
  readonly form: ListedLaw["form"];
  readonly count: LawCountAnswer;
}

/** What a proposal would do as things stand now, in the numbers that who proposed it was shown. */
export type ProposalFacts =
  | { readonly kind: "close"; readonly law: ListedLaw }
  | { readonly kind: "count"; readonly plan: z.output<typeof planCount.result> }
  | { readonly kind: "certify" | "publish"; readonly law: CountedLaw }
  | { readonly kind: "destroy"; readonly plan: z.output<typeof planDestruction.result> }
  | { readonly kind: "seal"; readonly law: ListedLaw }
  | { readonly kind: "no_law"; readonly lawId: string }
  | { readonly kind: "settle"; readonly plan: z.output<typeof planSettling.result> }
  | { readonly kind: "set_aside"; readonly messages: number; readonly bytes: number }
  /** It is not there now, or not among those that could be looked at. */
  | { readonly kind: "no_message"; readonly complete: boolean }
  /** As things stand now, it would be refused. */
  | { readonly kind: "refused"; readonly message: string };

type Looking = Pick<OperatorsApi, "look">;

/**
 * Looks at what a proposal would do.
 *
 * @param api the operators' API
 * @param proposal what was proposed
 * @returns undefined for an act whose request has its numbers, or that takes nothing away
 */
export async function proposalFacts(
  api: Looking,
  { act, request }: Pick<ReadProposal, "act" | "request">,
): Promise<ProposalFacts | undefined> {
  try {
    return await factsNow(api, act.name, request);
  } catch (error) {
    if (error instanceof Refusal && error.name === "Refusal") return { kind: "refused", message: error.message };
    throw error;
  }
}

async function factsNow(api: Looking, name: string, request: unknown): Promise<ProposalFacts | undefined> {
  if (name === closeLaw.name) {
    const { law_id, at } = closeLaw.request.parse(request);
    const law = at === undefined ? await lawToClose(api, law_id) : undefined;
    return law && { kind: "close", law };
  }
  if (name === countLaw.name) {
    const { law_id } = countLaw.request.parse(request);
    return { kind: "count", plan: await api.look(planCount, { law_id }) };
  }
  if (name === certifyLaw.name) {
    const law = await lawToCertify(api, certifyLaw.request.parse(request).law_id);
    return law && { kind: "certify", law };
  }
  if (name === publishLaw.name) {
    const law = await lawToPublish(api, publishLaw.request.parse(request).law_id);
    return law && { kind: "publish", law };
  }
  if (name === destroyLaw.name) {
    const { law_id } = destroyLaw.request.parse(request);
    return { kind: "destroy", plan: await api.look(planDestruction, { law_id }) };
  }
  if (name === sealRoll.name) return sealFacts(api, sealRoll.request.parse(request));
  if (name === settle.name) {
    const { law_id } = settle.request.parse(request);
    return { kind: "settle", plan: await api.look(planSettling, { law_id }) };
  }
  if (name === setAside.name) {
    const { queue, fingerprint } = setAside.request.parse(request);
    const { unreadable, complete } = await api.look(deadLetters, { queue });
    const one = unreadable.find((each) => each.fingerprint === fingerprint);
    return one === undefined
      ? { kind: "no_message", complete }
      : { kind: "set_aside", messages: one.messages, bytes: one.bytes };
  }
  return undefined;
}

/**
 * The law that a close would take votes from.
 *
 * @param api the operators' API
 * @param lawId the law
 * @returns undefined when closing it changes nothing for voters
 */
export async function lawToClose(api: Looking, lawId: string): Promise<ListedLaw | undefined> {
  const { laws } = await api.look(listLaws, {});
  const law = laws.find(({ law_id }) => law_id === lawId);
  return law === undefined || ["closed", "ready", "draft"].includes(law.state) ? undefined : law;
}

/**
 * The law that would be certified.
 *
 * @param api the operators' API
 * @param lawId the law
 * @returns undefined when certifying it is refused, or changes nothing
 */
export function lawToCertify(api: Looking, lawId: string): Promise<CountedLaw | undefined> {
  return countedLaw(api, lawId, "counted");
}

/**
 * The law that would be published.
 *
 * @param api the operators' API
 * @param lawId the law
 * @returns undefined when publishing it is refused, or changes nothing
 */
export function lawToPublish(api: Looking, lawId: string): Promise<CountedLaw | undefined> {
  return countedLaw(api, lawId, "certified");
}

async function countedLaw(
  api: Looking,
  lawId: string,
  state: "counted" | "certified",
): Promise<CountedLaw | undefined> {
  const { law, count } = await api.look(showLaw, { law_id: lawId });
  if (law.state !== state || law.log_key === null || count === null) return undefined;
  return { law_id: law.law_id, form: law.form, count };
}

/** The law as it will be ready: what voters are asked, when, and when they see the result. */
async function sealFacts(api: Looking, request: z.output<typeof sealRoll.request>): Promise<ProposalFacts> {
  const { laws } = await api.look(listLaws, {});
  const law = laws.find(({ law_id }) => law_id === request.law_id);
  if (law === undefined) return { kind: "no_law", lawId: request.law_id };
  const { law_id: lawId, version, sealed_voters } = law;
  // Of a sealed roll, the stage knows whether this seal has made it.
  if (sealed_voters === null) refuseOtherVersion({ lawId, version }, request);
  return { kind: "seal", law };
}
