import type { Kind, Phase, Who } from "../checks.ts";
import type { CheckTexts } from "./check-texts.ts";
import type { enFindings } from "./en-findings.ts";

type EnFindings = typeof enFindings;

/** Something that a check has found, with its values. */
export type Finding = {
  [Code in keyof EnFindings]: { readonly code: Code } & Parameters<EnFindings[Code]>[0];
}[keyof EnFindings];

/** What is said of findings, in one language. */
export type FindingTexts = { readonly [Code in keyof EnFindings]: (values: Parameters<EnFindings[Code]>[0]) => string };

/** Everything that the verifier says, in one language. */
export interface Texts {
  readonly phases: Readonly<Record<Phase, string>>;
  readonly kinds: Readonly<Record<Kind, string>>;
  readonly who: Readonly<Record<Who, string>>;
  readonly outcomes: Readonly<Record<"holds" | "fails" | "not_run", string>>;
  readonly reasons: Readonly<Record<"not_yet" | "missing" | "not_asked" | "not_this_law" | "after_failure", string>>;
  readonly verdicts: Readonly<Record<"fails" | "partial" | "running" | "holds", string>>;
  readonly proves: string;
  readonly not: string;
  readonly more: (count: number) => string;
  readonly checks: CheckTexts;
  readonly findings: FindingTexts;
}

/** Says a finding in words. */
export function inWords(texts: Texts, finding: Finding): string {
  // A finding has the values that the text of its code takes; TypeScript cannot follow that through the union.
  const say = texts.findings[finding.code] as (values: Finding) => string;
  return say(finding);
}
