import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { describeLaw } from "../../../commands/law-words.ts";
import type { OperatorsLaw } from "../../../shared/messages/operators/laws.ts";
import { law, SEALED_DRAFT } from "../../support/console/made-states.ts";
import { ROOT } from "../house/house.ts";

const { trustees } = SEALED_DRAFT;
const OPEN = law("L-1");
const SEALED = { ...OPEN, form: "sealed", trustees } as const;
/** A law, and the same law with another fact that a person who approves must know. */
const CHANGES: readonly (readonly [string, OperatorsLaw, Partial<OperatorsLaw>])[] = [
  ["its id", OPEN, { law_id: "L-2" }],
  ["its state", OPEN, { state: "frozen" }],
  ["that it is a draft", OPEN, { state: "draft" }],
  ["how many voters it expects", SEALED_DRAFT, { expected_voters: 9 }],
  ["that it is a rehearsal", OPEN, { rehearsal: true }],
  ["when it opens", OPEN, { opens_at: "2026-11-29T14:00:00.000Z" }],
  ["when it closes", OPEN, { closes_at: "2026-11-30T02:00:00.000Z" }],
  ["that it stays open", OPEN, { closes_at: null }],
  ["an earlier window", OPEN, { earlier_windows: SEALED_DRAFT.earlier_windows }],
  ["an earlier window without an end", OPEN, { earlier_windows: [{ opens_at: OPEN.opens_at, closes_at: null }] }],
  ["its planned opening", OPEN, { planned_opens_at: "2026-11-28T13:00:00.000Z" }],
  ["its planned close", OPEN, { planned_closes_at: "2026-12-01T01:00:00.000Z" }],
  ["its form", OPEN, { form: "open" }],
  ["another form", OPEN, { form: "sealed" }],
  ["its trustees", { ...SEALED, trustees: null }, { trustees }],
  ["how many of them open the box", SEALED, { trustees: trustees && { ...trustees, threshold: 4 } }],
  ["how many there are", SEALED, { trustees: trustees && { ...trustees, trustees: 6 } }],
  ["their key", SEALED, { trustees: trustees && { ...trustees, key_id: "other" } }],
  ["whether it was tested", SEALED, { trustees: trustees && { ...trustees, tested: true } }],
  ["its proof", SEALED, { proof: "voter" }],
  ["its box", { ...SEALED, state: "closed" }, { box_closed: true }],
  ["when its results are public", OPEN, { results: "after_close" }],
];

describe.each(["en", "fr"])("what the console says of a law (%s)", (language) => {
  let sentencesOf: (of: OperatorsLaw) => string[];
  beforeAll(async () => {
    vi.resetModules();
    vi.stubGlobal("location", new URL(`http://127.0.0.1/?lang=${language}`));
    // Its types are a browser's, which tests in Node.js do not have.
    const page: string = join(ROOT, "console/page/law-facts.ts");
    const facts: { readonly lawSentences: typeof sentencesOf } = await import(page);
    sentencesOf = facts.lawSentences;
    return () => vi.unstubAllGlobals();
  });

  test.each(CHANGES)("tells, as commands do: %s", (_, before, change) => {
    const after = { ...before, ...change };
    expect(describeLaw(after)).not.toBe(describeLaw(before));
    expect(sentencesOf(after)).not.toEqual(sentencesOf(before));
  });
});
