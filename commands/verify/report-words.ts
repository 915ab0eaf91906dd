import { type CheckResult, en, fr, inWords, PHASES, type Texts, type Verification } from "../../client/verify/index.ts";
import type { Language } from "./options.ts";

const TEXTS: Readonly<Record<Language, Texts>> = { fr, en };
const HEADINGS: Readonly<Record<Language, (verification: Verification) => string>> = {
  en: ({ lawId = "?", origin, checkpoint }) =>
    `Law ${lawId}, log ${origin}, ${checkpoint.size.toLocaleString("en")} entries`,
  fr: ({ lawId = "?", origin, checkpoint }) =>
    `Loi ${lawId}, registre ${origin}, ${checkpoint.size.toLocaleString("fr-CA")} entrées`,
};

/** A report in words: the checks by phase, then what is wrong, then the verdict. */
export function reportText(verification: Verification, language: Language): string {
  const texts = TEXTS[language];
  const lines = [HEADINGS[language](verification)];
  for (const phase of PHASES) {
    lines.push("", texts.phases[phase]);
    for (const check of verification.checks) if (check.phase === phase) lines.push(...checkLines(check, texts));
  }
  const failed = verification.checks.filter(({ outcome }) => outcome === "fails");
  const wrong = failed.flatMap((check) => [
    `  ${check.id} ${texts.checks[check.id].title}`,
    ...findingLines(check, texts),
  ]);
  return [...lines, "", ...wrong, ...(wrong.length > 0 ? [""] : []), texts.verdicts[verification.verdict]].join("\n");
}

function checkLines(check: CheckResult, texts: Texts): string[] {
  const { id, kind, outcome, because, facts } = check;
  const { title, proves, not } = texts.checks[id];
  const why = because === undefined ? "" : ` (${texts.reasons[because]})`;
  return [
    `  ${id} ${title}`,
    `       ${texts.outcomes[outcome]}${why}, ${texts.kinds[kind]}`,
    ...(outcome === "fails" ? findingLines(check, texts) : []),
    ...facts.map((fact) => `       → ${inWords(texts, fact)}`),
    `       ${texts.proves} ${proves}`,
    `       ${texts.not} ${not}`,
  ];
}

function findingLines({ findings, more }: CheckResult, texts: Texts): string[] {
  const said = findings.map((finding) => `       ✗ ${inWords(texts, finding)}`);
  return more > 0 ? [...said, `       ✗ ${texts.more(more)}`] : said;
}
