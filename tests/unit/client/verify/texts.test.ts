import { describe, expect, test } from "vitest";
import { CHECK_IDS, en, type Finding, fr, inWords, type Texts } from "../../../../client/verify/index.ts";

/** A finding of every kind. */
const FINDINGS = Object.keys(en.findings).map((code) => {
  const values = {
    ...{
      file: "FILE",
      line: 3,
      found: 5,
      expected: 6,
      known: "KNOWN",
      key: "KEY",
      version: 2,
      entries: 4,
      field: "FIELD",
    },
    ...{ keyId: "KEY-ID", size: 1_234, before: 7, remembered: 8, index: 9, request: "REQUEST", listed: "late" },
    ...{
      logged: "counted",
      checked: 300,
      counted: 400,
      number: 11,
      status: "counted",
      certified: 12,
      name: "eligible",
    },
    ...{ said: "SAID", ballots: 13, envelope: "ENVELOPE", tracker: "TRACKER", option: "OPTION" },
  };
  // Each text takes some of these values.
  return { code, ...values } as unknown as Finding;
});

/** Every sentence of a language. */
function sentences(texts: Texts): string[] {
  const ofChecks = CHECK_IDS.flatMap((id) => Object.values(texts.checks[id]));
  const others = [texts.phases, texts.kinds, texts.who, texts.outcomes, texts.reasons, texts.verdicts].flatMap((one) =>
    Object.values(one),
  );
  return [
    ...ofChecks,
    ...others,
    texts.proves,
    texts.not,
    texts.more(2),
    ...FINDINGS.map((one) => inWords(texts, one)),
  ];
}

describe("the verifier's texts", () => {
  test.each([
    ["English", en],
    ["French", fr],
  ])("say everything in %s", (_, texts) => {
    for (const sentence of sentences(texts)) expect(sentence).not.toMatch(/undefined|NaN|^$|\[object/);
  });

  test("name the same values in both languages", () => {
    for (const finding of FINDINGS) {
      const named = (texts: Texts) =>
        [...inWords(texts, finding).matchAll(/\b[A-Z][A-Z-]{2,}\b/g)].map(([name]) => name);
      expect(named(fr).sort(), finding.code).toEqual(named(en).sort());
    }
  });

  test("have no-break spaces before the signs that want them in French", () => {
    const wrong = sentences(fr).filter((sentence) => /[^\u00a0\d][:;?!»](?:\s|$)|«[^\u00a0]/.test(sentence));
    expect(wrong).toEqual([]);
  });

  test("use the French apostrophe", () => {
    expect(sentences(fr).filter((sentence) => sentence.includes("'"))).toEqual([]);
  });
});
