import { describe, expect, test } from "vitest";
import { ACT_TEXTS, actText, PUBLIC_ACTS, PUBLIC_PHASES, phaseText } from "../../../../papers/report/act-texts.ts";
import { LABELS, NOTES, SECTIONS } from "../../../../papers/report/report-texts.ts";
import { REPORT_TEXTS } from "../../../../papers/report/texts/texts.ts";
import { PAPER_LANGUAGES } from "../../../../shared/domain/letter.ts";
import { ACTS } from "../../../../shared/messages/operators/acts.ts";

/** Every text, with the values that its functions get. */
function textsIn(value: unknown, path: string): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String(value("A", "B"))]];
  return Object.entries(value ?? {}).flatMap(([name, one]) => textsIn(one, `${path}.${name}`));
}

describe.each(PAPER_LANGUAGES)("the texts of a report in %s", (language) => {
  const all = textsIn({ ...REPORT_TEXTS[language], acts: ACT_TEXTS[language] }, language);

  test("are all there, and no section, label or note besides", () => {
    expect(all.filter(([, text]) => text.trim() === "")).toEqual([]);
    expect(Object.keys(REPORT_TEXTS[language].sections).sort()).toEqual([...SECTIONS].sort());
    expect(Object.keys(REPORT_TEXTS[language].labels).sort()).toEqual([...LABELS].sort());
    expect(Object.keys(REPORT_TEXTS[language].notes).sort()).toEqual([...NOTES].sort());
  });

  test("have the typography of their language", () => {
    const bad = /[^\u00a0][;:?!»](?:\s|$)|«[^\u00a0]|'/;
    const english = /\u00a0[;:?!]|[«»]|'/;
    expect(all.filter(([, text]) => (language === "fr" ? bad : english).test(text))).toEqual([]);
  });

  test("name every act that the journal may have, and what happened to it", () => {
    const acts = Object.values(ACTS).filter(({ group }) => group !== "looks");
    // Deciding on a proposal is an entry of the act that was proposed; the others change nothing.
    const others = ["approve", "refuse", "count-rolls", "find-load", "check-codes", "make-codes"];
    const names = acts.map(({ name }) => name).filter((name) => !others.includes(name));
    expect(names.filter((name) => !PUBLIC_ACTS.some((known) => known === name))).toEqual([]);
    for (const phase of PUBLIC_PHASES) expect(phaseText(phase, language)).not.toBe("");
    expect(actText("an-act-of-later", language)).toBe("an-act-of-later");
  });
});

test("an invalid submission is explained by all its reasons, among them a wrong and a replaced code", () => {
  expect(REPORT_TEXTS.en.statuses.invalid.meaning).toMatch(/wrong or replaced code.*not registered.*struck off.*copy/);
  expect(REPORT_TEXTS.fr.statuses.invalid.meaning).toMatch(/code erroné ou remplacé.*non inscrite ou radiée.*copie/);
});

test("no text is the same in both languages, but for a few words", () => {
  const [fr, en] = PAPER_LANGUAGES.map((language) => new Map(textsIn(REPORT_TEXTS[language], "")));
  const same = [...(fr ?? [])].filter(([path, text]) => en?.get(path) === text).map(([, text]) => text);
  expect([...new Set(same)].sort()).toEqual(["Date", "Option", "SHA-256", "Signature", "Signatures"]);
});
