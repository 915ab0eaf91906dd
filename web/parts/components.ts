import { type Child, h } from "./dom.ts";
import { t } from "./language.ts";

/** Parts of the design system (GOV.UK Frontend), made by script with the classes and roles that it documents. */

export function paragraph(text: string): HTMLElement {
  return h("p", { class: "govuk-body" }, text);
}

/**
 * Marks the French name of an answer in another language's text, so that a screen reader pronounces it in French (WCAG
 * 2.2, 3.1.2).
 *
 * @param text it may have "(oui)" or "(non)" in it
 */
export function withFrench(text: string): Child[] {
  return text
    .split(/\b(oui|non)(?=\))/)
    .map((part, index) => (index % 2 === 0 ? part : h("span", { lang: "fr" }, part)));
}

export function heading(text: string): HTMLElement {
  return h("h2", { class: "govuk-heading-m" }, text);
}

export function link(text: string, href: string): HTMLElement {
  return h("p", { class: "govuk-body" }, h("a", { class: "govuk-link", href }, text));
}

export function button(text: string, onclick?: (event: Event) => void, isSecondary = false): HTMLButtonElement {
  const kind = isSecondary ? "govuk-button govuk-button--secondary" : "govuk-button";
  return h("button", { class: kind, type: onclick === undefined ? "submit" : "button", onclick }, text);
}

/** A button that looks like a link. */
export function actionLink(text: string, onclick: () => void, label?: string): HTMLElement {
  return h("button", { type: "button", class: "referendum-link", "aria-label": label, onclick }, text);
}

export function backLink(onclick: () => void): HTMLElement {
  const go = (event: Event) => {
    event.preventDefault();
    onclick();
  };
  return h("a", { class: "govuk-back-link", href: "#", onclick: go }, t().back);
}

export function inset(...content: readonly Child[]): HTMLElement {
  return h("div", { class: "govuk-inset-text" }, ...content);
}

export function warning(text: string): HTMLElement {
  return h(
    "div",
    { class: "govuk-warning-text" },
    h("span", { class: "govuk-warning-text__icon", "aria-hidden": "true" }, "!"),
    h(
      "strong",
      { class: "govuk-warning-text__text" },
      h("span", { class: "govuk-visually-hidden" }, `${t().check.warningLabel} `),
      text,
    ),
  );
}

/** Says that what is shown is about a rehearsal; on paper too. */
export function rehearsalBanner(): HTMLElement {
  return h("p", { class: "govuk-body referendum-rehearsal" }, h("strong", {}, t().rehearsal));
}

/** One thing that is wrong with what was typed. */
export interface FieldFault {
  /** The id of the field. */
  readonly field: string;
  readonly text: string;
}

/** All that is wrong, above the form, each with a link to its field. */
export function errorSummary(faults: readonly FieldFault[]): HTMLElement | undefined {
  if (faults.length === 0) return undefined;
  const item = ({ field, text }: FieldFault) => {
    const go = (event: Event) => {
      event.preventDefault();
      document.getElementById(field)?.focus();
    };
    return h("li", {}, h("a", { href: `#${field}`, onclick: go }, text));
  };
  return h(
    "div",
    { class: "govuk-error-summary", tabindex: -1 },
    h(
      "div",
      { role: "alert" },
      h("h2", { class: "govuk-error-summary__title" }, t().problemHeading),
      h(
        "div",
        { class: "govuk-error-summary__body" },
        h("ul", { class: "govuk-list govuk-error-summary__list" }, ...faults.map(item)),
      ),
    ),
  );
}

export function errorMessage(field: string, faults: readonly FieldFault[]): HTMLElement | undefined {
  const fault = faults.find((one) => one.field === field);
  if (fault === undefined) return undefined;
  return h(
    "p",
    { class: "govuk-error-message", id: `${field}-error` },
    h("span", { class: "govuk-visually-hidden" }, t().errorPrefix),
    fault.text,
  );
}

export interface TextField {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly faults: readonly FieldFault[];
  readonly numeric?: boolean;
  /** A phone's keyboard writes capital letters. */
  readonly capitals?: boolean;
  readonly wide?: boolean;
  /** Something below the field that helps while one types. */
  readonly help?: HTMLElement | undefined;
  readonly oninput?: (value: string) => void;
}

/** A field with its label, hint and what is wrong with it. */
export function textField(of: TextField): HTMLElement {
  const error = errorMessage(of.id, of.faults);
  const described = [`${of.id}-hint`, ...(error ? [error.id] : []), ...(of.help ? [of.help.id] : [])].join(" ");
  const input = h("input", {
    class: `govuk-input ${of.wide ? "" : "govuk-input--width-20"} govuk-input--extra-letter-spacing${of.wide ? " referendum-receipt-number" : ""}${error ? " govuk-input--error" : ""}`,
    id: of.id,
    name: of.id,
    type: "text",
    autocomplete: "off",
    autocapitalize: of.numeric ? undefined : of.capitals ? "characters" : "none",
    autocorrect: "off",
    spellcheck: "false",
    inputmode: of.numeric ? "numeric" : undefined,
    "aria-describedby": described,
    "aria-invalid": error !== undefined && "true",
    oninput: (event) => {
      if (event.target instanceof HTMLInputElement) of.oninput?.(event.target.value);
    },
  });
  input.value = of.value;
  return h(
    "div",
    { class: `govuk-form-group${error ? " govuk-form-group--error" : ""}` },
    h("label", { class: "govuk-label govuk-label--s", for: of.id }, of.label),
    h("div", { class: "govuk-hint", id: `${of.id}-hint` }, of.hint),
    error,
    input,
    of.help,
  );
}

/** A row of a summary, with a way to change it where there is one. */
export interface SummaryRow {
  readonly name: string;
  readonly value: string;
  /** It may have to be typed again: its characters are easy to tell apart. */
  readonly isExact?: boolean;
  readonly change?: { readonly label: string; readonly go: () => void };
}

export function summaryList(rows: readonly SummaryRow[]): HTMLElement {
  const row = ({ name, value, isExact, change }: SummaryRow) =>
    h(
      "div",
      { class: `govuk-summary-list__row${change ? "" : " govuk-summary-list__row--no-actions"}` },
      h("dt", { class: "govuk-summary-list__key" }, name),
      h(
        "dd",
        { class: `govuk-summary-list__value${isExact ? " referendum-receipt-number" : ""}` },
        ...withFrench(value),
      ),
      change && h("dd", { class: "govuk-summary-list__actions" }, actionLink(t().change, change.go, change.label)),
    );
  return h("dl", { class: "govuk-summary-list" }, ...rows.map(row));
}

export interface Column {
  readonly name: string;
  readonly numeric?: boolean;
}

/**
 * A table; the first cell of each row is its heading.
 *
 * @param caption what it shows; hidden from the eye where a heading above says the same
 */
export function table(
  caption: { readonly text: string; readonly isHidden?: boolean },
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  const kind = (base: string, column?: Column) => (column?.numeric ? `${base} ${base}--numeric` : base);
  return h(
    "table",
    { class: "govuk-table" },
    h(
      "caption",
      { class: `govuk-table__caption govuk-table__caption--s${caption.isHidden ? " govuk-visually-hidden" : ""}` },
      caption.text,
    ),
    h(
      "thead",
      { class: "govuk-table__head" },
      h(
        "tr",
        { class: "govuk-table__row" },
        ...columns.map((column) => h("th", { scope: "col", class: kind("govuk-table__header", column) }, column.name)),
      ),
    ),
    h(
      "tbody",
      { class: "govuk-table__body" },
      ...rows.map((cells) =>
        h(
          "tr",
          { class: "govuk-table__row" },
          ...cells.map((cell, index) =>
            index === 0
              ? h("th", { scope: "row", class: "govuk-table__header" }, ...withFrench(cell))
              : h("td", { class: kind("govuk-table__cell", columns[index]) }, cell),
          ),
        ),
      ),
    ),
  );
}
