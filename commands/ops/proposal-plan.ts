import type { OperatorsApi } from "../../places/operators/client.ts";
import { type ProposalFacts, proposalFacts } from "../../places/operators/proposal-facts.ts";
import type { ReadProposal } from "../../places/operators/read-proposal.ts";
import { describeCounting } from "../count-law.ts";
import { describeClosing } from "../law-window.ts";
import { describeLaw } from "../law-words.ts";
import { counted } from "../slip-options.ts";
import { describeCertifying, describePublishing } from "./conclude.ts";
import { describeDestroying } from "./destruction-words.ts";
import { describePlan } from "./settle-words.ts";

/**
 * What a proposal would do as things stand now, in the numbers that who proposed it was shown.
 *
 * @param api the operators' API
 * @param proposal what was proposed
 * @returns sentences; empty for an act whose request has its numbers, or that takes nothing away
 */
export async function planOf(api: Pick<OperatorsApi, "look">, proposal: ReadProposal): Promise<string> {
  const facts = await proposalFacts(api, proposal);
  return facts === undefined ? "" : describeFacts(facts);
}

function describeFacts(facts: ProposalFacts): string {
  switch (facts.kind) {
    case "close":
      return describeClosing(facts.law);
    case "count":
      return describeCounting(facts.plan);
    case "certify":
      return describeCertifying(facts.law);
    case "publish":
      return describePublishing(facts.law);
    case "destroy":
      return describeDestroying(facts.plan);
    case "seal":
      return describeSealing(facts.law);
    case "no_law":
      return `There is no law ${facts.lawId} now.`;
    case "settle":
      return describePlan(facts.plan);
    case "set_aside":
      return `These are ${counted(facts.messages, "message")} of ${facts.bytes} bytes.`;
    case "no_message":
      return facts.complete
        ? "There is no such message now."
        : "No such message is among those that could be looked at in one go.";
    case "refused":
      return `As things stand now, it would be refused: ${facts.message}`;
  }
}

/** The law as it will be ready: what voters are asked, when, and when they see the result. */
function describeSealing(law: Extract<ProposalFacts, { kind: "seal" }>["law"]): string {
  return [
    describeLaw(law),
    ...(law.results === "live" ? ["Its results are public while votes are counted."] : []),
    `Voters are asked, in French: “${law.title_fr}”, and in English: “${law.title_en}”.`,
  ].join(" ");
}
