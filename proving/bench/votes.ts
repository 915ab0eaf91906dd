import { randomBytes } from "node:crypto";
import type { SQSRecord } from "aws-lambda";
import type { Law } from "../../shared/domain/law.ts";
import { issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import { writeVote } from "../../shared/messages/queue.ts";
import type { Keys } from "../../shared/runtime/keys.ts";

/**
 * Messages of the votes queue as ingest writes them, each with a different request id.
 *
 * @param law the law
 * @param hashes the voters, 32 bytes each
 * @param keys the keys of the stack
 */
export function voteMessages(law: Law, hashes: readonly Buffer[], keys: Keys<"requestIdMac">): string[] {
  const { requestIdMac } = keys.ofVersion(law.keyVersion);
  const acceptedAt = new Date().toISOString();
  return hashes.map((hash, index) =>
    writeVote({
      requestId: issueRequestId(uuidV7(Date.now(), randomBytes(10)), law.lawId, law.keyVersion, requestIdMac),
      lawId: law.lawId,
      voterHash: hash.toString("hex"),
      choice: index % 2 === 0 ? "oui" : "non",
      acceptedAt,
      ...(law.pepperId === undefined ? {} : { pepperId: law.pepperId }),
    }),
  );
}

/** The request id of a message. @param body a message as `voteMessages` gives it */
export function requestIdOf(body: string): string {
  return /"request_id":"([^"]+)"/.exec(body)?.[1] ?? "";
}

/** The event that SQS would deliver. @param bodies messages */
export function recordsOf(bodies: readonly string[]): SQSRecord[] {
  return bodies.map((body, index) => ({
    messageId: String(index),
    receiptHandle: String(index),
    body,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: "0",
      SenderId: "bench",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:local:000000000000:bench",
    awsRegion: "local",
  }));
}

/** Splits a list. @param items the list @param size of each part */
export function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
