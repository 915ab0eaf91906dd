import { Readable } from "node:stream";
import { DeleteQueueCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeLaw } from "../../../operations/laws/change.ts";
import { closeLaw } from "../../../operations/laws/window.ts";
import { BatchFailedError } from "../../../shared/runtime/batch.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { batch, bodyOf, CONTEXT, request, startFunctionTarget, takeAll } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";

let stack: TestTarget;
type Handlers = {
  ingest: typeof import("../../../functions/ingest/index.ts").handler;
  validate: typeof import("../../../functions/validate/index.ts").handler;
  aggregate: typeof import("../../../functions/aggregate/index.ts").handler;
  results: typeof import("../../../functions/results/index.ts").handler;
  receipt: typeof import("../../../functions/receipt/index.ts").handler;
  health: typeof import("../../../functions/health/index.ts").handler;
  migrate: typeof import("../../../functions/migrate/index.ts").handler;
};
let call: Handlers;

beforeAll(async () => {
  stack = await startFunctionTarget();
  const [ingest, validate, aggregate, results, receipt, health, migrate] = await Promise.all([
    import("../../../functions/ingest/index.ts"),
    import("../../../functions/validate/index.ts"),
    import("../../../functions/aggregate/index.ts"),
    import("../../../functions/results/index.ts"),
    import("../../../functions/receipt/index.ts"),
    import("../../../functions/health/index.ts"),
    import("../../../functions/migrate/index.ts"),
  ]);
  call = {
    ingest: ingest.handler,
    validate: validate.handler,
    aggregate: aggregate.handler,
    results: results.handler,
    receipt: receipt.handler,
    health: health.handler,
    migrate: migrate.handler,
  };
  await addReadyLaw(stack.target, { lawId: "H1", title: "The law of these tests" });
  const lines = Array.from({ length: 20 }, (_, index) => `${100_000_000 + index},CODE${1000 + index}\n`);
  await loadAndSeal(stack.target, "H1", Readable.from(lines));
});
afterAll(() => stack?.stop());

function vote(voter: number, choice = "oui", headers: Record<string, string> = {}, lawId = "H1") {
  const body = JSON.stringify({
    nas: String(100_000_000 + voter),
    code: `CODE${1000 + voter}`,
    law_id: lawId,
    vote: choice,
  });
  return call.ingest(
    request("POST", "/api/v1/vote", { body, headers: { "content-type": "application/json", ...headers } }),
    CONTEXT,
  );
}

const take = (output: string) => takeAll(stack.target, output);

/** Brings what is on the votes queue to PostgreSQL. */
async function process(): Promise<void> {
  expect(await call.validate(batch(await take("VotesQueueUrl")))).toEqual({ batchItemFailures: [] });
  expect(await call.aggregate(batch(await take("OutcomesQueueUrl")))).toEqual({ batchItemFailures: [] });
}

async function receiptOf(requestId: unknown) {
  const id = String(requestId);
  return call.receipt(request("GET", `/api/v1/votes/${id}`, { parameters: { request_id: id } }), CONTEXT);
}

describe("the functions, run one after the other on real stores,", () => {
  test("carry a vote from the request to the tally and the receipt", async () => {
    const accepted = await vote(0, "non");
    expect(accepted.statusCode).toBe(202);
    const { request_id } = bodyOf(accepted);
    expect(bodyOf(await receiptOf(request_id))).toMatchObject({ status: "received", law_id: "H1" });
    await process();
    expect(bodyOf(await receiptOf(request_id))).toMatchObject({ status: "counted", law_id: "H1" });
    const results = await call.results(request("GET", "/api/v1/results/H1", { parameters: { law_id: "H1" } }), CONTEXT);
    expect(bodyOf(results)).toMatchObject({ law_id: "H1", oui_count: 0, non_count: 1, total_votes: 1 });
  });

  test("count a vote once although it is delivered three times to each stage", async () => {
    const { request_id } = bodyOf(await vote(1));
    const votes = await take("VotesQueueUrl");
    const tripled = [...votes, ...votes, ...votes];
    expect(await call.validate(batch(tripled))).toEqual({ batchItemFailures: [] });
    const outcomes = await take("OutcomesQueueUrl");
    expect(outcomes).toHaveLength(3);
    for (const outcome of outcomes) await call.aggregate(batch([outcome]));
    await call.aggregate(batch(outcomes));
    expect(bodyOf(await receiptOf(request_id)).status).toBe("counted");
    const { rows } = await stack.target.pool.query("select status from vote_audit where request_id = $1", [request_id]);
    expect(rows).toEqual([{ status: "counted" }]);
  });

  test("decide a second vote as a duplicate, which carries its choice as far as it must", async () => {
    await vote(2, "oui");
    await process();
    const { request_id } = bodyOf(await vote(2, "non"));
    await call.validate(batch(await take("VotesQueueUrl")));
    const [outcome = ""] = await take("OutcomesQueueUrl");
    expect(JSON.parse(outcome)).toMatchObject({ outcome: "duplicate", choice: "non" });
    await call.aggregate(batch([outcome]));
    expect(bodyOf(await receiptOf(request_id))).toMatchObject({ status: "duplicate", reason: "already_voted" });
  });

  test("let PostgreSQL correct a Redis that forgot the claim", async () => {
    await vote(3, "oui");
    await process();
    const keys = await stack.target.redis.keys("roll:{H1:*");
    for (const key of keys) {
      for (const field of await stack.target.redis.hkeysBuffer(key)) await stack.target.redis.hset(key, field, "");
    }
    const { request_id } = bodyOf(await vote(3, "non"));
    await process();
    expect(bodyOf(await receiptOf(request_id)).status).toBe("duplicate");
  });

  test("let PostgreSQL correct a Redis that lost the voter", async () => {
    const { request_id } = bodyOf(await vote(4, "oui"));
    const keys = await stack.target.redis.keys("roll:{H1:*");
    await stack.target.redis.del(...keys);
    await call.validate(batch(await take("VotesQueueUrl")));
    const [outcome = ""] = await take("OutcomesQueueUrl");
    expect(JSON.parse(outcome)).toMatchObject({ outcome: "invalid", choice: "oui" });
    await call.aggregate(batch([outcome]));
    expect(bodyOf(await receiptOf(request_id)).status).toBe("counted");
  });

  test("leave votes waiting while the roll is not loaded", async () => {
    await addReadyLaw(stack.target, { lawId: "H2", title: "A law without a roll" });
    await vote(5, "oui", {}, "H2");
    const votes = await take("VotesQueueUrl");
    expect(await call.validate(batch(votes))).toEqual({ batchItemFailures: [{ itemIdentifier: "message-0" }] });
    expect(await take("OutcomesQueueUrl")).toEqual([]);
    const { warnings } = bodyOf(await call.health(request("GET", "/api/v1/health"), CONTEXT));
    expect(warnings).toEqual(["the roll of H2 is not loaded"]);
  });

  test("put unreadable messages on the dead-letter queue and process the others", async () => {
    await vote(6);
    const [good = ""] = await take("VotesQueueUrl");
    expect(await call.validate(batch(["not json", good, "{}"]))).toEqual({ batchItemFailures: [] });
    expect((await take("VotesDlqUrl")).sort()).toEqual(["not json", "{}"]);
    const outcomes = await take("OutcomesQueueUrl");
    expect(await call.aggregate(batch(["poison", ...outcomes]))).toEqual({ batchItemFailures: [] });
    expect(await take("OutcomesDlqUrl")).toEqual(["poison"]);
  });

  test("fail only the outcome that PostgreSQL refuses", async () => {
    const { request_id } = bodyOf(await vote(7));
    await vote(8);
    await call.validate(batch(await take("VotesQueueUrl")));
    const outcomes = await take("OutcomesQueueUrl");
    const refused = JSON.parse(outcomes[1] ?? "{}");
    const bodies = [outcomes[0] ?? "", JSON.stringify({ ...refused, accepted_at: "0000-01-01T00:00:00Z" })];
    const { batchItemFailures } = await call.aggregate(batch(bodies));
    expect(batchItemFailures).toEqual([{ itemIdentifier: "message-1" }]);
    const first = JSON.parse(outcomes[0] ?? "{}").request_id;
    expect(bodyOf(await receiptOf(first)).status).toBe("counted");
    expect([request_id, refused.request_id]).toContain(first);
    await call.aggregate(batch([outcomes[1] ?? ""]));
  });

  test("give the same submission the same id, and answer a late retry from its receipt", async () => {
    await addReadyLaw(stack.target, { lawId: "H3", title: "A law that closes" });
    await loadAndSeal(stack.target, "H3", Readable.from(["100000009,CODE1009\n"]));
    const key = { "idempotency-key": "a-retry" };
    const first = bodyOf(await vote(9, "oui", key, "H3"));
    expect(bodyOf(await vote(9, "non", key, "H3")).request_id).toBe(first.request_id);
    await changeLaw(stack.target.laws, "H3", (law) => closeLaw(law, { now: new Date(), soonest: new Date() }));
    const early = await vote(9, "oui", key, "H3");
    expect(early.statusCode).toBe(409);
    expect(bodyOf(early)).toMatchObject({ request_id: first.request_id, law_id: "H3" });
    await process();
    const late = await vote(9, "oui", key, "H3");
    expect(late.statusCode).toBe(202);
    expect(bodyOf(late)).toMatchObject({ request_id: first.request_id, accepted_at: expect.any(String) });
    const results = await call.results(request("GET", "/api/v1/results/H3", { parameters: { law_id: "H3" } }), CONTEXT);
    expect(bodyOf(results)).toMatchObject({ oui_count: 1, non_count: 0 });
    expect((await vote(9, "oui", {}, "H3")).statusCode).toBe(409);
  });
});

describe("the reading functions", () => {
  test("results are cached by their tag", async () => {
    const event = request("GET", "/api/v1/results/H1", { parameters: { law_id: "H1" } });
    const first = await call.results(event, CONTEXT);
    const etag = String(first.headers?.etag);
    const again = request("GET", "/api/v1/results/H1", {
      parameters: { law_id: "H1" },
      headers: { "If-None-Match": etag },
    });
    expect((await call.results(again, CONTEXT)).statusCode).toBe(304);
    const all = bodyOf(await call.results(request("GET", "/api/v1/results"), CONTEXT));
    expect(all.results).toEqual(expect.arrayContaining([expect.objectContaining({ law_id: "H2", total_votes: 0 })]));
  });

  test("an unknown law and an id that was never issued are 404", async () => {
    const event = request("GET", "/api/v1/results/none", { parameters: { law_id: "none" } });
    expect((await call.results(event, CONTEXT)).statusCode).toBe(404);
    expect((await receiptOf("never")).statusCode).toBe(404);
  });

  test("health names every service", async () => {
    const answer = await call.health(request("GET", "/api/v1/health"), CONTEXT);
    expect(answer.statusCode).toBe(200);
    expect(bodyOf(answer)).toMatchObject({
      status: "healthy",
      services: { sqs: "connected", redis: "connected", postgresql: "connected", dynamodb: "connected" },
    });
  });

  test("migrating an up-to-date schema changes nothing", async () => {
    expect(await call.migrate()).toEqual({ applied: [] });
  });
});

describe("the ballots of a quiet hour", () => {
  test("hide in a crowd: no transaction has one participation and one ballot", async () => {
    await addReadyLaw(stack.target, { lawId: "H4", title: "A quiet law" });
    const lines = Array.from({ length: 100 }, (_, index) => `${200_000_000 + index},QUIET${1000 + index}\n`);
    await loadAndSeal(stack.target, "H4", Readable.from(lines));
    const cast = (index: number) => {
      const choice = index % 3 === 0 ? "oui" : "non";
      const code = `QUIET${1000 + index}`;
      const body = JSON.stringify({ nas: String(200_000_000 + index), code, law_id: "H4", vote: choice });
      return call.ingest(
        request("POST", "/api/v1/vote", { body, headers: { "content-type": "application/json" } }),
        CONTEXT,
      );
    };
    for (let index = 0; index < 99; index++) await cast(index);
    await process();
    await cast(99);
    await process();
    const { rows } = await stack.target.pool.query<{ ballots: string; oui: string; last: string }>(
      `select count(*) as ballots, count(*) filter (where choice = 'oui') as oui,
         count(*) filter (where xmin = (select xmin from ballots where law_id = 'H4' order by xmin::text::bigint desc limit 1)) as last
       from ballots where law_id = 'H4'`,
    );
    expect(rows[0]).toMatchObject({ ballots: "100", oui: "34" });
    // The last vote was alone in its batch; its ballot is one of 65 of the same transaction.
    expect(Number(rows[0]?.last)).toBe(65);
  });
});

describe("when services go away one after the other", () => {
  test("without the outcomes queue a decided vote is delivered again", async () => {
    await vote(10);
    const votes = await take("VotesQueueUrl");
    await stack.target.sqs.send(new DeleteQueueCommand({ QueueUrl: stack.target.output("OutcomesQueueUrl") }));
    await expect(call.validate(batch(votes))).rejects.toThrow(BatchFailedError);
  });

  test("without Redis votes are delivered again, and health says so", async () => {
    await vote(11);
    const votes = await take("VotesQueueUrl");
    stack.target.redis.shutdown("NOSAVE").catch(() => "it closes the connection instead of answering");
    await stack.target.pool.query("select 1");
    await expect(call.validate(batch(votes))).rejects.toThrow(BatchFailedError);
    const health = await call.health(request("GET", "/api/v1/health"), CONTEXT);
    expect(health.statusCode).toBe(503);
    expect(bodyOf(health)).toMatchObject({
      status: "unhealthy",
      services: { redis: "disconnected", sqs: "connected" },
    });
  });

  test("without PostgreSQL outcomes are delivered again, and results are 503 with Retry-After", async () => {
    const requestId = String(bodyOf(await vote(12)).request_id);
    const [body = "{}"] = await take("VotesQueueUrl");
    const outcome = JSON.stringify({ ...JSON.parse(body), outcome: "accepted" });
    await stack.target.pool.query("alter role election_user nologin");
    await stack.target.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'election_db' and pid <> pg_backend_pid()",
    );
    await expect(call.aggregate(batch([outcome]))).rejects.toThrow(BatchFailedError);
    const results = await call.results(request("GET", "/api/v1/results/H1", { parameters: { law_id: "H1" } }), CONTEXT);
    expect(results.statusCode).toBe(503);
    expect(results.headers).toMatchObject({ "retry-after": expect.any(String) });
    expect(bodyOf(await receiptOf(requestId)).status).toBe("received");
  });

  test("without the votes queue a vote is 503, with its id and where to look", async () => {
    await stack.target.sqs.send(new DeleteQueueCommand({ QueueUrl: stack.target.output("VotesQueueUrl") }));
    const answer = await vote(13);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers).toMatchObject({ "retry-after": expect.any(String) });
    const { request_id, receipt } = bodyOf(answer);
    expect(receipt).toBe(`votes/${String(request_id)}`);
  });
});
