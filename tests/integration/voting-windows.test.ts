import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LawChanges } from "../../operations/law-book/law-book.ts";
import { lawTimingOf, soonestMoment } from "../../operations/law-book/timing.ts";
import { changeLaw } from "../../operations/laws/change.ts";
import { changeWindow } from "../../operations/laws/change-window.ts";
import { setFrozen } from "../../operations/laws/freeze.ts";
import { closeLaw } from "../../operations/laws/window.ts";
import type { Law } from "../../shared/domain/law.ts";
import { issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { writeVote } from "../../shared/messages/queue.ts";
import { closeForAll } from "../support/close-law.ts";
import { buildTestEnvironment, type TestEnvironment } from "../support/environment.ts";
import { putOn } from "../support/queues.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

const HOUR_MS = 3_600_000;
const fromNow = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

async function lawOf(lawId: string): Promise<Law> {
  const law = await env.target.laws.get(lawId);
  if (law === undefined) throw new Error(`no law ${lawId}`);
  return law;
}

/** Moves a law's window after its roll was loaded, which may take a moment. */
async function change(lawId: string, window: LawChanges): Promise<void> {
  await changeLaw(env.target.laws, lawId, () => window);
}

describe.concurrent("a law's window", () => {
  test("answers 409 with the window before it opens", async () => {
    const opens = fromNow(HOUR_MS);
    const closes = fromNow(2 * HOUR_MS);
    const { lawId, voters } = await env.newLaw(1, { opens, closes });
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(answer.status).toBe(409);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.json).toMatchObject({ law_id: lawId, opens_at: opens, closes_at: closes, status: 409 });
  });

  test("answers 409 with the window after it has closed", async () => {
    const closes = fromNow(-HOUR_MS);
    const { lawId, voters } = await env.newLaw(1, { opens: fromNow(-2 * HOUR_MS), closes });
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(answer.status).toBe(409);
    expect(answer.json).toMatchObject({ closes_at: closes });
  });

  test("opens without a command at its time", async () => {
    const { lawId, voters } = await env.newLaw(1, { opens: fromNow(HOUR_MS) });
    await change(lawId, { opensAt: fromNow(4_000) });
    const early = await env.api.vote({ lawId, voter: voters[0] });
    expect(early.status).toBe(409);
    let answer = early;
    await env.until("the law opens", async () => {
      answer = await env.api.vote({ lawId, voter: voters[0] });
      return answer.status === 202;
    });
    expect(Date.parse(answer.field("accepted_at"))).toBeGreaterThanOrEqual(Date.parse(early.field("opens_at")));
    expect(await env.decided([answer])).toEqual(["counted"]);
  });

  test("closes without a command at its time; votes accepted before then count", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const closes = fromNow(4_000);
    await change(lawId, { closesAt: closes });
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(answer.status).toBe(202);
    await env.until("the law closes", async () => (await env.api.vote({ lawId, voter: voters[0] })).status === 409);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(closes));
    expect(await env.decided([answer])).toEqual(["counted"]);
  });
});

describe.concurrent("a law whose end is moved", () => {
  test("to a later one takes votes until then, and the ledger is clean", async () => {
    const { lawId, voters } = await env.newLaw(2);
    const timing = lawTimingOf(env.target);
    const end = new Date(soonestMoment(timing, new Date()).getTime() + 2_000);
    await change(lawId, { closesAt: end.toISOString() });
    const later = new Date(end.getTime() + HOUR_MS);
    const { inForceAt } = await changeWindow(env.target.laws, timing, lawId, {
      at: later,
      decide: (law, moment, at) => closeLaw(law, moment, { at }),
    });
    expect(inForceAt).toEqual(end);
    await env.until("the end before it is over", () => Promise.resolve(Date.now() > end.getTime()));
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(answer.field("accepted_at") > end.toISOString()).toBe(true);
    expect(await env.decided([answer])).toEqual(["counted"]);
    await env.checkLedger();
  });
});

describe.concurrent("the time of acceptance decides", () => {
  test("a vote that was accepted in time and is processed after the law closed is counted", async () => {
    const closes = fromNow(-HOUR_MS);
    const { lawId, voters } = await env.newLaw(1, { opens: fromNow(-2 * HOUR_MS), closes });
    const keys = await env.target.keys();
    const law = await lawOf(lawId);
    const acceptedAt = new Date(Date.parse(closes) - 1);
    const { nas, code } = voters[0];
    const { requestIdMac } = (await env.target.requestIdKeys()).ofVersion(law.keyVersion);
    const requestId = issueRequestId(
      uuidV7(acceptedAt.getTime(), crypto.getRandomValues(new Uint8Array(10))),
      lawId,
      law.keyVersion,
      requestIdMac,
    );
    const hash = voterHash(nas, code, lawId, keys.pepper(law.pepperId)).toString("hex");
    await putOn(env.target, "votes", [
      writeVote({
        requestId,
        lawId,
        voterHash: hash,
        choice: "non",
        acceptedAt: acceptedAt.toISOString(),
        pepperId: law.pepperId,
      }),
    ]);
    await env.until("it is counted", async () => (await env.api.receipt(requestId)).json.status === "counted");
    expect((await env.api.results(lawId)).json).toMatchObject({ non_count: 1 });
  });

  test("a law that is closed while votes are queued counts them all and takes no more", async () => {
    const { lawId, voters } = await env.newLaw(20);
    const answers = await Promise.all(voters.map((voter) => env.api.vote({ lawId, voter })));
    await closeForAll(env, lawId);
    expect(new Set(await env.decided(answers))).toEqual(new Set(["counted"]));
    await env.until("the law closes", async () => (await env.api.vote({ lawId, voter: voters[0] })).status === 409);
  });
});

describe.concurrent("freezing", () => {
  test("stops a law at once, and unfreezing lets it go on", async () => {
    const { lawId, voters } = await env.newLaw(1);
    expect((await env.api.vote({ lawId, voter: voters[0] })).status).toBe(202);
    await setFrozen(env.target, lawId, true);
    const refused = await env.api.vote({ lawId, voter: voters[0] });
    expect([refused.status, refused.field("detail")]).toEqual([409, expect.stringContaining("suspended")]);
    await setFrozen(env.target, lawId, false);
    // In force once ingest reads the law again, which it does after the lifetime of its cache.
    let answer = await env.api.vote({ lawId, voter: voters[0] });
    await env.until("votes are taken again", async () => {
      if (answer.status === 409) answer = await env.api.vote({ lawId, voter: voters[0] });
      return answer.status === 202;
    });
    expect(await env.decided([answer])).toEqual(["duplicate"]);
  });
});
