import type { PaperLanguage } from "../../shared/domain/letter.ts";
import { hoursOf, momentOf, numberOf, percentOf } from "../words.ts";
import type { Both } from "./law-report.ts";
import type { Label, Note, SectionName } from "./report-texts.ts";
import { both } from "./texts/texts.ts";

/** A value of a report: each kind is written in its own way. */
export type Value =
  | { readonly kind: "count"; readonly count: number }
  | { readonly kind: "percent"; readonly percent: number | null }
  | { readonly kind: "moment"; readonly at: string | null; readonly absent?: Both }
  | { readonly kind: "hours"; readonly from: string; readonly until: string }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "digest"; readonly text: string }
  | { readonly kind: "nothing" }
  /** Programs read the code, and people what is said. */
  | { readonly kind: "said"; readonly code: string; readonly said: Both };

interface Column {
  readonly field: Label;
  /** A part of the table's width; all together make 1. */
  readonly width: number;
}

/** What a section has, in order. */
export type Block =
  | { readonly kind: "note"; readonly said: Both }
  | { readonly kind: "facts"; readonly facts: readonly { readonly field: Label; readonly value: Value }[] }
  | {
      readonly kind: "list";
      readonly name: string;
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Value[])[];
    }
  | { readonly kind: "verbatim"; readonly field: Label; readonly text: string };

export interface Section {
  readonly name: SectionName;
  readonly blocks: readonly Block[];
}

export const count = (number: number): Value => ({ kind: "count", count: number });
export const percent = (number: number | null): Value => ({ kind: "percent", percent: number });
export const moment = (at: string | null): Value => ({ kind: "moment", at });
export const text = (said: string): Value => ({ kind: "text", text: said });
export const digest = (said: string): Value => ({ kind: "digest", text: said });
export const said = (code: string, say: Parameters<typeof both>[0]): Value => ({ kind: "said", code, said: both(say) });
export const note = (name: Note): Block => ({ kind: "note", said: both(({ notes }) => notes[name]) });
export const facts = (of: Partial<Record<Label, Value>>): Block => ({
  kind: "facts",
  // Its keys are labels.
  facts: Object.entries(of).map(([field, value]) => ({ field: field as Label, value })),
});
export const NOTHING: Value = { kind: "nothing" };
export const list = (
  name: string,
  columns: readonly (readonly [Label, number])[],
  rows: readonly (readonly Value[])[],
): Block => ({
  kind: "list",
  name,
  columns: columns.map(([field, width]) => ({ field, width })),
  rows,
});

/** An end that is not known yet. */
export const end = (at: string | null): Value => ({
  kind: "moment",
  at,
  absent: both(({ untilFurtherNotice }) => untilFurtherNotice),
});

/**
 * A value as people read it.
 *
 * @param value the value
 * @param language of the reader
 * @param timeZone in which times are given
 */
export function inWords(value: Value, language: PaperLanguage, timeZone: string): string {
  switch (value.kind) {
    case "count":
      return numberOf(value.count, language);
    case "percent":
      return value.percent === null ? "–" : percentOf(value.percent, language);
    case "moment":
      return value.at === null ? (value.absent?.[language] ?? "–") : momentOf(value.at, language, timeZone);
    case "hours":
      return hoursOf(value.from, value.until, language, timeZone);
    case "said":
      return value.said[language];
    case "nothing":
      return "–";
    default:
      return value.text;
  }
}

/** A value as programs read it. */
export function asData(value: Value): string {
  switch (value.kind) {
    case "count":
      return String(value.count);
    case "percent":
      return value.percent === null ? "" : value.percent.toFixed(2);
    case "moment":
      return value.at ?? "";
    case "hours":
      return `${value.from}/${value.until}`;
    case "said":
      return value.code;
    case "nothing":
      return "";
    default:
      return value.text;
  }
}
