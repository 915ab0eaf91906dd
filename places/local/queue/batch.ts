import type { SQSEvent, SQSRecord } from "aws-lambda";
import { z } from "zod";
import type { FunctionResult } from "../lambda/invoker.ts";
import { REGION } from "../template/model.ts";
import type { Receipt } from "./local-queue.ts";

/**
 * The event that an SQS event source mapping gives to its function (Lambda Developer Guide, "Using Lambda with Amazon
 * SQS", example event).
 *
 * @param items the batch
 * @param queueArn the queue of its messages
 */
export function sqsEvent(items: readonly Receipt[], queueArn: string): SQSEvent {
  return {
    Records: items.map(
      ({ message, receiptHandle }): SQSRecord => ({
        messageId: message.messageId,
        receiptHandle,
        body: message.body,
        attributes: {
          ApproximateReceiveCount: String(message.approximateReceiveCount),
          SentTimestamp: String(message.sentTimestamp),
          SenderId: "local",
          ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp ?? message.sentTimestamp),
        },
        messageAttributes: {},
        md5OfBody: message.md5OfBody,
        eventSource: "aws:sqs",
        eventSourceARN: queueArn,
        awsRegion: REGION,
      }),
    ),
  };
}

const batchAnswer = z.object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() });

/**
 * Finds the messages of a batch that succeeded (Lambda Developer Guide, "Implementing partial batch responses"): those
 * that the function does not name as failed. An error, a time-out, an answer of another form, or an unknown message id
 * fails the whole batch. An empty or missing answer or list means that all messages succeeded.
 *
 * @param items the batch
 * @param result how the invocation ended
 * @param reportsItemFailures whether the mapping has ReportReceiptFailures
 * @returns the receipt handles to delete; the others come back when their visibility timeout ends
 */
export function handlesToDelete(
  items: readonly Receipt[],
  result: FunctionResult,
  reportsItemFailures: boolean,
): string[] {
  if (result.kind !== "returned") return [];
  const all = items.map((item) => item.receiptHandle);
  if (!reportsItemFailures || result.value === null || result.value === undefined) return all;
  const answer = batchAnswer.safeParse(result.value);
  if (!answer.success) return [];
  const failed = new Set((answer.data.batchItemFailures ?? []).map((failure) => failure.itemIdentifier));
  const known = new Set(items.map((item) => item.message.messageId));
  for (const id of failed) if (!known.has(id)) return [];
  return items.filter((item) => !failed.has(item.message.messageId)).map((item) => item.receiptHandle);
}
