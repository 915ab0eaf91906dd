import { describe, expect, test } from "vitest";
import {
  type DescribedLaw,
  descriptionText,
  firstDescription,
  nextDescription,
} from "../../../../shared/domain/log/description.ts";
import { type JournalFacts, NO_ENTRY, publicText, textHash } from "../../../../shared/domain/log/public-journal.ts";
import { PROMISE_KEY } from "../../../support/factories.ts";

const LAW: DescribedLaw = {
  ...{ lawId: "L1", origin: "test/L1/0", form: "sealed", title: "A law", titles: { fr: "Une loi", en: undefined } },
  ...{ opensAt: "2026-03-01T07:00:00.000Z", closesAt: undefined, results: "after_close", proof: "voter" },
  trustees: {
    ...{ electionKey: "A".repeat(43), signingKey: "B".repeat(42), splitId: "c".repeat(32) },
    ...{ threshold: 2, trustees: 3, tested: true },
  },
  promiseKeys: [PROMISE_KEY],
  roll: { voters: 3, digest: "d".repeat(64) },
};

describe("a description", () => {
  test("is one line with its names in order, and says what all must agree on", () => {
    const text = descriptionText(firstDescription(LAW));
    expect(text.split("\n")).toHaveLength(2);
    const read = JSON.parse(text);
    expect(Object.keys(read)).toEqual(Object.keys(read).sort());
    expect(read).toEqual({
      ...{ v: 1, kind: "referendum description", version: 1, law_id: "L1", origin: "test/L1/0", form: "sealed" },
      ...{ titles: { fr: "Une loi", en: "A law" }, options: ["oui", "non"], opens_at: LAW.opensAt },
      ...{ results: "after_close", proof: "voter", election_key: "A".repeat(43), signing_key: "B".repeat(42) },
      key_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      promise_keys: [
        { key_id: expect.stringMatching(/^[0-9a-f]{16}$/), public_key: PROMISE_KEY.publicKey, from: PROMISE_KEY.from },
      ],
      roll: { voters: 3, digest: "d".repeat(64) },
    });
  });

  test("is followed by another one only when roll or promise keys change, and nothing else changes with them", () => {
    const first = firstDescription(LAW);
    expect(nextDescription(first, LAW)).toBeUndefined();
    expect(nextDescription(first, { ...LAW, opensAt: "2027-03-01T07:00:00.000Z", title: "Another" })).toBeUndefined();
    const roll = { voters: 4, digest: "e".repeat(64) };
    expect(nextDescription(first, { ...LAW, closesAt: "2027-03-01T07:00:00.000Z", roll })).toEqual({
      ...first,
      version: 2,
      roll,
    });
    const second = { ...PROMISE_KEY, version: 2, from: "2026-03-02T07:00:00.000Z" };
    expect(nextDescription(first, { ...LAW, promiseKeys: [PROMISE_KEY, second] })).toMatchObject({
      promise_keys: [{ until: second.from }, { from: second.from }],
    });
  });
});

const ENTRY: JournalFacts = {
  ...{ number: 7, at: "2026-03-01T07:00:00.000Z", act: "seal-roll", phase: "done", lawId: "L1", by: "a".repeat(64) },
  ...{
    roleName: "",
    approvedBy: null,
    content: JSON.stringify({ result: { digest: "d".repeat(64), law: { title: "x" } } }),
  },
};
const read = (changes: Partial<JournalFacts>) => JSON.parse(publicText({ ...ENTRY, ...changes }, NO_ENTRY));

describe("the public text of an entry of the journal", () => {
  test("says who did what by a hash, and names the one before", () => {
    const text = publicText(ENTRY, NO_ENTRY);
    expect(JSON.parse(text)).toEqual({
      ...{ number: 7, at: ENTRY.at, act: "seal-roll", phase: "done", law_id: "L1", by: ENTRY.by, role: "operator" },
      details: { digest: "d".repeat(64) },
      previous: NO_ENTRY,
    });
    expect(JSON.parse(publicText(ENTRY, textHash(text))).previous).toMatch(/^[0-9a-f]{64}$/);
    expect(text).not.toMatch(/\n/);
  });

  test.each([
    ["Referendum-prod-Pipeline-PeopleApproverRole1A2B", "begun", "approver"],
    ["Referendum-prod-Pipeline-PeopleBreakGlassRole1A2B", "done", "break-glass"],
    ["Referendum-prod-Pipeline-PeopleOperatorRole1A2B", "approved", "operator"],
    ["", "approved", "approver"],
    ["", "begun", "operator"],
  ])("names the role %s in the phase %s as %s", (roleName, phase, role) => {
    expect(read({ roleName, phase, content: "{}" })).toMatchObject({ role });
  });

  test("names who approved it, the proposal, and the hash of what was proposed", () => {
    const content = JSON.stringify({ request: { law_id: "L1", expect: 3 }, hash: "f".repeat(64) });
    expect(read({ phase: "proposed", content }).details).toEqual({ expect: 3, request_sha256: "f".repeat(64) });
    const begun = JSON.stringify({ request: { law_id: "L1", expect: 3 }, proposal: "p" });
    expect(read({ phase: "begun", content: begun, approvedBy: "b".repeat(64) })).toMatchObject({
      approved_by: "b".repeat(64),
      details: { expect: 3, proposal: "p" },
    });
  });

  test("tells nothing of voters, choices, tallies and files, and nothing of an act that nobody has looked at", () => {
    const of = (act: string, said: object) => read({ act, content: JSON.stringify(said) }).details;
    expect(of("find-voter", { result: { on_roll: true, has_voted: true } })).toEqual({});
    expect(of("count-law", { result: { count: { oui: 1, non: 2 }, box: { envelopes: 3 } } })).toEqual({ envelopes: 3 });
    expect(of("begin-load", { request: { laws: ["L1"], file: { name: "anna.csv", voters: 3 } } })).toEqual({
      voters: 3,
    });
    expect(of("an-act-of-later", { request: { secret: "x" }, result: { secret: "x" } })).toEqual({});
    expect(read({ phase: "failed", content: JSON.stringify({ refused: "anna is not on the roll" }) }).details).toEqual(
      {},
    );
  });

  test("has what was set aside, by its fingerprint and why", () => {
    const result = { queue: "votes", fingerprint: "f".repeat(64), set_aside: 1 };
    expect(read({ act: "set-aside", lawId: null, content: JSON.stringify({ result }) })).toMatchObject({
      law_id: null,
      details: result,
    });
  });
});
