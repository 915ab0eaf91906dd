import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readSaved } from "../../../client/verify/index.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { existingLaws } from "../../../operations/laws/existing-laws.ts";
import { queueDepths } from "../../../operations/queues/depths.ts";
import { makeMacs } from "../../../shared/domain/message-macs.ts";
import { issueRequestId, uuidV7 } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { certifyLaw } from "../../../shared/messages/operators/conclusion.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { type ConcludedStack, concludedStack } from "../../support/conclusion/concluded-stack.ts";
import { failing, type Insider, insiderOf } from "../../support/conclusion/insider.ts";
import type { Voter } from "../../support/environment.ts";
import { aPromise } from "../../support/factories.ts";
import { runCommand } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";

// Somebody who may receive from the queues and send to them, on a law with a form and a log, from the votes to what is
// certified and what verification says. Each test goes on where the one before it has ended.

vi.setConfig({ testTimeout: limitOf(180), hookTimeout: limitOf(240) });

const LAW = `QUEUES-${randomBytes(4).toString("hex")}`;
const QUEUES = ["votes", "outcomes"] as const;
const DONE = ["altered", "deleted", "replayed"] as const;

let stack: ConcludedStack;
let insider: Insider;
let voters: readonly Voter[];
let bundle: string;
/** What the API has answered to each voter whose message somebody takes off a queue, and the message. */
const cast = new Map<string, { readonly requestId: string; readonly receipt: string; readonly body: string }>();
const castOf = (done: string) => {
  const found = cast.get(done);
  if (found === undefined) throw new Error(`nothing was ${done}`);
  return found;
};

beforeAll(async () => {
  stack = await concludedStack();
  insider = insiderOf(stack.env);
  voters = await stack.ready(LAW, "open", QUEUES.length * DONE.length + 2);
});
afterAll(() => stack?.stop());

/** Votes, takes each message off a queue, and does something to it. */
async function tamper(queue: (typeof QUEUES)[number], some: readonly Voter[]): Promise<void> {
  await insider.whileHeld(queue, async () => {
    for (const [at, done] of DONE.entries()) {
      const voter = some[at];
      if (voter === undefined) throw new Error("too few voters");
      const answer = await stack.env.api.vote({ lawId: LAW, voter, vote: "oui" });
      expect(answer.status).toBe(202);
      const requestId = answer.field("request_id");
      const body = await insider.taken(queue, requestId);
      cast.set(`${done} ${queue}`, { requestId, receipt: answer.text, body });
      if (done === "altered") await putOn(stack.env.target, queue, [body.replace('"oui"', '"non"')]);
      if (done === "replayed") await putOn(stack.env.target, queue, [body, body]);
    }
  });
}

/** A vote of somebody who has not voted, as ingest would make it, with a promise of the forger's. */
async function forged(voter: Voter, hasKeys: boolean): Promise<string> {
  const { target } = stack.env;
  const [law] = await existingLaws(target, [LAW]);
  const { requestIdMac } = (await target.requestIdKeys()).ofVersion(1);
  const hash = voterHash(voter.nas, voter.code, LAW, (await target.keys()).pepper(law?.pepperId)).toString("hex");
  const requestId = issueRequestId(uuidV7(Date.now(), randomBytes(10)), LAW, 1, requestIdMac);
  const vote = {
    ...{ requestId, lawId: LAW, voterHash: hash, choice: "oui" as const, acceptedAt: new Date().toISOString() },
    ...(law?.pepperId === undefined ? {} : { pepperId: law.pepperId }),
  };
  const keys = (await insider.stolen("macValidate", "macRecord")).ofVersion(1);
  const macs = makeMacs(vote, aPromise(vote, law?.origin), 1, keys);
  return writeVote({ ...vote, macs: hasKeys ? macs : { ...macs, validate: macs.record } });
}

describe("messages of a law with a log", () => {
  test("are altered, deleted, replayed and forged on the votes queue", async () => {
    await tamper("votes", voters.slice(0, DONE.length));
    const [abstainer, other] = voters.slice(-2);
    if (abstainer === undefined || other === undefined) throw new Error("too few voters");
    await putOn(stack.env.target, "votes", [await forged(abstainer, true), await forged(other, false)]);
  });

  test("are altered, deleted, replayed and forged on the outcomes queue", async () => {
    await tamper("outcomes", voters.slice(DONE.length, 2 * DONE.length));
    const [, other] = voters.slice(-2);
    if (other === undefined) throw new Error("too few voters");
    const outcome = { ...JSON.parse(await forged(other, true)), outcome: "accepted", mac_outcome: "A".repeat(43) };
    await putOn(stack.env.target, "outcomes", [JSON.stringify(outcome)]);
  });

  test("are refused where they are not genuine, and replayed ones change nothing", async () => {
    const { env } = stack;
    await env.until("what is not genuine is a dead letter", async () => {
      const { votesDeadLetters, outcomesDeadLetters } = await queueDepths(env.target);
      return votesDeadLetters === 2 && outcomesDeadLetters === 2;
    });
    for (const queue of QUEUES) {
      const { requestId, body } = castOf(`replayed ${queue}`);
      await env.until("it is counted", async () => (await env.api.receipt(requestId)).field("status") === "counted");
      await putOn(env.target, queue, [body]);
    }
    await env.until("the queues are empty", async () => {
      const { votes, outcomes } = await queueDepths(env.target);
      return votes + outcomes === 0;
    });
    const { rows } = await env.target.pool.query(
      "select status, count(*)::int as n from vote_audit where law_id = $1 group by status",
      [LAW],
    );
    // Two were replayed, and one was forged by somebody who has the keys of the macs.
    expect(rows).toEqual([{ status: "counted", n: 3 }]);
    for (const queue of QUEUES) {
      for (const done of ["altered", "deleted"]) {
        expect((await env.api.receipt(castOf(`${done} ${queue}`).requestId)).field("status")).toBe("received");
      }
    }
  });

  test("keep the law from being counted until what was refused is set aside, and their claims are gone", async () => {
    await stack.close(LAW);
    await expect(stack.count(LAW)).rejects.toThrow(/dead letter/);
    for (const queue of QUEUES) {
      const { stdout } = await stack.typed("set-aside", queue, "--json");
      const { unreadable } = JSON.parse(stdout);
      expect(unreadable).toHaveLength(2);
      for (const { fingerprint } of unreadable) {
        const args = ["set-aside", queue, fingerprint, "--reason", "refused by its mac", "--yes"];
        expect(await stack.typed(...args)).toMatchObject({ code: 0 });
      }
    }
    // What was decided before it was deleted or altered has left its claim. A rebuild takes such claims away.
    await expect(stack.count(LAW)).rejects.toThrow(/2 voters are claimed in Redis and not counted/);
    expect(await stack.typed("rebuild-roll", LAW)).toMatchObject({ code: 0 });
    expect(await stack.count(LAW)).toMatchObject({ count: { oui: 3, non: 0 } });
    await stack.done(certifyLaw, { law_id: LAW });
    bundle = stack.at("bundle");
    const published = await stack.typed("publish", LAW, "--to", bundle, "--yes");
    expect(published, published.stderr).toMatchObject({ code: 0 });
  });

  test("are certified with what was set aside, and the forged vote is found without any key", async () => {
    const certificate = JSON.parse((await readFile(join(bundle, "certificate"), "utf8")).split("\n")[0] ?? "");
    expect(certificate.set_aside).toHaveLength(4);
    expect(await failing(bundle)).toEqual(["2.10"]);
  });

  test.each(QUEUES)(
    "that were deleted from the %s queue are proven by their voter, to others as well",
    async (queue) => {
      const receipt = stack.at(`receipt-${queue}.json`);
      await writeFile(receipt, castOf(`deleted ${queue}`).receipt);
      const proof = stack.at(`proof-${queue}.json`);
      const verified = await runCommand("verify", [bundle, "--promise", receipt, "--proof", proof, "--json"]);
      expect(verified.code).toBe(1);
      const { checks } = JSON.parse(verified.stdout);
      expect(checks.find(({ id }: { id: string }) => id === "2.13")).toMatchObject({
        outcome: "fails",
        findings: [{ code: "promise_broken" }],
      });
      const others = readSaved(await readFile(proof, "utf8"));
      expect(await failing(bundle, { promise: others })).toEqual(["2.10", "2.13"]);
    },
  );

  test("that were altered broke their promises, and those of replayed ones are kept", async () => {
    for (const queue of QUEUES) {
      const saved = (done: string) => ({ promise: readSaved(castOf(`${done} ${queue}`).receipt) });
      expect(await failing(bundle, saved("altered"))).toEqual(["2.10", "2.13"]);
      expect(await failing(bundle, saved("replayed"))).toEqual(["2.10"]);
    }
  });
});
