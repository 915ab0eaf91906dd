import { CHECKED_CODE_LENGTH, hasCheckedForm } from "../../shared/domain/code-form.ts";
import { withoutSeparators } from "../../shared/domain/separators.ts";
import type { Law } from "../api/answers.ts";
import { button, errorSummary, type FieldFault, inset, paragraph, textField } from "../parts/components.ts";
import { h } from "../parts/dom.ts";
import { language, t } from "../parts/language.ts";
import { announce, show, type View } from "../parts/layout.ts";
import { whenOf } from "../parts/window.ts";
import type { Draft } from "./draft.ts";

/** How long nobody types before the count is said: as long as the design system's own character count waits. */
const PAUSE_MS = 1_000;

/**
 * What is wrong with a draft's NAS and code, by the rules of the API (shared/messages/vote-request.ts).
 *
 * @param codes which codes the law takes
 * @param draft what was typed
 */
export function faultsOf(codes: Law["codes"], { nas, code, refusedCode }: Draft): FieldFault[] {
  const texts = t().identify;
  const faults: FieldFault[] = [];
  const [bareNas, bareCode] = [withoutSeparators(nas), withoutSeparators(code)];
  if (bareNas === "") faults.push({ field: "nas", text: texts.nasEmpty });
  else if (!/^\d{9}$/.test(bareNas)) faults.push({ field: "nas", text: texts.nasDigits });
  if (bareCode === "") faults.push({ field: "code", text: texts.codeEmpty });
  else if (!/^[A-Za-z0-9]{6,32}$/.test(bareCode)) faults.push({ field: "code", text: texts.codeWrong });
  else if (codes === "checked" && !hasCheckedForm(bareCode)) {
    const text = bareCode.length === CHECKED_CODE_LENGTH ? texts.codeRefused : texts.codeLength(CHECKED_CODE_LENGTH);
    faults.push({ field: "code", text });
  } else if (refusedCode !== undefined && bareCode === withoutSeparators(refusedCode)) {
    faults.push({ field: "code", text: texts.codeRefused });
  }
  return faults;
}

/**
 * Asks who votes.
 *
 * @param law the law
 * @param draft what was typed so far
 * @param change keeps what is typed
 * @param next when nothing is wrong
 */
export function identifyView(
  law: Law,
  draft: () => Draft,
  change: (changed: Partial<Draft>) => void,
  next: () => void,
  isChecked = false,
): () => View {
  return () => {
    const { nas, code, isCodeTaken, refusedCode } = draft();
    const texts = t().identify;
    // A value that the API has refused is marked at once. An unfinished one is marked when the voter wants to continue.
    const faults = isChecked || refusedCode !== undefined ? faultsOf(law.codes, draft()) : [];
    const submit = (event: Event) => {
      event.preventDefault();
      if (faultsOf(law.codes, draft()).length > 0) show(identifyView(law, draft, change, next, true));
      else next();
    };
    const nasHelp = counter("nas", (value) => texts.nasCount(value.replaceAll(/\D/g, "").length));
    const codeHelp = counter("code", (value) => texts.codeCount(value.length, CHECKED_CODE_LENGTH));
    nasHelp.say(nas);
    codeHelp.say(code);
    const codeHint = law.codes === "checked" ? texts.codeHintChecked(CHECKED_CODE_LENGTH) : texts.codeHint;
    return {
      title: texts.title,
      isError: faults.length > 0,
      content: [
        errorSummary(faults),
        h("p", { class: "govuk-caption-m" }, law.title[language()]),
        h("h1", { class: "govuk-heading-l" }, texts.title),
        paragraph(whenOf(law)),
        h(
          "form",
          { novalidate: true, autocomplete: "off", onsubmit: submit },
          textField({
            id: "nas",
            label: texts.nas,
            hint: texts.nasHint,
            value: nas,
            faults,
            numeric: true,
            help: nasHelp.line,
            oninput: (value) => {
              change({ nas: value });
              nasHelp.type(value);
            },
          }),
          textField({
            id: "code",
            label: texts.code,
            hint: isCodeTaken ? texts.codeTaken : codeHint,
            value: code,
            faults,
            // Only codes with a check are sure to be printed in capitals.
            capitals: law.codes === "checked",
            help: law.codes === "checked" ? codeHelp.line : undefined,
            oninput: (value) => {
              change({ code: value, isCodeTaken: false });
              codeHelp.type(value);
            },
          }),
          inset(isCodeTaken ? `${texts.privacy} ${texts.privacyLetter}` : texts.privacy),
          button(t().continue),
        ),
      ],
      hasHeading: true,
    };
  };
}

/**
 * A line below a field that says how much of it is typed; empty while nothing is. A screen reader says it once the
 * typing pauses, not at every key.
 */
function counter(field: string, textOf: (bare: string) => string) {
  const line = h("div", { class: "govuk-hint referendum-count", id: `${field}-count` });
  let pausing: ReturnType<typeof setTimeout> | undefined;
  const say = (value: string) => {
    const bare = withoutSeparators(value);
    line.textContent = bare === "" ? "" : textOf(bare);
  };
  const type = (value: string) => {
    say(value);
    clearTimeout(pausing);
    pausing = setTimeout(() => {
      if (line.isConnected) announce(line.textContent);
    }, PAUSE_MS);
  };
  return { line, say, type };
}
