import { createHash, randomUUID } from "node:crypto";

/** A message of a queue. */
export interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  /** Milliseconds since the epoch. */
  readonly sentTimestamp: number;
  approximateReceiveCount: number;
  /** Milliseconds since the epoch. */
  approximateFirstReceiveTimestamp?: number;
  /** Its row in the queue's file. */
  row?: number;
}

/**
 * A message that was just sent.
 *
 * @param body its text
 */
export function newMessage(body: string): StoredMessage {
  return {
    messageId: randomUUID(),
    body,
    md5OfBody: createHash("md5").update(body, "utf8").digest("hex"),
    sentTimestamp: Date.now(),
    approximateReceiveCount: 0,
  };
}
