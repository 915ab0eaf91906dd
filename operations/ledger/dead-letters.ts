import { z } from "zod";
import { queueUrl } from "../queues/depths.ts";
import { SqsDeadLetters } from "../queues/sqs-dead-letters.ts";
import type { Servers } from "../servers.ts";

const WithRequestId = z.looseObject({ request_id: z.string() });

/**
 * Reads the request ids of the messages in a dead-letter queue. The messages stay there.
 *
 * @param servers those of a running stage
 * @param queue which one
 */
export async function* peekRequestIds(
  servers: Servers,
  queue: "votesDeadLetters" | "outcomesDeadLetters",
): AsyncGenerator<string> {
  const letters = new SqsDeadLetters(servers.sqs, queueUrl(servers, queue), servers.distributed);
  const handles: string[] = [];
  try {
    for (;;) {
      const received = await letters.receive(10);
      if (received.length === 0) return;
      await letters.hide(received.map(({ handle }) => handle));
      for (const { body, handle } of received) {
        handles.push(handle);
        const requestId = requestIdOf(body);
        if (requestId !== undefined) yield requestId;
      }
    }
  } finally {
    await letters.release(handles);
  }
}

function requestIdOf(body: string): string | undefined {
  try {
    return WithRequestId.safeParse(JSON.parse(body)).data?.request_id;
  } catch {
    return undefined; // Not JSON: an unreadable message, which names no submission.
  }
}
