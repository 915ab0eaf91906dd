import { setTimeout as pause } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { ServiceLook } from "../../shared/messages/operators/stage.ts";
import { MappingConsumer } from "../queues/consumer.ts";
import { queueUrl } from "../queues/depths.ts";
import type { Servers } from "../servers.ts";

/** How long each service may take to answer, in milliseconds. */
const ANSWER_MS = 4_000;
/** A law that nobody adds: DynamoDB is asked for it. */
const NO_LAW = "nothing";

/** What each service that a stage depends on says when it is asked. */
export type ServiceLooks = Readonly<Record<"postgresql" | "redis" | "dynamodb" | "sqs" | "lambda", ServiceLook>>;

/**
 * Asks every service that a stage depends on for something small.
 *
 * @param servers those of a running stage
 * @param answerMs how long each may take, in milliseconds
 */
export async function lookAtServices(servers: Servers, answerMs = ANSWER_MS): Promise<ServiceLooks> {
  const [postgresql, redis, dynamodb, sqs, lambda] = await Promise.all([
    ask(() => servers.pool.query("select 1"), answerMs),
    ask(() => servers.redis.ping(), answerMs),
    ask(() => servers.laws.items.get(NO_LAW), answerMs),
    ask(
      () =>
        servers.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: queueUrl(servers, "votes"), AttributeNames: ["QueueArn"] }),
        ),
      answerMs,
    ),
    ask(() => new MappingConsumer(servers.lambda, servers.output("ValidateMappingId")).state(), answerMs),
  ]);
  return { postgresql, redis, dynamodb, sqs, lambda };
}

async function ask(question: () => Promise<unknown>, answerMs: number): Promise<ServiceLook> {
  const begun = performance.now();
  const took = () => Math.round((performance.now() - begun) * 10) / 10;
  const enough = new AbortController();
  try {
    await Promise.race([question(), tooLate(answerMs, enough.signal)]);
    return { answers: true, milliseconds: took(), error: null };
  } catch (error) {
    return { answers: false, milliseconds: took(), error: inWords(error) };
  } finally {
    enough.abort();
  }
}

async function tooLate(answerMs: number, signal: AbortSignal): Promise<never> {
  await pause(answerMs, undefined, { signal });
  throw new Error(`no answer within ${answerMs / 1000} s`);
}

/** An error whose message is empty has a code, such as that of a host with two addresses that both refuse. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== "") return error.message;
  return "code" in error ? String(error.code) : error.name;
}
