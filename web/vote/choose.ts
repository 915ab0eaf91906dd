import type { Law } from "../api/answers.ts";
import { backLink, button, errorMessage, errorSummary, withFrench } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { language, t } from "../parts/language.ts";
import { show, type View } from "../parts/layout.ts";
import type { Draft } from "./draft.ts";

/**
 * Asks for the answer. Nothing is chosen beforehand.
 *
 * @param law the law
 * @param draft what was chosen so far
 * @param change keeps the choice
 * @param next when there is one
 */
export function chooseView(
  law: Law,
  draft: () => Draft,
  change: (changed: Partial<Draft>) => void,
  next: () => void,
  isChecked = false,
): () => View {
  return () => {
    const texts = t().choose;
    const { choice } = draft();
    const faults = isChecked && choice === undefined ? [{ field: "choice-oui", text: texts.empty }] : [];
    const error = errorMessage("choice-oui", faults);
    const submit = (event: Event) => {
      event.preventDefault();
      if (draft().choice === undefined) show(chooseView(law, draft, change, next, true));
      else next();
    };
    const radio = (value: "oui" | "non", text: string) => {
      const input = h("input", {
        class: "govuk-radios__input",
        id: `choice-${value}`,
        name: "choice",
        type: "radio",
        value,
        onchange: () => change({ choice: value }),
      });
      input.checked = choice === value;
      const label = h(
        "label",
        { class: "govuk-label govuk-radios__label", for: `choice-${value}` },
        ...withFrench(text),
      );
      return h("div", { class: "govuk-radios__item" }, input, label);
    };
    return {
      title: texts.title,
      isError: faults.length > 0,
      hasHeading: true,
      content: [
        backLink(() => history.back()),
        errorSummary(faults),
        h("p", { class: "govuk-caption-m" }, texts.title),
        h(
          "form",
          { novalidate: true, onsubmit: submit },
          h(
            "div",
            { class: `govuk-form-group${error ? " govuk-form-group--error" : ""}` },
            h(
              "fieldset",
              { class: "govuk-fieldset", "aria-describedby": error?.id },
              h(
                "legend",
                { class: "govuk-fieldset__legend govuk-fieldset__legend--l" },
                h("h1", { class: "govuk-fieldset__heading" }, law.title[language()]),
              ),
              error,
              h("div", { class: "govuk-radios" }, radio("oui", t().oui), radio("non", t().non)),
            ),
          ),
          button(t().continue),
        ),
      ],
    };
  };
}
