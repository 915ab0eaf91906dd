import { afterAll, beforeAll, expect, test } from "vitest";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { writeLaw } from "../../support/write-law.ts";
import { bodyOf, CONTEXT, request, startFunctionTarget } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";

let stack: TestTarget;
let ingest: typeof import("../../../functions/ingest/index.ts").handler;
let receipt: typeof import("../../../functions/receipt/index.ts").handler;

beforeAll(async () => {
  stack = await startFunctionTarget();
  ({ handler: ingest } = await import("../../../functions/ingest/index.ts"));
  ({ handler: receipt } = await import("../../../functions/receipt/index.ts"));
  await addReadyLaw(stack.target, { lawId: "BEFORE", title: "A law from before the rotation" });
});
afterAll(() => stack?.stop());

function vote(lawId: string) {
  const body = JSON.stringify({ nas: "123456782", code: "CODE1000", law_id: lawId, vote: "oui" });
  const headers = { "content-type": "application/json", "idempotency-key": "one-submission" };
  return ingest(request("POST", "/api/v1/vote", { body, headers }), CONTEXT);
}

function receiptOf(requestId: unknown) {
  const id = String(requestId);
  return receipt(request("GET", `/api/v1/votes/${id}`, { parameters: { request_id: id } }), CONTEXT);
}

test("after a rotation of the keys warm functions serve laws of both versions", async () => {
  const first = await vote("BEFORE");
  expect(first).toMatchObject({ statusCode: 202 });
  const before = bodyOf(first);
  expect((await receiptOf(before.request_id)).statusCode).toBe(200);

  stack.rotateKeys();
  const law = await stack.target.laws.get("BEFORE");
  if (law === undefined) throw new Error("the law of this test is gone");
  await writeLaw(stack.target, { ...law, lawId: "AFTER", keyVersion: 2, pepperId: "2" });

  const answer = await vote("AFTER");
  expect(answer.statusCode).toBe(202);
  const { statusCode, body } = await receiptOf(bodyOf(answer).request_id);
  expect([statusCode, JSON.parse(body)]).toEqual([
    200,
    expect.objectContaining({ law_id: "AFTER", status: "received" }),
  ]);
  // The old law keeps its keys: the same submission has the same id.
  expect(bodyOf(await vote("BEFORE")).request_id).toBe(before.request_id);
});
