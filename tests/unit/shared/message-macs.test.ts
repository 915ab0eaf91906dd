import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  isOutcomeOfValidate,
  isRecordOfIngest,
  isVoteOfIngest,
  makeMacs,
  makeOutcomeMac,
} from "../../../shared/domain/message-macs.ts";
import { aPromise, aRequestId, aVote, KEYS } from "../../support/factories.ts";

const keys = KEYS.ofVersion(1);
const vote = { ...aVote(), pepperId: "1" };
const promise = aPromise(vote);
const macs = makeMacs(vote, promise, 1, keys);
/** Each is another vote than `vote`. */
const ALTERED = {
  "another choice": { ...vote, choice: "non" as const },
  "another voter": { ...vote, voterHash: "0".repeat(64) },
  "another law": { ...vote, lawId: "L2025-002" },
  "another submission": { ...vote, requestId: aRequestId() },
  "another time": { ...vote, acceptedAt: "2026-03-01T12:00:00.001Z" },
  "no pepper": { ...vote, pepperId: undefined },
  "the choice as an envelope": { ...vote, choice: undefined, sealed: "oui" },
  "a character moved from one value to the next": {
    ...vote,
    requestId: `${vote.requestId}${vote.lawId.slice(0, 1)}`,
    lawId: vote.lawId.slice(1),
  },
};

describe("the macs of a vote", () => {
  test("are HMAC-SHA-256 over the values before them, each with its length", () => {
    const of = (values: readonly string[], key: (typeof keys)["macValidate"]) => {
      const bytes = values.map((value) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(value));
        return Buffer.concat([length, Buffer.from(value)]);
      });
      return createHmac("sha256", key).update(Buffer.concat(bytes)).digest("base64url");
    };
    const values = ["2", vote.requestId, vote.lawId, vote.voterHash, "1", vote.acceptedAt, "oui", "", "1", promise];
    expect(macs.validate).toBe(of(values, keys.macValidate));
    expect(macs.record).toBe(of([...values, macs.validate], keys.macRecord));
    expect(makeOutcomeMac(vote, macs, "accepted", keys.macOutcome)).toBe(
      of([...values, macs.validate, macs.record, "accepted"], keys.macOutcome),
    );
  });

  test("are right for this vote", () => {
    expect(isVoteOfIngest(vote, macs, keys.macValidate)).toBe(true);
    expect(isRecordOfIngest(vote, macs, keys.macRecord)).toBe(true);
  });

  test.each(Object.entries(ALTERED))("are wrong for %s", (_, altered) => {
    expect(isVoteOfIngest(altered, macs, keys.macValidate)).toBe(false);
    expect(isRecordOfIngest(altered, macs, keys.macRecord)).toBe(false);
    const mac = makeOutcomeMac(vote, macs, "accepted", keys.macOutcome);
    expect(isOutcomeOfValidate(altered, macs, "accepted", mac, keys.macOutcome)).toBe(false);
  });

  test("and that of its outcome are wrong for another promise", () => {
    const other = { ...macs, promise: aPromise({ requestId: vote.requestId }, "test/law/2") };
    expect(isVoteOfIngest(vote, other, keys.macValidate)).toBe(false);
    expect(isRecordOfIngest(vote, other, keys.macRecord)).toBe(false);
    const mac = makeOutcomeMac(vote, macs, "accepted", keys.macOutcome);
    expect(isOutcomeOfValidate(vote, other, "accepted", mac, keys.macOutcome)).toBe(false);
  });

  test("of one key do for no other", () => {
    expect(isVoteOfIngest(vote, { ...macs, validate: macs.record }, keys.macValidate)).toBe(false);
    expect(isVoteOfIngest(vote, macs, keys.macRecord)).toBe(false);
    expect(isRecordOfIngest(vote, macs, keys.macValidate)).toBe(false);
    expect(isVoteOfIngest(vote, { ...macs, keyVersion: 2 }, keys.macValidate)).toBe(false);
  });

  test("have one text each", () => {
    const last = macs.validate.at(-1) ?? "";
    const spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const same = spare[spare.indexOf(last) + 1] ?? "";
    const text = `${macs.validate.slice(0, -1)}${same}`;
    expect(Buffer.from(text, "base64url")).toEqual(Buffer.from(macs.validate, "base64url"));
    expect(isVoteOfIngest(vote, { ...macs, validate: text }, keys.macValidate)).toBe(false);
  });
});

describe("the mac of an outcome", () => {
  test("is wrong for another outcome, and for another mac of the vote", () => {
    const mac = makeOutcomeMac(vote, macs, "duplicate", keys.macOutcome);
    expect(isOutcomeOfValidate(vote, macs, "duplicate", mac, keys.macOutcome)).toBe(true);
    expect(isOutcomeOfValidate(vote, macs, "accepted", mac, keys.macOutcome)).toBe(false);
    const other = { ...macs, record: macs.validate };
    expect(isOutcomeOfValidate(vote, other, "duplicate", mac, keys.macOutcome)).toBe(false);
  });
});
