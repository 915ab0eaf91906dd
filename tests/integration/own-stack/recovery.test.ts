import { setTimeout as pause } from "node:timers/promises";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { family, signalAll } from "../../../machine/processes.ts";
import { existingLaws } from "../../../operations/laws/existing-laws.ts";
import { queueDepths, queueState } from "../../../operations/queues/depths.ts";
import { redriveQueue } from "../../../operations/queues/redrive-queue.ts";
import { rebuildRolls } from "../../../operations/roll/rebuild-rolls.ts";
import { rollPorts } from "../../../operations/roll/stores/roll-ports.ts";
import { localStatus } from "../../../places/local/local-status.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { Answer } from "../../support/api-client.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";

let env: TestEnvironment;
let running: StartedStack;

beforeAll(async () => {
  // A batch whose consumer was killed comes back after the visibility timeout: six times the function's own limit.
  const consumer = { visibilityTimeoutSeconds: 12 };
  const functions = { validate: { timeoutSeconds: 2 }, aggregate: { timeoutSeconds: 2 } };
  ({ environment: env, running } = await buildOwnEnvironment({
    settings: {
      validate: { ...consumer, maxReceiveCount: 600 },
      aggregate: { ...consumer, maxReceiveCount: 600 },
      functions,
    },
  }));
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

/** The processes as they are now. */
async function pids() {
  return (await localStatus(env.stack.data_dir)).pids;
}

function castAll(lawId: string, voters: readonly Voter[]): Promise<Answer[]> {
  return Promise.all(
    voters.map((voter, index) => env.api.vote({ lawId, voter, vote: index % 3 === 0 ? "non" : "oui" })),
  );
}

async function allCounted(answers: readonly Answer[]): Promise<void> {
  expect(new Set(await env.decided(answers))).toEqual(new Set(["counted"]));
  await env.checkLedger(answers.map((answer) => answer.field("request_id")));
}

describe("a crash loses nothing and counts nothing twice", { tags: ["faults"] }, () => {
  test.each(["validate", "aggregate"] as const)("of %s while it holds a batch", async (name) => {
    const { lawId, voters } = await env.newLaw(150);
    const queue = name === "validate" ? "votes" : "outcomes";
    const killed = (await pids()).functions[name] ?? [];
    expect(killed.length).toBeGreaterThan(0);
    // Frozen, they take a batch and do not finish it.
    for (const pid of killed) process.kill(pid, "SIGSTOP");
    const casting = castAll(lawId, voters);
    await env.until(`a batch is with ${name}`, async () => {
      const { underWay } = await queueState(env.target, queue);
      return underWay > 0;
    });
    // At once, before the time limit of the function ends them.
    expect(signalAll(killed, "SIGKILL").length).toBeGreaterThan(0);
    await allCounted(await casting);
    expect((await pids()).functions[name]).not.toEqual(killed);
  });

  test("of Redis, which comes back with its data", async () => {
    const { lawId, voters } = await env.newLaw(100);
    const first = await castAll(lawId, voters.slice(0, 50));
    process.kill((await pids()).redis, "SIGKILL");
    const second = await castAll(lawId, voters.slice(50));
    await allCounted([...first, ...second]);
  });

  test("of PostgreSQL, which recovers", async () => {
    const { lawId, voters } = await env.newLaw(100);
    const first = await castAll(lawId, voters.slice(0, 50));
    process.kill((await pids()).postgres, "SIGKILL");
    const second = await castAll(lawId, voters.slice(50));
    await allCounted([...first, ...second]);
  });

  test("of one process of PostgreSQL, which is then started again as a whole", async () => {
    const { lawId, voters } = await env.newLaw(100);
    const first = await castAll(lawId, voters.slice(0, 50));
    const { postgres } = await pids();
    const [child] = family(postgres).filter((pid) => pid !== postgres);
    if (child === undefined) throw new Error("PostgreSQL has no process of its own");
    process.kill(child, "SIGKILL");
    const second = await castAll(lawId, voters.slice(50));
    await allCounted([...first, ...second]);
    expect((await pids()).postgres).not.toBe(postgres);
  });
});

describe("a service that is away", { tags: ["faults"] }, () => {
  test("votes wait while PostgreSQL is frozen for ten seconds, and are counted", async () => {
    const { lawId, voters } = await env.newLaw(60);
    const frozen = family((await pids()).postgres);
    for (const pid of frozen) process.kill(pid, "SIGSTOP");
    let answers: Answer[] = [];
    try {
      answers = await castAll(lawId, voters);
      expect((await env.api.request("GET", "/api/v1/health")).json).toMatchObject({
        status: "unhealthy",
        services: { postgresql: "disconnected", redis: "connected" },
      });
      await pause(10_000);
    } finally {
      for (const pid of frozen) process.kill(pid, "SIGCONT");
    }
    await allCounted(answers);
  });

  test("votes wait when Redis is emptied in mid-run, and are counted once the roll is rebuilt", async () => {
    const { lawId, voters } = await env.newLaw(60);
    const first = await castAll(lawId, voters.slice(0, 30));
    await env.decided(first);
    await env.target.redis.flushall();
    const second = await castAll(lawId, voters.slice(30));
    const again = await env.api.vote({ lawId, voter: voters[0] });
    expect((await env.api.request("GET", "/api/v1/health")).json.warnings).toContain(
      `the roll of ${lawId} is not loaded`,
    );
    const [rebuilt] = await rebuildRolls(env.target, await existingLaws(env.target, [lawId]), {});
    expect(rebuilt).toMatchObject({ lawId, voters: 60, complete: true });
    expect(await env.decided([again])).toEqual(["duplicate"]);
    expect(new Set(await env.decided([...first, ...second]))).toEqual(new Set(["counted"]));
    await env.checkLedger();
  });
});

describe("what queues do", { tags: ["faults"] }, () => {
  async function captured(lawId: string, voters: readonly Voter[]): Promise<{ answers: Answer[]; bodies: string[] }> {
    // Paused, `validate` leaves the votes on their queue: a copy of each is taken from there.
    const { consumer } = rollPorts(env.target);
    await consumer.pause();
    const answers = await castAll(lawId, voters);
    const bodies = new Set<string>();
    await env.until("every vote was seen on its queue", async () => {
      const { Messages = [] } = await env.target.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: env.target.output("VotesQueueUrl"),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 1,
        }),
      );
      for (const message of Messages) if (message.Body?.includes(lawId)) bodies.add(message.Body);
      return bodies.size === voters.length;
    });
    await consumer.resume();
    return { answers, bodies: [...bodies] };
  }

  async function send(output: string, body: string) {
    await env.target.sqs.send(new SendMessageCommand({ QueueUrl: env.target.output(output), MessageBody: body }));
  }

  test("delivering the same messages three times and in reverse order changes nothing", async () => {
    const { lawId, voters } = await env.newLaw(10);
    const { answers, bodies } = await captured(lawId, voters);
    for (const body of [...bodies, ...bodies, ...bodies].reverse()) await send("VotesQueueUrl", body);
    await allCounted(answers);
    expect((await env.api.results(lawId)).json).toMatchObject({ total_votes: 10 });
  });

  test("a poison message goes to the dead-letter queue and harms nobody; a readable one comes back by redrive", async () => {
    const { lawId, voters } = await env.newLaw(5);
    const { answers, bodies } = await captured(lawId, voters);
    await allCounted(answers);
    await send("VotesQueueUrl", "this is not a vote");
    await send("OutcomesQueueUrl", '{"v":99}');
    await env.until("both are in their dead-letter queues", async () => {
      const depths = await queueDepths(env.target);
      return depths.votesDeadLetters === 1 && depths.outcomesDeadLetters === 1;
    });
    for (const body of bodies) await send("VotesDlqUrl", body);
    expect(await redriveQueue(env.target, "votes", {})).toMatchObject({ moved: 5 });
    await allCounted(answers);
    expect((await queueDepths(env.target)).votesDeadLetters).toBe(1);
  });
});
