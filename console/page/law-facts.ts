import type { OperatorsLaw } from "../../shared/messages/operators/laws.ts";
import { dayAndTime, number } from "../../web/parts/format.ts";
import { t } from "./words.ts";

/** The states of a law that is counted. */
const COUNTED: ReadonlySet<OperatorsLaw["state"]> = new Set(["counted", "certified", "published"]);

/**
 * State, window, form and results of a law in sentences: what commands say of it (commands/law-words.ts).
 *
 * @param law the law
 */
export function lawSentences(law: OperatorsLaw): string[] {
  const texts = t().lawFacts;
  return [
    texts.state(law.law_id, t().laws.states[law.state]),
    ...(law.rehearsal ? [t().laws.rehearsal] : []),
    windowOf(law),
    ...(law.state === "draft" ? [texts.onceSealed] : []),
    ...law.earlier_windows.map(({ opens_at, closes_at }) =>
      closes_at === null
        ? texts.earlierSince(dayAndTime(opens_at))
        : texts.earlier(dayAndTime(opens_at), dayAndTime(closes_at)),
    ),
    ...(isOther(law.planned_opens_at, law.opens_at) ? [texts.plannedOpening(dayAndTime(law.planned_opens_at))] : []),
    ...(isOther(law.planned_closes_at, law.closes_at) ? [texts.plannedClosing(dayAndTime(law.planned_closes_at))] : []),
    ...(law.state === "draft" && law.expected_voters !== null ? [texts.expects(number(law.expected_voters))] : []),
    ...formSentences(law),
    texts.results[law.results],
  ];
}

function windowOf({ state, opens_at, closes_at }: OperatorsLaw): string {
  const texts = t().lawFacts;
  const from = dayAndTime(opens_at);
  if (closes_at === null) return texts.since(from);
  return state === "destroyed" ? texts.earlier(from, dayAndTime(closes_at)) : texts.window(from, dayAndTime(closes_at));
}

/** The form of a law; nothing for one without a form. */
function formSentences({ form, trustees, proof, box_closed, state }: OperatorsLaw): string[] {
  const texts = t().lawFacts;
  if (form === null) return [];
  if (form === "open") return [texts.open];
  return [
    trustees === null
      ? texts.withoutKeys
      : texts.sealed(number(trustees.threshold), number(trustees.trustees), trustees.key_id),
    ...(trustees?.tested === false ? [texts.notTested] : []),
    ...(proof === "voter" ? [texts.proof] : []),
    ...(box_closed && !COUNTED.has(state) ? [texts.boxClosed] : []),
  ];
}

function isOther(planned: string | null, present: string | null): planned is string {
  return planned !== null && planned !== present;
}
