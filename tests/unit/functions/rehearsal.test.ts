import { describe, expect, test } from "vitest";
import { accept } from "../../../functions/ingest/accept.ts";
import { handle as laws } from "../../../functions/laws/index.ts";
import { handle as receipt } from "../../../functions/receipt/index.ts";
import { type ResultsServices, handle as results } from "../../../functions/results/index.ts";
import { operatorsLaw } from "../../../operations/laws/operators-law.ts";
import {
  AllLaws,
  AllResults,
  LawResult,
  PublicLaw,
  Receipt,
  Turnout,
  VoteAccepted,
} from "../../../shared/messages/responses.ts";
import { AnswerCache } from "../../../shared/runtime/cached-answers.ts";
import {
  aBody,
  aLaw,
  anEvent,
  aRequestId,
  KEY_SOURCE,
  KEYS,
  MemoryLaws,
  MemoryQueue,
  MemoryReceipts,
  NOW_MS,
} from "../../support/factories.ts";

const cache = () => new AnswerCache(0, () => 0);

/** Every answer of the voters' API that is about a law. */
async function answersAbout(lawId: string): Promise<Readonly<Record<string, unknown>>> {
  const store = new MemoryLaws(aLaw({ lawId }));
  const now = () => NOW_MS;
  const one = anEvent({ httpMethod: "GET", pathParameters: { law_id: lawId } });
  const all = anEvent({ httpMethod: "GET", pathParameters: null });
  const forLaws = { laws: store, now, recent: cache(), lifetimeSeconds: 0 };
  const forResults: ResultsServices = {
    ...{ laws: store, now, recent: cache(), recentTurnouts: cache(), turnoutMinimum: 1, finalAfterSeconds: 0 },
    results: { published: async () => new Map(), turnout: async () => ({ eligible: 1, hours: [] }) },
  };
  const receipts = new MemoryReceipts();
  const decided = aRequestId(lawId);
  const times = { acceptedAt: "2026-03-01T12:00:00.000Z", updatedAt: "2026-03-01T12:00:00.000Z" };
  await receipts.putAll([{ requestId: decided, lawId, status: "counted", ...times }]);
  const ofReceipt = (request_id: string) =>
    receipt(anEvent({ httpMethod: "GET", pathParameters: { request_id } }), {
      keys: { holding: async () => KEYS },
      ...{ receipts, laws: store, now },
    });
  const ofVote = (nowMs: number) =>
    accept(anEvent({ body: JSON.stringify(aBody({ law_id: lawId })) }), {
      ...{
        keys: KEY_SOURCE,
        messageKeys: KEY_SOURCE,
        promiseKeys: KEY_SOURCE,
        laws: store,
        votes: new MemoryQueue(),
        receipts,
        now: () => nowMs,
      },
      ...{ randomBytes: (size) => Buffer.alloc(size), onUnconfirmed: () => undefined, onAccepted: () => undefined },
    });
  const read = async (answer: Promise<{ readonly body: string }>): Promise<unknown> => JSON.parse((await answer).body);
  const turnout = { ...one, resource: "/api/v1/turnout/{law_id}" };
  return {
    law: PublicLaw.parse(await read(laws(one, forLaws))),
    laws: AllLaws.parse(await read(laws(all, forLaws))).laws[0],
    result: LawResult.parse(await read(results(one, forResults))),
    results: AllResults.parse(await read(results(all, forResults))).results[0],
    turnout: Turnout.parse(await read(results(turnout, forResults))),
    receipt: Receipt.parse(await read(ofReceipt(decided))),
    received: Receipt.parse(await read(ofReceipt(aRequestId(lawId)))),
    accepted: VoteAccepted.parse(await read(ofVote(NOW_MS))),
    refused: await read(ofVote(0)),
  };
}

describe("the mark of a rehearsal", () => {
  test("is in every answer about it", async () => {
    const answers = await answersAbout("rehearsal-L1-0a1b2c");
    expect(Object.keys(answers)).toHaveLength(9);
    for (const [name, answer] of Object.entries(answers))
      expect([name, answer]).toMatchObject([name, { rehearsal: true }]);
  });

  test("is in no answer about another law, whatever its id resembles", async () => {
    for (const lawId of ["L2025-001", "Rehearsal-L1", "rehearsal", "a-rehearsal-1"]) {
      for (const answer of Object.values(await answersAbout(lawId))) expect(answer).not.toHaveProperty("rehearsal");
    }
  });

  test("is what operators see of a law", () => {
    expect(operatorsLaw(aLaw({ lawId: "rehearsal-L1" }), new Date(NOW_MS)).rehearsal).toBe(true);
    expect(operatorsLaw(aLaw(), new Date(NOW_MS)).rehearsal).toBe(false);
  });
});
