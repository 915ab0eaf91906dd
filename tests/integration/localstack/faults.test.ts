import { join } from "node:path";
import { DeleteMessageCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { PROJECT_ROOT } from "../../../infra/bundles.ts";
import { runProgram } from "../../../machine/programs.ts";
import { readState } from "../../../places/localstack/state.ts";
import { restartPostgres } from "../../../places/localstack/up.ts";
import type { Answer } from "../../support/api-client.ts";
import { buildTestEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { holdPostgres, holdRedis, killFunction, startedLocalStack } from "../../support/localstack-faults.ts";

/** A killed function's batch comes back after the queue's visibility timeout, a minute there. */
const REDELIVERED_WITHIN_MS = 150_000;

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterEach(async () => env.checkLedger());
afterAll(async () => env?.close());

const vote = async (lawId: string, voters: readonly Voter[]): Promise<Answer[]> =>
  Promise.all(voters.map((voter) => env.api.vote({ lawId, voter })));

async function counted(answers: readonly Answer[]): Promise<void> {
  const ids = answers.map((answer) => answer.field("request_id"));
  await env.until(
    `${ids.length} votes are counted`,
    async () => {
      const { rows } = await env.target.pool.query<{ n: string }>(
        "SELECT count(*) AS n FROM vote_audit WHERE status = 'counted' AND request_id = ANY($1)",
        [ids],
      );
      return Number(rows[0]?.n) === ids.length;
    },
    REDELIVERED_WITHIN_MS,
  );
  expect(await env.decided(answers)).toEqual(answers.map(() => "counted"));
}

async function command(name: string, ...args: string[]): Promise<void> {
  const { code, tail } = await runProgram(process.execPath, [join(PROJECT_ROOT, "bin", `${name}.ts`), ...args]);
  expect({ code, said: code === 0 ? "" : tail.join("\n") }).toEqual({ code: 0, said: "" });
}

describe("a function is killed in the middle of a batch", { tags: ["localstack"] }, () => {
  test("validate: every vote of the batch is counted once", async () => {
    const { lawId, voters } = await env.newLaw(6);
    // Its process is warm, so that the kill hits the batch and not the start.
    await counted(await vote(lawId, voters.slice(0, 1)));
    const hold = await holdRedis(env);
    const answers = await vote(lawId, voters.slice(1));
    await hold.caught();
    expect(await killFunction("validate")).toBeGreaterThan(0);
    await hold.release();
    await counted(answers);
  });

  test("aggregate: every vote of the batch is counted once", async () => {
    const { lawId, voters } = await env.newLaw(6);
    await counted(await vote(lawId, voters.slice(0, 1)));
    const hold = await holdPostgres(env);
    const answers = await vote(lawId, voters.slice(1));
    await hold.caught();
    expect(await killFunction("aggregate")).toBeGreaterThan(0);
    await hold.release();
    await counted(answers);
  });
});

test("a poison message goes to the dead-letter queue and holds nobody up", { tags: ["localstack"] }, async () => {
  const { lawId, voters } = await env.newLaw(3);
  const poison = `poison ${lawId}`;
  const { sqs } = env.target;
  await sqs.send(new SendMessageCommand({ QueueUrl: env.target.output("VotesQueueUrl"), MessageBody: poison }));
  await counted(await vote(lawId, voters));
  const QueueUrl = env.target.output("VotesDlqUrl");
  let handle: string | undefined;
  await env.until("the poison message is in the dead-letter queue", async () => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    handle = Messages?.find(({ Body }) => Body === poison)?.ReceiptHandle;
    return handle !== undefined;
  });
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: handle }));
});

test("Redis is emptied: votes wait, and are decided right after a rebuild", { tags: ["localstack"] }, async () => {
  const { lawId, voters } = await env.newLaw(6);
  await counted(await vote(lawId, voters.slice(0, 3)));
  await env.target.redis.flushall();
  const again = await vote(lawId, voters.slice(0, 3));
  const first = await vote(lawId, voters.slice(3));
  await command("ops", "rebuild-roll", "--law", lawId, "--stage", "localstack");
  await counted(first);
  await env.until(
    "second attempts are duplicates",
    async () => {
      const receipts = await Promise.all(again.map((answer) => env.api.receipt(answer.field("request_id"))));
      return receipts.every((receipt) => receipt.field("status") === "duplicate");
    },
    REDELIVERED_WITHIN_MS,
  );
});

test("PostgreSQL is restarted between votes: none is lost", { tags: ["localstack"] }, async () => {
  const { lawId, voters } = await env.newLaw(9);
  const before = await vote(lawId, voters.slice(0, 3));
  const restarting = restartPostgres(startedLocalStack().directory);
  const during = await vote(lawId, voters.slice(3, 6));
  await restarting;
  await counted([...before, ...during, ...(await vote(lawId, voters.slice(6)))]);
});

test("a second deployment over votes in the queues loses none", { tags: ["localstack"] }, async () => {
  const { lawId, voters } = await env.newLaw(40);
  const { directory } = startedLocalStack();
  const deployed = () => readState(directory)?.deployed?.fingerprint;
  const before = deployed();
  const answers = await vote(lawId, voters.slice(0, 10));
  // Another setting, so that every function is replaced.
  const deploying = command("localstack", "deploy", "--settings", '{"logLevel":"DEBUG"}').then(() => "done" as const);
  let state: "done" | "busy" = "busy";
  for (const voter of voters.slice(10)) {
    const answer = await env.api.vote({ lawId, voter });
    if (answer.status === 202) answers.push(answer);
    state = await Promise.race([deploying, Promise.resolve("busy" as const)]);
    if (state === "done") break;
  }
  await deploying;
  expect(deployed()).not.toBe(before);
  await counted(answers);
  await command("localstack", "deploy");
});
