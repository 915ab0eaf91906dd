import { withoutSeparators } from "../../shared/domain/separators.ts";
import type { Law } from "../api/answers.ts";
import { backLink, button, inset, summaryList, warning } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { language, t } from "../parts/language.ts";
import type { View } from "../parts/layout.ts";
import type { Draft } from "./draft.ts";

/**
 * Shows everything once more before it is sent; number and code in part only, for whoever looks over a shoulder. Of a
 * sealed law, it says who can read the answer.
 *
 * @param law the law
 * @param sealsHere this device seals the answer
 * @param draft what is about to be sent
 * @param goTo goes to a step and its field, to change something
 * @param cast sends it
 */
export function checkView(
  law: Law,
  sealsHere: boolean,
  draft: () => Draft,
  goTo: (step: "identify" | "choose", field?: "nas" | "code") => void,
  cast: () => void,
): () => View {
  return () => {
    const texts = t().check;
    const { nas, code, choice } = draft();
    return {
      title: texts.title,
      hasHeading: true,
      content: [
        backLink(() => history.back()),
        h("h1", { class: "govuk-heading-l" }, texts.title),
        summaryList([
          { name: texts.law, value: law.title[language()] },
          {
            name: texts.answer,
            value: choice === "oui" ? t().oui : t().non,
            change: { label: texts.changeAnswer, go: () => goTo("choose") },
          },
          {
            name: texts.nas,
            value: texts.nasMasked(withoutSeparators(nas).slice(-3)),
            change: { label: texts.changeNas, go: () => goTo("identify", "nas") },
          },
          {
            name: texts.code,
            value: texts.codeMasked(withoutSeparators(code).length),
            change: { label: texts.changeCode, go: () => goTo("identify", "code") },
          },
        ]),
        ...secrecyOf(law, sealsHere),
        warning(texts.warning),
        button(texts.cast, cast),
      ],
    };
  };
}

/** Who can read the answer, and what a proof for the voter means. */
function secrecyOf({ form, proof }: Law, sealsHere: boolean): HTMLElement[] {
  const texts = t().check;
  if (form !== "sealed") return [];
  const said = inset(sealsHere ? texts.sealedHere : texts.sealedByService);
  if (proof !== "voter") return [said];
  return [said, sealsHere ? warning(texts.proof) : inset(texts.noProof)];
}
