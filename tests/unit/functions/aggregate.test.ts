import { describe, expect, test } from "vitest";
import { type AggregateServices, record } from "../../../functions/aggregate/record.ts";
import { makeOutcomeMac } from "../../../shared/domain/message-macs.ts";
import type { Outcome } from "../../../shared/domain/outcome.ts";
import { type DecidedVote, readRefused, writeOutcome } from "../../../shared/messages/queue.ts";
import { BatchFailedError } from "../../../shared/runtime/batch.ts";
import type { SubmissionEntry } from "../../../shared/runtime/submissions.ts";
import type { RecordedOutcome } from "../../../shared/stores/outcomes.ts";
import {
  aRecord,
  aVote,
  KEY_SOURCE,
  KEYS,
  LAW_ID,
  MemoryQueue,
  MemoryReceipts,
  macsOf,
} from "../../support/factories.ts";

/** Of laws that the database does not know. */
const NO_FORMS = async () => new Map();

/** A database that counts everything, unless it refuses a vote's data or is away. */
function build(trouble: (votes: readonly DecidedVote[]) => Error | undefined = () => undefined) {
  const deadLetters = new MemoryQueue();
  const receipts = new MemoryReceipts();
  const batches: number[] = [];
  const errors: unknown[] = [];
  const metrics: string[] = [];
  const told: SubmissionEntry[] = [];
  const pauses: number[] = [];
  const services: AggregateServices = {
    keys: KEY_SOURCE,
    now: () => 0,
    pause: async (milliseconds) => pauses.push(milliseconds),
    outcomes: {
      formsOf: NO_FORMS,
      async record(votes) {
        batches.push(votes.length);
        const error = trouble(votes);
        if (error !== undefined) throw error;
        return votes.map(counted);
      },
    },
    receipts,
    deadLetters,
    onError: (error) => errors.push(error),
    onRecorded: (entries) => metrics.push(...entries.map(({ metric }) => metric)),
    onBatch: (entries) => told.push(...entries),
  };
  return { services, deadLetters, receipts, batches, errors, metrics, told, pauses };
}

function counted(vote: DecidedVote): RecordedOutcome {
  const { requestId, lawId, acceptedAt } = vote;
  return { requestId, lawId, status: "counted", acceptedAt, updatedAt: acceptedAt };
}

const refusal = (code: string) => Object.assign(new Error("no"), { code });
const bodies = (count: number) =>
  Array.from({ length: count }, () => {
    const vote = aVote();
    return { requestId: vote.requestId, body: writeOutcome(vote, "accepted") };
  });
const failed = (response: { batchItemFailures: { itemIdentifier: string }[] }) =>
  response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);

describe("a batch of outcomes", () => {
  test("is recorded in one transaction; then its receipts are written", async () => {
    const votes = bodies(3);
    const { services, batches, receipts, metrics, told } = build();
    expect(
      failed(
        await record(
          votes.map(({ body }) => aRecord(body)),
          services,
        ),
      ),
    ).toEqual([]);
    expect(batches).toEqual([3]);
    expect([...receipts.written.keys()]).toEqual(votes.map(({ requestId }) => requestId));
    expect(metrics).toEqual(["VotesCounted", "VotesCounted", "VotesCounted"]);
    expect(told).toEqual(votes.map(({ requestId }) => ({ requestId, outcome: "counted" })));
  });

  test("that is empty sends nothing", async () => {
    const { services, batches } = build();
    expect(failed(await record([], services))).toEqual([]);
    expect(batches).toEqual([]);
  });

  test("with a message three times records it once and acknowledges all three", async () => {
    const [vote = { requestId: "", body: "" }] = bodies(1);
    const { services, batches } = build();
    expect(failed(await record([aRecord(vote.body), aRecord(vote.body), aRecord(vote.body)], services))).toEqual([]);
    expect(batches).toEqual([1]);
  });

  test("fails every delivery of a message if its receipt was not written", async () => {
    const [one = { requestId: "", body: "" }, two = { requestId: "", body: "" }] = bodies(2);
    const { services, receipts } = build();
    receipts.refuses = (requestId) => requestId === one.requestId;
    const records = [aRecord(one.body, "a"), aRecord(two.body, "b"), aRecord(one.body, "c")];
    expect(failed(await record(records, services))).toEqual(["a", "c"]);
  });

  test.each([
    ["the connection broke", new Error("Connection terminated")],
    ["the server is shutting down", refusal("57P01")],
    ["it deadlocked", refusal("40P01")],
  ])("fails as a whole, at the first try, when %s", async (_, error) => {
    const { services, batches, errors, receipts } = build(() => error);
    const records = bodies(4).map(({ body }, index) => aRecord(body, String(index)));
    await expect(record(records, services)).rejects.toThrow(BatchFailedError);
    expect([batches, errors.length, receipts.written.size]).toEqual([[4], 1, 0]);
  });

  test.each(["22P02", "23514"])("with one vote that the database refuses (%s) fails only that vote", async (code) => {
    const votes = bodies(7);
    const poison = votes[4]?.requestId ?? "";
    const { services, receipts } = build((batch) =>
      batch.some((vote) => vote.requestId === poison) ? refusal(code) : undefined,
    );
    const records = votes.map(({ body }, index) => aRecord(body, String(index)));
    expect(failed(await record(records, services))).toEqual(["4"]);
    expect(receipts.written.size).toBe(6);
  });

  test("fails when none of its receipts was written", async () => {
    const { services, receipts } = build();
    receipts.refuses = () => true;
    const records = bodies(2).map(({ body }, index) => aRecord(body, String(index)));
    await expect(record(records, services)).rejects.toThrow("nothing of a batch of 2 was done");
  });

  test("waits whole without an error when the database answers for none of it", async () => {
    const { services } = build();
    const silent = { ...services, outcomes: { formsOf: NO_FORMS, record: async () => [] } };
    const records = bodies(2).map(({ body }, index) => aRecord(body, String(index)));
    expect(failed(await record(records, silent))).toEqual(["0", "1"]);
  });

  test("fails votes without an answer of the database", async () => {
    const votes = bodies(2);
    const { services } = build();
    const half = {
      ...services,
      outcomes: { formsOf: NO_FORMS, record: async (all: readonly DecidedVote[]) => all.slice(1).map(counted) },
    };
    expect(
      failed(
        await record(
          votes.map(({ body }, index) => aRecord(body, String(index))),
          half,
        ),
      ),
    ).toEqual(["0"]);
  });
});

describe("a duplicate of a voter without participation", () => {
  /** A database in which the first votes of duplicates come after this many transactions; with figures of the clock. */
  function waitingFor(transactions: number, clock: readonly number[] = []) {
    const built = build();
    const times = [...clock];
    const asked: string[][] = [];
    const services: AggregateServices = {
      ...built.services,
      now: () => times.shift() ?? 0,
      outcomes: {
        formsOf: NO_FORMS,
        async record(votes) {
          asked.push(votes.map(({ outcome }) => outcome));
          const isThere = asked.length > transactions;
          return votes
            .filter(({ outcome }) => outcome !== "duplicate" || isThere)
            .map((vote) => ({ ...counted(vote), status: vote.outcome === "duplicate" ? "duplicate" : "counted" }));
        },
      },
    };
    return { ...built, services, asked };
  }
  const messages = () => [writeOutcome(aVote(), "duplicate"), writeOutcome(aVote(), "accepted")];
  const received = (body: string, messageId: string, times: number) => {
    const delivery = aRecord(body, messageId);
    return { ...delivery, attributes: { ...delivery.attributes, ApproximateReceiveCount: String(times) } };
  };

  test("is tried once more a moment later, alone, after the receipts of the others are written", async () => {
    const { services, asked, receipts, told } = waitingFor(1);
    const written: number[] = [];
    const pause = async () => written.push(receipts.written.size);
    const [duplicate = "", accepted = ""] = messages();
    const response = await record([aRecord(duplicate), aRecord(accepted)], { ...services, pause });
    expect(failed(response)).toEqual([]);
    expect(asked).toEqual([["duplicate", "accepted"], ["duplicate"]]);
    expect(written).toEqual([1]);
    expect(told.map(({ outcome }) => outcome)).toEqual(["duplicate", "counted"]);
  });

  test("fails and waits in its queue when it still has none; nothing is written of it", async () => {
    const { services, asked, receipts, metrics, told, pauses, deadLetters } = waitingFor(9);
    const [duplicate = "", accepted = ""] = messages();
    expect(failed(await record([aRecord(duplicate, "d"), aRecord(accepted, "a")], services))).toEqual(["d"]);
    expect([asked.length, receipts.written.size, metrics, pauses]).toEqual([2, 1, ["VotesCounted"], [500]]);
    expect(told.map(({ outcome }) => outcome)).toEqual(["unrecorded", "counted"]);
    expect(deadLetters.bodies).toEqual([]);
  });

  test("is not tried again by a function that a slow database has held up", async () => {
    const { services, asked } = waitingFor(1, [0, 1_500]);
    expect(failed(await record([aRecord(messages()[0] ?? "", "d")], services))).toEqual(["d"]);
    expect(asked).toHaveLength(1);
  });

  test("is put on the dead-letter queue as it is at the fourth delivery, so that somebody hears of it", async () => {
    const [third = "", fourth = ""] = [writeOutcome(aVote(), "duplicate"), writeOutcome(aVote(), "duplicate")];
    const { services, deadLetters } = waitingFor(9);
    expect(failed(await record([received(third, "3", 3), received(fourth, "4", 4)], services))).toEqual(["3"]);
    expect(deadLetters.bodies).toEqual([fourth]);
  });

  test("fails when the dead-letter queue does not take it", async () => {
    const { services, deadLetters } = waitingFor(9);
    deadLetters.refuses = () => true;
    expect(failed(await record([received(messages()[0] ?? "", "4", 4)], services))).toEqual(["4"]);
  });

  test("is left in its queue when the database is away: it may be recorded as soon as that is back", async () => {
    const { services, deadLetters, pauses } = build(() => new Error("Connection terminated"));
    await expect(record([received(messages()[0] ?? "", "4", 4)], services)).rejects.toThrow(BatchFailedError);
    expect([deadLetters.bodies, pauses]).toEqual([[], []]);
  });
});

describe("a message that cannot be read", () => {
  test("goes to the dead-letter queue unchanged, and the others are handled", async () => {
    const [vote = { requestId: "", body: "" }] = bodies(1);
    const { services, deadLetters, receipts } = build();
    expect(failed(await record([aRecord("poison"), aRecord(vote.body)], services))).toEqual([]);
    expect([deadLetters.bodies, receipts.written.size]).toEqual([["poison"], 1]);
  });

  test("fails when the dead-letter queue does not take it", async () => {
    const [vote = { requestId: "", body: "" }] = bodies(1);
    const { services, deadLetters } = build();
    deadLetters.refuses = () => true;
    expect(failed(await record([aRecord("poison", "bad"), aRecord(vote.body, "good")], services))).toEqual(["bad"]);
    await expect(record([aRecord("poison", "bad")], services)).rejects.toThrow(BatchFailedError);
  });

  test("is not put aside at each delivery because the rest of its batch fails", async () => {
    const [vote = { requestId: "", body: "" }] = bodies(1);
    const { services, deadLetters } = build(() => new Error("Connection terminated"));
    const response = await record([aRecord("poison", "bad"), aRecord(vote.body, "good")], services);
    expect([failed(response), deadLetters.bodies]).toEqual([["good"], ["poison"]]);
  });
});

describe("outcomes with macs", () => {
  const genuine = (outcome: Outcome = "accepted") => {
    const vote = aVote();
    const macs = macsOf(vote);
    const outcomeMac = makeOutcomeMac(vote, macs, outcome, KEYS.ofVersion(1).macOutcome);
    return { vote: { ...vote, macs }, outcomeMac };
  };
  const ofForm = (form: "open" | "sealed" | undefined) => {
    const built = build();
    const outcomes = { ...built.services.outcomes, formsOf: async () => new Map([[LAW_ID, form]]) };
    return { ...built, services: { ...built.services, outcomes } };
  };

  test("are recorded in a law of their form", async () => {
    const { vote, outcomeMac } = genuine();
    const { services, batches, deadLetters } = ofForm("open");
    expect(failed(await record([aRecord(writeOutcome(vote, "accepted", outcomeMac))], services))).toEqual([]);
    expect([batches, deadLetters.bodies]).toEqual([[1], []]);
  });

  const one = genuine();
  const other = genuine();
  test.each([
    ["with another choice", writeOutcome({ ...one.vote, choice: "non" }, "accepted", one.outcomeMac)],
    ["with another outcome", writeOutcome(one.vote, "duplicate", one.outcomeMac)],
    ["with the macs of another vote", writeOutcome({ ...one.vote, macs: other.vote.macs }, "accepted", one.outcomeMac)],
    [
      "that only validate vouches for",
      (() => {
        const macs = { ...one.vote.macs, record: "A".repeat(43) };
        const mac = makeOutcomeMac(one.vote, macs, "accepted", KEYS.ofVersion(1).macOutcome);
        return writeOutcome({ ...one.vote, macs }, "accepted", mac);
      })(),
    ],
  ])("%s are never recorded, and become dead letters that nothing sends back", async (_, body) => {
    const { services, batches, deadLetters } = ofForm("open");
    expect(failed(await record([aRecord(body)], services))).toEqual([]);
    expect(batches).toEqual([]);
    expect(deadLetters.bodies.map(readRefused)).toEqual([{ refused: "forged", body }]);
  });

  test.each([
    ["without macs in a law with a form", "open" as const, writeOutcome(aVote(), "accepted")],
    ["of an open law in a sealed one", "sealed" as const, writeOutcome(one.vote, "accepted", one.outcomeMac)],
    ["with macs in a law without a form", undefined, writeOutcome(one.vote, "accepted", one.outcomeMac)],
  ])("%s are never recorded", async (_, form, body) => {
    const { services, batches, deadLetters } = ofForm(form);
    expect(failed(await record([aRecord(body)], services))).toEqual([]);
    expect(batches).toEqual([]);
    expect(deadLetters.bodies.map(readRefused)).toEqual([{ refused: "other_form", body }]);
  });

  /** Two envelopes of one submission, as outcomes. */
  function twoEnvelopes() {
    const [mine, other] = [aVote(), aVote()];
    const envelopes = [1, 2].map((fill) => Buffer.concat([Uint8Array.of(1), Buffer.alloc(58, fill)]));
    return envelopes.map((bytes, index) => {
      const { choice: _, ...rest } = { ...mine, acceptedAt: index === 0 ? mine.acceptedAt : other.acceptedAt };
      const vote = { ...rest, sealed: bytes.toString("base64url") };
      const macs = macsOf(vote);
      const mac = makeOutcomeMac(vote, macs, "accepted", KEYS.ofVersion(1).macOutcome);
      return aRecord(writeOutcome({ ...vote, macs }, "accepted", mac), `envelope ${index}`);
    });
  }

  test("of one submission with two envelopes are recorded one after the other", async () => {
    const { services, batches } = ofForm("sealed");
    expect(failed(await record(twoEnvelopes(), services))).toEqual([]);
    expect(batches).toEqual([1, 1]);
  });

  test("of one submission come again together when its second envelope could not be noted", async () => {
    const built = ofForm("sealed");
    let calls = 0;
    const outcomes = {
      ...built.services.outcomes,
      record: async (votes: readonly DecidedVote[]) => {
        if (++calls === 2) throw refusal("08006");
        return votes.map(counted);
      },
    };
    const [good] = bodies(1);
    const noForm = { ...outcomes, formsOf: async () => new Map([[LAW_ID, "sealed" as const]]) };
    await expect(record(twoEnvelopes(), { ...built.services, outcomes: noForm })).rejects.toThrow(BatchFailedError);
    calls = 0;
    const unknown = { ...outcomes, formsOf: NO_FORMS };
    const records = [...twoEnvelopes(), aRecord(good?.body ?? "", "good")];
    expect(failed(await record(records, { ...built.services, outcomes: unknown }))).toEqual([
      "envelope 0",
      "envelope 1",
    ]);
  });

  test("of a law that PostgreSQL does not know wait: a restore may have taken it away", async () => {
    const { services, deadLetters } = build(() => undefined);
    const silent = { ...services, outcomes: { formsOf: NO_FORMS, record: async () => [] } };
    expect(failed(await record([aRecord(writeOutcome(one.vote, "accepted", one.outcomeMac), "a")], silent))).toEqual([
      "a",
    ]);
    expect(deadLetters.bodies).toEqual([]);
  });
});
