import type { ProposalFacts } from "../../places/operators/proposal-facts.ts";
import type { ClosedBoxAnswer } from "../../shared/messages/operators/count.ts";
import { type Child, h } from "../../web/parts/dom.ts";
import { number } from "../../web/parts/format.ts";
import { lawSentences } from "./law-facts.ts";
import { english } from "./parts.ts";
import { t } from "./words.ts";

/** What a proposal would do as things stand now, in the numbers that the command shows. */
export function factsContent(facts: ProposalFacts | null): Child[] {
  if (facts === null) return [];
  return [
    h("h2", { class: "govuk-heading-m" }, t().decide.now),
    ...sentences(facts).map((sentence) => h("p", { class: "govuk-body" }, sentence)),
  ];
}

function sentences(facts: ProposalFacts): Child[] {
  const texts = t().decide;
  switch (facts.kind) {
    case "close":
      return [...lawSentences(facts.law), texts.closes(number(facts.law.voters))];
    case "count": {
      const { counted, voters, duplicate, invalid, options, set_aside, lost, box } = facts.plan;
      // The trustees open the box after the first count; the second one publishes what two of them have found.
      if (box !== null && box !== "open") return [...openingSentences(box), texts.unchangeable];
      if (box === "open") {
        return [
          texts.counts(number(counted), number(voters), number(duplicate), number(invalid)),
          texts.aside(number(set_aside), number(lost)),
          texts.closesBox,
        ];
      }
      return [
        texts.counts(number(counted), number(voters), number(duplicate), number(invalid)),
        options === null ? texts.withheld : texts.options(number(options.oui), number(options.non)),
        texts.aside(number(set_aside), number(lost)),
        texts.countEnds,
      ];
    }
    case "certify":
    case "publish": {
      const { form, count } = facts.law;
      const { counted, oui, non, spoiled, duplicate, invalid } = count;
      const publishes = form === "sealed" ? texts.publishesOpened : texts.publishes;
      return [
        texts.figures(number(counted), number(oui), number(non), number(spoiled)),
        texts.notCounted(number(duplicate), number(invalid)),
        facts.kind === "certify" ? texts.certifies : publishes,
      ];
    }
    case "destroy":
      return [texts.destroys(number(facts.plan.voters), number(facts.plan.submissions)), texts.copies];
    case "seal": {
      const { voters, title_fr, title_en } = facts.law;
      return [...lawSentences(facts.law), texts.seals(number(voters)), texts.asked(title_fr, title_en)];
    }
    case "no_law":
      return [texts.noLaw(facts.lawId)];
    case "settle": {
      const { dead_letters, would_count, would_send_back, without_choice, complete } = facts.plan;
      return [
        texts.settles(number(dead_letters), number(would_count), number(would_send_back)),
        ...(without_choice === 0 ? [] : [texts.withoutChoice(number(without_choice))]),
        ...(complete ? [] : [texts.incomplete]),
      ];
    }
    case "set_aside":
      return [texts.sets(number(facts.messages), number(facts.bytes))];
    case "no_message":
      return [facts.complete ? texts.noMessage : texts.noMessageSeen];
    case "refused":
      return [h("span", {}, `${texts.wouldRefuse} `, english(facts.message))];
  }
}

/** What the trustees have found in a closed box, and whether they agree. */
function openingSentences({ envelopes, openings }: ClosedBoxAnswer): Child[] {
  const texts = t().decide;
  const [first, second] = openings;
  return [
    texts.envelopes(number(envelopes)),
    ...openings.map(({ brought_by, spoiled, sha256 }) =>
      h(
        "span",
        {},
        texts.opening(brought_by, number(spoiled)),
        " ",
        h("span", { class: "referendum-receipt-number" }, sha256),
      ),
    ),
    ...(first === undefined ? [texts.notOpened] : []),
    ...(first !== undefined && second === undefined ? [texts.openedOnce] : []),
    ...(second === undefined ? [] : [first?.sha256 === second.sha256 ? texts.equal : texts.different]),
  ];
}
