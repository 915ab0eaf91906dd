import type { WatchedLaw } from "../../shared/messages/operators/watch.ts";
import { backLink, errorSummary, type FieldFault, paragraph, textField } from "../../web/parts/components.ts";
import { h } from "../../web/parts/dom.ts";
import { language } from "../../web/parts/language.ts";
import type { Frozen } from "../state.ts";
import { type Asked, ask } from "./ask.ts";
import { show, type View } from "./frame.ts";
import { problemText } from "./parts.ts";
import { duration, t } from "./words.ts";

/** Where the answers lead that no form can show: the console has ended, or is locked. */
export interface Leave {
  readonly toOverview: () => void;
  readonly closed: (kind: "locked" | "ended") => void;
  /** What is shown from now on is no form: it changes with what is known. */
  readonly toWork: () => void;
}

/** Asks whether a law is to be frozen, or unfrozen, as the command does: by its id. */
export function showFreeze(law: WatchedLaw, leave: Leave): void {
  const frozen = !law.frozen;
  let typed = "";
  let answer: Exclude<Asked<Frozen>, { kind: "done" }> | undefined;
  let isUnderWay = false;
  const go = async (event: Event) => {
    event.preventDefault();
    // A second press would be a second act.
    if (isUnderWay) return;
    isUnderWay = true;
    const asked = await ask("freeze", { law_id: law.law_id, frozen, typed });
    isUnderWay = false;
    if (asked.kind === "done") return showFrozen(law, asked.result, leave);
    if (asked.kind !== "problem") return leave.closed(asked.kind);
    answer = asked;
    show(view);
  };
  const view = (): View => {
    const texts = t().freeze;
    const faults = faultsOf(answer, law.law_id);
    return {
      title: frozen ? texts.title(law.law_id) : texts.untitle(law.law_id),
      isError: faults.length > 0,
      content: [
        errorSummary(faults),
        paragraph(law[`title_${language()}`]),
        paragraph(frozen ? texts.text(law.law_id) : texts.untext(law.law_id)),
        typingForm({
          id: "typed",
          label: texts.type,
          hint: texts.hint(law.law_id),
          value: typed,
          faults,
          button: frozen ? texts.go : texts.ungo,
          onType: (value) => {
            typed = value;
          },
          onGo: (event) => void go(event),
        }),
        back(leave),
      ],
    };
  };
  show(view);
}

function showFrozen(law: WatchedLaw, { frozen, changed, seconds, inJournal }: Frozen, leave: Leave): void {
  show(() => {
    const texts = t().freeze;
    return {
      title: frozen ? texts.frozen(law.law_id) : texts.unfrozen(law.law_id),
      content: [
        paragraph(texts.known(duration(seconds))),
        !changed && paragraph(texts.already),
        !inJournal && h("p", { class: "govuk-inset-text" }, texts.noJournal),
        back(leave),
      ],
    };
  });
}

/** Leads back to the overview. */
export function back({ toOverview }: Leave): HTMLElement {
  const link = backLink(toOverview);
  link.textContent = t().back;
  return link;
}

/** What is wrong with what was typed, or why it was not done. */
export function faultsOf(answer: Asked<unknown> | undefined, word: string): FieldFault[] {
  if (answer?.kind !== "problem") return [];
  const text = problemText(answer.problem, word)
    .map((part) => (part instanceof Node ? (part.textContent ?? "") : part || ""))
    .join("");
  return [{ field: "typed", text }];
}

interface TypingForm {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly faults: readonly FieldFault[];
  readonly button: string;
  readonly onType: (value: string) => void;
  readonly onGo: (event: Event) => void;
}

/** A field for the word that tells an act from the same act on something else, and its button. */
export function typingForm({ onType, onGo, button, ...field }: TypingForm): HTMLElement {
  return h(
    "form",
    { novalidate: true, onsubmit: onGo },
    textField({ ...field, wide: true, oninput: onType }),
    h("button", { class: "govuk-button govuk-button--warning", type: "submit" }, button),
  );
}
