import { describe, expect, test } from "vitest";
import { decide, type ValidateServices } from "../../../functions/validate/decide.ts";
import type { Vote } from "../../../shared/domain/ballot.ts";
import { makeOutcomeMac } from "../../../shared/domain/message-macs.ts";
import { readOutcome, readRefused, writeVote } from "../../../shared/messages/queue.ts";
import { BatchFailedError } from "../../../shared/runtime/batch.ts";
import type { ClaimRequest, ClaimResult } from "../../../shared/stores/claims.ts";
import { aRecord, aVote, KEY_SOURCE, KEYS, MemoryQueue, macsOf } from "../../support/factories.ts";

const decided = (decision: "accepted" | "duplicate" | "invalid"): ClaimResult => ({ kind: "decided", decision });
const undecided = (why: "roll_not_loaded" | "other_pepper" | "store_failed"): ClaimResult => ({
  kind: "undecided",
  why,
});

function build(answers: readonly ClaimResult[] | Error) {
  const outcomes = new MemoryQueue();
  const deadLetters = new MemoryQueue();
  const metrics: string[] = [];
  const errors: unknown[] = [];
  const asked: ClaimRequest[] = [];
  const services: ValidateServices = {
    claims: {
      async claim(requests) {
        asked.push(...requests);
        if (answers instanceof Error) throw answers;
        return answers;
      },
    },
    keys: KEY_SOURCE,
    outcomes,
    deadLetters,
    onError: (error) => errors.push(error),
    onDecided: (entries) => metrics.push(...entries.map(({ metric }) => metric)),
  };
  return { services, outcomes, deadLetters, metrics, errors, asked };
}

const failed = (response: { batchItemFailures: { itemIdentifier: string }[] }) =>
  response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe("a batch of votes", () => {
  test("is forwarded with what was decided and with its choice, a duplicate as well", async () => {
    const votes = [aVote(), aVote(), aVote({ pepperId: "1" })];
    const { services, outcomes, metrics, asked } = build([
      decided("accepted"),
      decided("duplicate"),
      decided("invalid"),
    ]);
    const response = await decide(
      votes.map((vote) => aRecord(writeVote(vote))),
      services,
    );
    expect(failed(response)).toEqual([]);
    expect(outcomes.bodies.map(readOutcome)).toMatchObject([
      { requestId: votes[0]?.requestId, outcome: "accepted", choice: "oui" },
      { requestId: votes[1]?.requestId, outcome: "duplicate", choice: "oui" },
      { requestId: votes[2]?.requestId, outcome: "invalid", choice: "oui" },
    ]);
    expect(metrics).toEqual(["VotesDecidedAccepted", "VotesDecidedDuplicate", "VotesDecidedInvalid"]);
    expect(asked.map(({ id, pepperId }) => [id.length, pepperId])).toEqual([
      [16, undefined],
      [16, undefined],
      [16, "1"],
    ]);
  });

  test("that is empty sends nothing", async () => {
    const { services, asked } = build([]);
    expect(failed(await decide([], services))).toEqual([]);
    expect(asked).toEqual([]);
  });

  test.each([
    ["the roll is not loaded", "roll_not_loaded", "RollNotLoaded"],
    ["the roll has another pepper", "other_pepper", "RollNotLoaded"],
    ["Redis failed for it", "store_failed", "VotesUndecided"],
  ] as const)("keeps a vote waiting when %s, and forwards the others", async (_, why, metric) => {
    const { services, outcomes, metrics } = build([undecided(why), decided("accepted")]);
    const response = await decide([aRecord(writeVote(aVote()), "one"), aRecord(writeVote(aVote()), "two")], services);
    expect(failed(response)).toEqual(["one"]);
    expect(outcomes.bodies).toHaveLength(1);
    expect(metrics).toEqual(["VotesDecidedAccepted", metric]);
  });

  test("waits as a whole when Redis is away", async () => {
    const { services, outcomes, errors, metrics } = build(new Error("away"));
    const records = [aRecord(writeVote(aVote()), "one"), aRecord(writeVote(aVote()), "two")];
    await expect(decide(records, services)).rejects.toThrow(BatchFailedError);
    expect([outcomes.bodies.length, errors.length, metrics.length]).toEqual([0, 1, 2]);
  });

  test.each(["roll_not_loaded", "other_pepper"] as const)(
    "waits whole without an error while %s, or the votes of one law would slow those of the others down",
    async (why) => {
      const { services } = build([undecided(why), undecided(why)]);
      const records = [aRecord(writeVote(aVote()), "one"), aRecord(writeVote(aVote()), "two")];
      expect(failed(await decide(records, services))).toEqual(["one", "two"]);
    },
  );

  test("fails when Redis answers for none of its votes, or the outcomes queue takes none", async () => {
    const records = [aRecord(writeVote(aVote()), "one"), aRecord(writeVote(aVote()), "two")];
    const undone = build([undecided("store_failed"), undecided("roll_not_loaded")]);
    await expect(decide(records, undone.services)).rejects.toThrow("nothing of a batch of 2 was done");
    const unsent = build([decided("accepted"), decided("accepted")]);
    unsent.outcomes.refuses = () => true;
    await expect(decide(records, unsent.services)).rejects.toThrow(BatchFailedError);
  });

  test("fails the votes that the outcomes queue did not confirm, although they are claimed", async () => {
    const votes = [aVote(), aVote()];
    const { services, outcomes, metrics } = build([decided("accepted"), decided("accepted")]);
    outcomes.refuses = (body) => body.includes(votes[0]?.requestId ?? "");
    const records = votes.map((vote, index) => aRecord(writeVote(vote), `record-${index}`));
    expect(failed(await decide(records, services))).toEqual(["record-0"]);
    expect(metrics).toEqual(["VotesDecidedAccepted", "VotesUndecided"].slice(0, 1));
  });

  test("forwards each delivery when the same message is in it three times", async () => {
    const body = writeVote(aVote());
    const { services, outcomes } = build([decided("accepted"), decided("accepted"), decided("accepted")]);
    expect(failed(await decide([aRecord(body), aRecord(body), aRecord(body)], services))).toEqual([]);
    expect(outcomes.bodies).toHaveLength(3);
  });
});

describe("a message that cannot be read", () => {
  test("goes to the dead-letter queue unchanged, and the others are handled", async () => {
    const { services, deadLetters, outcomes } = build([decided("accepted")]);
    const response = await decide([aRecord("poison", "bad"), aRecord(writeVote(aVote()), "good")], services);
    expect(failed(response)).toEqual([]);
    expect(deadLetters.bodies).toEqual(["poison"]);
    expect(outcomes.bodies).toHaveLength(1);
  });

  test("fails when the dead-letter queue does not take it: nothing is swallowed", async () => {
    const { services, deadLetters } = build([decided("accepted")]);
    deadLetters.refuses = () => true;
    const records = [aRecord("poison", "bad"), aRecord(writeVote(aVote()), "good")];
    expect(failed(await decide(records, services))).toEqual(["bad"]);
    await expect(decide([aRecord("poison", "bad")], services)).rejects.toThrow(BatchFailedError);
  });

  test("is not put aside at each delivery because the rest of its batch fails", async () => {
    const { services, deadLetters } = build(new Error("away"));
    const response = await decide([aRecord("poison", "bad"), aRecord(writeVote(aVote()), "good")], services);
    expect([failed(response), deadLetters.bodies]).toEqual([["good"], ["poison"]]);
  });
});

describe("votes with macs", () => {
  const genuine = (changes: Partial<Vote> = {}) => {
    const vote = aVote(changes);
    return { ...vote, macs: macsOf(vote) };
  };

  test("are decided, and their outcomes carry a mac that aggregate can check", async () => {
    const vote = genuine();
    const { services, outcomes, asked } = build([decided("accepted")]);
    expect(failed(await decide([aRecord(writeVote(vote))], services))).toEqual([]);
    expect(asked).toMatchObject([{ form: "open" }]);
    const outcome = readOutcome(outcomes.bodies[0] ?? "");
    const mac = makeOutcomeMac(vote, vote.macs, "accepted", KEYS.ofVersion(1).macOutcome);
    expect(outcome).toEqual({ ...vote, outcome: "accepted", outcomeMac: mac });
  });

  test.each([
    ["altered", () => ({ ...genuine(), choice: "non" as const })],
    ["with the macs of another vote", () => ({ ...aVote(), macs: genuine().macs })],
    ["of a key version that does not exist", () => ({ ...genuine(), macs: { ...genuine().macs, keyVersion: 9 } })],
  ])("that are %s ask for no claim and become dead letters that nothing sends back", async (_, make) => {
    const forged = make();
    const vote = genuine();
    const { services, outcomes, deadLetters, asked } = build([decided("accepted")]);
    const response = await decide(
      [aRecord(writeVote(forged), "forged"), aRecord(writeVote(vote), "genuine")],
      services,
    );
    expect(failed(response)).toEqual([]);
    expect(asked.map(({ voterHash }) => voterHash)).toEqual([vote.voterHash]);
    expect(outcomes.bodies).toHaveLength(1);
    expect(deadLetters.bodies.map(readRefused)).toEqual([{ refused: "forged", body: writeVote(forged) }]);
  });

  test("that are not of their law's form become dead letters that nothing sends back", async () => {
    const vote = aVote();
    const { services, outcomes, deadLetters } = build([{ kind: "refused", why: "other_form" }]);
    expect(failed(await decide([aRecord(writeVote(vote))], services))).toEqual([]);
    expect(outcomes.bodies).toEqual([]);
    expect(deadLetters.bodies.map(readRefused)).toEqual([{ refused: "other_form", body: writeVote(vote) }]);
  });

  test("that are refused come again when the dead-letter queue does not take them", async () => {
    const { services, deadLetters } = build([]);
    deadLetters.refuses = () => true;
    const forged = { ...genuine(), choice: "non" as const };
    await expect(decide([aRecord(writeVote(forged), "forged")], services)).rejects.toThrow(BatchFailedError);
  });
});
