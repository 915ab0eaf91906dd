import { button, errorMessage, errorSummary, type FieldFault, paragraph, textField } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { t } from "../parts/language.ts";
import { show, type View } from "../parts/layout.ts";
import { type Looked, REQUEST_ID, readSaved } from "./save.ts";

type Wrong = "empty" | "number" | "file";

/**
 * Asks for the number of a receipt, or for the file in which it was saved.
 *
 * @param look shows the receipt of a number; of a typed one, only the tab may know that it is in doubt
 */
export function askView(look: (receipt: Looked) => void, wrong?: Wrong, typed = ""): () => View {
  let value = typed;
  return () => {
    const texts = t().receipt;
    const text = { empty: texts.numberEmpty, number: texts.numberWrong, file: texts.fileWrong };
    const field = wrong === "file" ? "file" : "number";
    const faults: FieldFault[] = wrong === undefined ? [] : [{ field, text: text[wrong] }];
    const submit = (event: Event) => {
      event.preventDefault();
      const id = value.replaceAll(/\s/g, "");
      if (REQUEST_ID.test(id)) look({ requestId: id, isInDoubt: false });
      else show(askView(look, id === "" ? "empty" : "number", value));
    };
    const open = async (event: Event) => {
      const file = event.target instanceof HTMLInputElement ? event.target.files?.[0] : undefined;
      if (file === undefined) return;
      const saved = await readSaved(file);
      if (saved === undefined) show(askView(look, "file", value));
      else look(saved);
    };
    const error = errorMessage("file", faults);
    return {
      title: texts.title,
      isError: wrong !== undefined,
      hasHeading: true,
      content: [
        errorSummary(faults),
        h("h1", { class: "govuk-heading-l" }, texts.title),
        paragraph(texts.intro),
        h(
          "form",
          { novalidate: true, onsubmit: submit },
          textField({
            id: "number",
            label: texts.number,
            hint: texts.numberHint,
            value,
            faults,
            wide: true,
            oninput: (now) => {
              value = now;
            },
          }),
          button(texts.look),
        ),
        h(
          "div",
          { class: `govuk-form-group${error ? " govuk-form-group--error" : ""}` },
          h("label", { class: "govuk-label govuk-label--s", for: "file" }, texts.file),
          h("div", { class: "govuk-hint", id: "file-hint" }, texts.fileHint),
          error,
          // The browser's own button speaks the browser's language. It is there for the keyboard and for readers.
          h("input", {
            class: "govuk-visually-hidden referendum-file",
            id: "file",
            type: "file",
            accept: ".json,application/json",
            "aria-describedby": `file-hint${error ? ` ${error.id}` : ""}`,
            onchange: (event) => void open(event),
          }),
          h("label", { class: "govuk-button govuk-button--secondary", for: "file" }, texts.choose),
        ),
      ],
    };
  };
}
