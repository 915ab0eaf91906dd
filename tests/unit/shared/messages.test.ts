import { describe, expect, test } from "vitest";
import { formOf } from "../../../shared/domain/ballot.ts";
import {
  readOutcome,
  readRefused,
  readVote,
  writeOutcome,
  writeRefused,
  writeVote,
} from "../../../shared/messages/queue.ts";
import { methodsOf } from "../../../shared/messages/routes.ts";
import { aPromise, aRequestId, aVote } from "../../support/factories.ts";

const vote = aVote();
const voteMessage = (changes: object = {}) => JSON.stringify({ ...JSON.parse(writeVote(vote)), ...changes });
const outcomeMessage = (changes: object = {}) =>
  JSON.stringify({ ...JSON.parse(writeOutcome(vote, "accepted")), ...changes });

const MACS = { keyVersion: 1, validate: "A".repeat(43), promise: aPromise(vote), record: "B".repeat(43) };
const ENVELOPE = Buffer.concat([Uint8Array.of(1), Buffer.alloc(58, 7)]).toString("base64url");

describe("a message of a law with a form", () => {
  const open = { ...vote, macs: MACS };
  const { choice: _, ...withoutChoice } = vote;
  const sealed = { ...withoutChoice, sealed: ENVELOPE, macs: MACS };

  test.each([
    ["open", open],
    ["sealed", sealed],
  ])("that is %s is read as it was written, as a vote and as an outcome", (form, of) => {
    expect(readVote(writeVote(of))).toEqual(of);
    expect(formOf(of)).toBe(form);
    for (const outcome of ["accepted", "duplicate", "invalid"] as const) {
      const outcomeMac = "C".repeat(43);
      expect(readOutcome(writeOutcome(of, outcome, outcomeMac))).toEqual({ ...of, outcome, outcomeMac });
    }
  });

  const changed = (changes: object, of: object = open) =>
    JSON.stringify({ ...JSON.parse(writeVote(of as typeof open)), ...changes });
  test.each([
    ["with both a choice and an envelope", changed({ sealed: ENVELOPE })],
    ["with neither", changed({ choice: undefined })],
    ["without the mac for validate", changed({ mac_validate: undefined })],
    ["without the mac for aggregate", changed({ mac_record: undefined })],
    ["without its promise", changed({ promise: undefined })],
    ["with a promise that is none", changed({ promise: "0123456789abcdef" })],
    ["with a promise whose text has bits to spare", changed({ promise: `${MACS.promise.slice(0, -1)}_` })],
    ["with a short mac", changed({ mac_validate: "A".repeat(42) })],
    ["without the version of its keys", changed({ key_version: undefined })],
    ["of key version 0", changed({ key_version: 0 })],
    ["with something that is no envelope", changed({ sealed: "AAAA" }, sealed)],
    ["with an envelope whose text has bits to spare", changed({ sealed: `${ENVELOPE.slice(0, -1)}d` }, sealed)],
  ])("%s cannot be read", (_name, body) => {
    expect(readVote(body)).toBeUndefined();
  });

  test("of an outcome without its mac cannot be read", () => {
    expect(readOutcome(writeOutcome(open, "accepted"))).toBeUndefined();
  });
});

describe("a refused message", () => {
  test("keeps what came, and is neither a vote nor an outcome", () => {
    const body = writeRefused("forged", writeVote(vote));
    expect(readRefused(body)).toEqual({ refused: "forged", body: writeVote(vote) });
    expect([readVote(body), readOutcome(body)]).toEqual([undefined, undefined]);
    expect([readRefused(writeVote(vote)), readRefused("hello")]).toEqual([undefined, undefined]);
  });
});

describe("a vote message", () => {
  test("is read as it was written", () => {
    expect(readVote(writeVote(vote))).toEqual(vote);
    expect(readVote(writeVote({ ...vote, pepperId: "2" }))).toEqual({ ...vote, pepperId: "2" });
  });

  test("with a field that this version does not know is read", () => {
    expect(readVote(voteMessage({ traced: true }))).toEqual(vote);
  });

  test.each([
    ["not JSON", "hello"],
    ["empty", ""],
    ["null", "null"],
    ["a list", "[]"],
    ["of an unknown version", voteMessage({ v: 3 })],
    ["of version 2 without macs", voteMessage({ v: 2 })],
    ["of version 0", voteMessage({ v: 0 })],
    ["with its version as text", voteMessage({ v: "1" })],
    ["without a version", voteMessage({ v: undefined })],
    ["without a request id", voteMessage({ request_id: undefined })],
    ["with a request id of another form", voteMessage({ request_id: "abc" })],
    ["with a request id of another law", voteMessage({ request_id: aRequestId("L9") })],
    ["with another law", voteMessage({ law_id: "L9" })],
    ["with a voter hash in capitals", voteMessage({ voter_hash: vote.voterHash.toUpperCase().replace(/^./, "A") })],
    ["with a short voter hash", voteMessage({ voter_hash: vote.voterHash.slice(1) })],
    ["with another choice", voteMessage({ choice: "maybe" })],
    ["without a choice", voteMessage({ choice: undefined })],
    ["without a time", voteMessage({ accepted_at: undefined })],
    ["with a time that is none", voteMessage({ accepted_at: "yesterday" })],
    ["with a day that is none", voteMessage({ accepted_at: "2026-02-30T00:00:00Z" })],
    ["with a time of many digits", voteMessage({ accepted_at: `2026-02-28T00:00:00.${"1".repeat(120)}Z` })],
    ["with an empty pepper", voteMessage({ pepper_id: "" })],
  ])("%s cannot be read", (_, body) => {
    expect(readVote(body)).toBeUndefined();
  });

  test("holds neither NAS nor code", () => {
    expect(Object.keys(JSON.parse(writeVote(vote))).sort()).toEqual(
      ["accepted_at", "choice", "law_id", "request_id", "v", "voter_hash"].sort(),
    );
  });
});

describe("an outcome message", () => {
  const { pepperId: _, ...decided } = vote;

  test("accepted or invalid is read with its choice", () => {
    expect(readOutcome(writeOutcome(vote, "accepted"))).toEqual({ ...decided, outcome: "accepted" });
    expect(readOutcome(writeOutcome(vote, "invalid"))).toEqual({ ...decided, outcome: "invalid" });
  });

  test("duplicate is read with its choice, and without one from a release before", () => {
    const body = writeOutcome(vote, "duplicate");
    expect(readOutcome(body)).toEqual({ ...decided, outcome: "duplicate" });
    const { choice: __, ...withoutChoice } = decided;
    expect(readOutcome(outcomeMessage({ outcome: "duplicate", choice: undefined }))).toEqual({
      ...withoutChoice,
      outcome: "duplicate",
    });
  });

  test("says by its outcome alone why a vote was not accepted; the reason of a release before is ignored", () => {
    expect(writeOutcome(vote, "invalid")).not.toContain("reason");
    expect(readOutcome(outcomeMessage({ outcome: "invalid", reason: "not_on_roll" }))).toEqual({
      ...decided,
      outcome: "invalid",
    });
  });

  test.each([
    ["of an unknown outcome", outcomeMessage({ outcome: "maybe" })],
    ["without an outcome", outcomeMessage({ outcome: undefined })],
    ["accepted without a choice", outcomeMessage({ choice: undefined })],
    ["invalid without a choice", outcomeMessage({ outcome: "invalid", choice: undefined })],
    ["duplicate with another choice", outcomeMessage({ outcome: "duplicate", choice: "maybe" })],
    ["of another law", outcomeMessage({ law_id: "L9" })],
    ["that is a vote message", writeVote(vote)],
    ["not JSON", "{"],
  ])("%s cannot be read", (_, body) => {
    expect(readOutcome(body)).toBeUndefined();
  });
});

describe("the API's paths", () => {
  test.each([
    ["/api/v1/vote", ["POST"]],
    ["/api/v1/votes/abc", ["GET", "HEAD"]],
    ["/api/v1/results", ["GET", "HEAD"]],
    ["/api/v1/results/L1", ["GET", "HEAD"]],
    ["/api/v1/health", ["GET", "HEAD"]],
    ["/", []],
    ["", []],
    ["/api/v1/vote/", ["POST"]],
    ["/api/v1/vote//", []],
    ["/api/v1/votes/", []],
    ["/api/v1/votes/a/b", []],
    ["/api/v2/vote", []],
    ["/API/V1/VOTE", []],
  ])("%s takes %j", (path, methods) => {
    expect(methodsOf(path)).toEqual(methods);
  });
});
