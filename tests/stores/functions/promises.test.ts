import { Readable } from "node:stream";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { checkPromise, type PromiseKey } from "../../../client/index.ts";
import { changeLaw } from "../../../operations/laws/change.ts";
import { changePromiseKey } from "../../../operations/laws/promise-key.ts";
import { closeLaw } from "../../../operations/laws/window.ts";
import type { LawForm } from "../../../shared/domain/law.ts";
import { envelopeSha256, promiseBytes } from "../../../shared/domain/promise.ts";
import { readVote } from "../../../shared/messages/queue.ts";
import { PublicLaw, VoteAccepted } from "../../../shared/messages/responses.ts";
import { addLawOfForm } from "../../support/add-law-of-form.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { batch, bodyOf, CONTEXT, request, startFunctionTarget } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";

let stack: TestTarget;
let call: {
  ingest: typeof import("../../../functions/ingest/index.ts").handler;
  validate: typeof import("../../../functions/validate/index.ts").handler;
  aggregate: typeof import("../../../functions/aggregate/index.ts").handler;
  laws: typeof import("../../../functions/laws/index.ts").handler;
};
const LAWS = { open: "OPEN", sealed: "SEALED" } as const;

beforeAll(async () => {
  stack = await startFunctionTarget();
  const [ingest, validate, aggregate, laws] = await Promise.all([
    import("../../../functions/ingest/index.ts"),
    import("../../../functions/validate/index.ts"),
    import("../../../functions/aggregate/index.ts"),
    import("../../../functions/laws/index.ts"),
  ]);
  call = { ingest: ingest.handler, validate: validate.handler, aggregate: aggregate.handler, laws: laws.handler };
  for (const form of ["open", "sealed"] as const) {
    await addLawOfForm(stack.target, LAWS[form], form);
    const lines = Array.from({ length: 20 }, (_, index) => `${100_000_000 + index},CODE${1000 + index}\n`);
    await loadAndSeal(stack.target, LAWS[form], Readable.from(lines));
  }
});
afterAll(() => stack?.stop());

async function cast(form: LawForm, voter: number, key: string, vote = "oui") {
  const body = JSON.stringify({
    ...{ nas: String(100_000_000 + voter), code: `CODE${1000 + voter}` },
    ...{ law_id: LAWS[form], vote },
  });
  const headers = { "content-type": "application/json", "idempotency-key": key };
  const answer = await call.ingest(request("POST", "/api/v1/vote", { body, headers }), CONTEXT);
  expect(answer.statusCode, answer.body).toBe(202);
  return VoteAccepted.parse(bodyOf(answer));
}

async function describedKeys(form: LawForm): Promise<NonNullable<PublicLaw["promise_keys"]>> {
  const parameters = { law_id: LAWS[form] };
  const answer = await call.laws(request("GET", `/api/v1/laws/${LAWS[form]}`, { parameters }), CONTEXT);
  return PublicLaw.parse(bodyOf(answer)).promise_keys ?? [];
}

/** Whether a client that knows these keys says that a vote is promised. */
async function isPromised(form: LawForm, { request_id, promise }: VoteAccepted, keys: readonly PromiseKey[]) {
  const { origin = "" } = (await stack.target.laws.get(LAWS[form])) ?? {};
  const about = { requestId: request_id, origin, keys, isSealed: form === "sealed", envelope: undefined };
  const checked = await checkPromise(promise, about);
  return typeof checked === "string" ? checked : checked.isChecked;
}

async function take(output: string): Promise<string[]> {
  const QueueUrl = stack.target.output(output);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await stack.target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await stack.target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/** Brings what is on the queues into the database; @returns the vote messages. */
async function count(): Promise<string[]> {
  const votes = await take("VotesQueueUrl");
  expect(await call.validate(batch(votes))).toEqual({ batchItemFailures: [] });
  expect(await call.aggregate(batch(await take("OutcomesQueueUrl")))).toEqual({ batchItemFailures: [] });
  return votes;
}

async function auditOf(requestId: string) {
  const { rows } = await stack.target.pool.query(
    "select status, promise, envelope_sha256 from vote_audit where request_id = $1",
    [requestId],
  );
  return rows[0];
}

test.each(["open", "sealed"] as const)(
  "a vote of a law that is %s is promised, and the audit keeps it",
  async (form) => {
    const accepted = await cast(form, 1, "first");
    expect(await isPromised(form, accepted, await describedKeys(form))).toBe(true);
    const [message = ""] = await count();
    const { macs, sealed } = readVote(message) ?? {};
    const audit = await auditOf(accepted.request_id);
    expect(audit).toEqual({
      status: "counted",
      promise: promiseBytes(macs?.promise ?? ""),
      envelope_sha256: sealed === undefined ? null : envelopeSha256(sealed),
    });
    expect(accepted.promise?.envelope_sha256).toBe(audit.envelope_sha256?.toString("hex"));
  },
);

test("two envelopes of one submission are both promised; one is counted, and the other one is noted", async () => {
  const accepted = [await cast("sealed", 3, "twice", "oui"), await cast("sealed", 3, "twice", "non")];
  await count();
  const requestId = accepted[0]?.request_id ?? "";
  const keys = await describedKeys("sealed");
  for (const one of accepted) expect(await isPromised("sealed", one, keys)).toBe(true);
  const { rows } = await stack.target.pool.query(
    "select encode(envelope_sha256, 'hex') as digest from repeated_submissions where request_id = $1",
    [requestId],
  );
  const audit = await auditOf(requestId);
  expect(audit.status).toBe("counted");
  expect([audit.envelope_sha256.toString("hex"), ...rows.map(({ digest }) => digest)].sort()).toEqual(
    accepted.map(({ promise }) => promise?.envelope_sha256 ?? "").sort(),
  );
});

test("after a rotation a law promises with the new key when it names it, and earlier promises stay valid", async () => {
  const [firstKey] = await describedKeys("open");
  const before = await cast("open", 4, "before");
  stack.rotateKeys();
  const meanwhile = await cast("open", 5, "meanwhile");
  expect(meanwhile.promise?.key_id, "the law has not named it").toBe(firstKey?.key_id);

  const { law, changed } = await changePromiseKey(stack.target, LAWS.open);
  expect([changed, law.promiseKeys?.map(({ version }) => version)]).toEqual([true, [1, 2]]);
  const keys = await describedKeys("open");
  const [old, fresh] = keys;
  expect(keys).toHaveLength(2);
  expect([old?.key_id, old?.until]).toEqual([firstKey?.key_id, fresh?.from]);
  const announced = await cast("open", 6, "announced");
  expect(announced.promise?.key_id, "every ingest must know first").toBe(firstKey?.key_id);

  const after = await vi.waitFor(
    async () => {
      const accepted = await cast("open", 7, "after");
      expect(accepted.promise?.key_id).toBe(fresh?.key_id);
      return accepted;
    },
    { timeout: 10_000, interval: 100 },
  );
  const again = await cast("open", 4, "before");
  expect(again.promise?.key_id).toBe(fresh?.key_id);
  expect(again.request_id).toBe(before.request_id);
  for (const one of [before, meanwhile, announced, after, again]) {
    expect(await isPromised("open", one, keys)).toBe(true);
  }
  expect(await isPromised("open", after, [firstKey ?? { key_id: "", public_key: "" }])).toBe("unknown_key");
  await count();
  const audit = await auditOf(before.request_id);
  const kept = audit.promise.subarray(0, 8).toString("hex");
  expect([firstKey?.key_id, fresh?.key_id], "either of the two that were given").toContain(kept);
  expect((await changePromiseKey(stack.target, LAWS.open)).changed).toBe(false);
});

test("a retry after the close is promised for the envelope that was recorded, and for no other", async () => {
  const accepted = await cast("sealed", 2, "in-time");
  await count();
  const now = new Date();
  await changeLaw(stack.target.laws, LAWS.sealed, (law) => closeLaw(law, { now, soonest: now }));
  expect((await cast("sealed", 2, "in-time")).promise).toEqual(accepted.promise);
  const other = await cast("sealed", 2, "in-time", "non");
  expect([other.request_id, other.promise]).toEqual([accepted.request_id, undefined]);
});
