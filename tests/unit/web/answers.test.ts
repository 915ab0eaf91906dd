import { describe, expect, test } from "vitest";
import { AllLaws, LawResult, PublicLaw, Receipt, Turnout } from "../../../shared/messages/responses.ts";
import {
  readLawAnswer,
  readLawsAnswer,
  readReceiptAnswer,
  readResultAnswer,
  readTurnoutAnswer,
} from "../../../web/api/answers.ts";
import { pendingIn, seedOf, seedText } from "../../../web/tab/pending.ts";

const INSTANT = "2026-03-01T12:00:00.000Z";
const LAW = {
  law_id: "L1",
  title: { fr: "Loi", en: "Law" },
  opens_at: INSTANT,
  closes_at: null,
  state: "open",
  codes: "any",
  results: "live",
  form: "open",
};
const SEALED = {
  ...LAW,
  results: "after_close",
  form: "sealed",
  origin: "test/L1/0123456789abcdef",
  election_key: "A".repeat(43),
  proof: "voter",
} as const;
const RESULT = {
  ...{ law_id: "L1", oui_count: 2, non_count: 1, total_votes: 3, spoiled_count: 4 },
  ...{ state: "voting", updated_at: INSTANT },
};
const HOUR = { from: INSTANT, until: "2026-03-01T13:00:00.000Z", voted: 2 };
const TURNOUT = { law_id: "L1", eligible: 9, voted: 2, hours: [HOUR] };
const RECEIPT = { request_id: "AQ1", law_id: "L1", status: "counted", updated_at: INSTANT };

/** An answer, the schema of the API for it, the pages' reader, and one wrong value for each member that they use. */
const ANSWERS = {
  laws: [AllLaws, readLawsAnswer, { laws: [LAW] }, { laws: {} }],
  law: [
    PublicLaw,
    readLawAnswer,
    LAW,
    { law_id: 1, title: { fr: "Loi" }, opens_at: "soon", closes_at: "", state: "secret", results: "never" },
  ],
  result: [
    LawResult,
    readResultAnswer,
    RESULT,
    { oui_count: "2", non_count: -1, total_votes: 0.5, state: "done", updated_at: "today" },
  ],
  turnout: [Turnout, readTurnoutAnswer, TURNOUT, { eligible: null, voted: "2", hours: [{ ...HOUR, until: 5 }] }],
  receipt: [
    Receipt,
    readReceiptAnswer,
    RECEIPT,
    { request_id: null, law_id: 5, status: "dreamt", updated_at: "yesterday" },
  ],
} as const;

describe.each(Object.entries(ANSWERS))("the pages' reader of an answer: %s", (_name, [schema, read, answer, wrong]) => {
  test("reads what the API answers", () => {
    expect(schema.parse(answer)).toEqual(answer);
    const found = read(answer);
    expect(answer).toMatchObject("laws" in answer ? { laws: found } : found);
    expect(Object.keys(found).length).toBeGreaterThan(0);
  });

  test.each(Object.entries(wrong))("refuses a wrong %s, as the API's schema does", (member, value) => {
    const broken = { ...answer, [member]: value };
    expect(schema.safeParse(broken).success).toBe(false);
    expect(() => read(broken)).toThrow(TypeError);
    expect(() => read({ ...answer, [member]: undefined })).toThrow(TypeError);
  });

  test.each([null, "<html>", [], 7])("refuses %j", (value) => {
    expect(() => read(value)).toThrow("is no object");
  });
});

test.each([
  ["state", PublicLaw, readLawAnswer, LAW],
  ["status", Receipt, readReceiptAnswer, RECEIPT],
] as const)("the readers know each %s that the API can name", (member, schema, read, answer) => {
  const field: { readonly options: readonly string[] } =
    schema === PublicLaw ? PublicLaw.shape.state : Receipt.shape.status;
  for (const value of field.options) expect(read({ ...answer, [member]: value })).toMatchObject({ [member]: value });
});

test.each(["origin", "election_key", "proof", "form"])("the reader of a sealed law refuses a wrong %s", (member) => {
  expect(readLawAnswer(SEALED)).toEqual(SEALED);
  expect(PublicLaw.parse(SEALED)).toEqual(SEALED);
  expect(() => readLawAnswer({ ...SEALED, [member]: 5 })).toThrow(TypeError);
});

test("an API of the release before has open laws and no spoiled ballots", () => {
  const { form: _form, ...law } = LAW;
  const { spoiled_count: _spoiled, ...result } = RESULT;
  expect(readLawAnswer(law)).toEqual(LAW);
  expect(readResultAnswer(result)).toMatchObject({ spoiled_count: 0 });
  expect(() => readResultAnswer({ ...RESULT, spoiled_count: "4" })).toThrow(TypeError);
});

test("the reader knows each reason for which a vote is invalid", () => {
  for (const reason of ["not_on_roll", "code_replaced", "struck", "copied"] as const) {
    expect(Receipt.parse({ ...RECEIPT, status: "invalid", reason })).toMatchObject({ reason });
    expect(readReceiptAnswer({ ...RECEIPT, status: "invalid", reason })).toMatchObject({ reason });
  }
});

describe("a submission that the tab remembers", () => {
  const pending = { key: "k", vote: { nas: "123456789", code: "ABC123", law_id: "L1", vote: "oui" } } as const;

  test("is read as it was kept", () => {
    expect(pendingIn(JSON.stringify(pending))).toEqual(pending);
    const withReceipt = { ...pending, receipt: "AQ1" };
    expect(pendingIn(JSON.stringify(withReceipt))).toEqual(withReceipt);
    const { law_id, form, origin, election_key, proof } = SEALED;
    const sealed = { ...withReceipt, law: { law_id, form, origin, election_key, proof }, seed: "0f".repeat(32) };
    expect(pendingIn(JSON.stringify(sealed))).toEqual(sealed);
    expect(seedText(seedOf(sealed.seed))).toBe(sealed.seed);
  });

  test.each([
    "no JSON",
    "null",
    JSON.stringify({ ...pending, key: 5 }),
    JSON.stringify({ key: "k" }),
    JSON.stringify({ ...pending, receipt: 5 }),
    JSON.stringify({ ...pending, seed: "0f" }),
    JSON.stringify({ ...pending, law: { law_id: "L1", form: "later" } }),
    JSON.stringify({ ...pending, law: { law_id: "L1", form: "sealed", origin: 5 } }),
    JSON.stringify({ ...pending, vote: { ...pending.vote, vote: "peut-être" } }),
  ])("is not %s", (kept) => {
    expect(pendingIn(kept)).toBeUndefined();
  });
});
