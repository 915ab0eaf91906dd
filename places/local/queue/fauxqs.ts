/**
 * The parts of fauxqs that its package does not export by name. The version is pinned by package-lock.json; what is
 * used of it is the SQS protocol and the actions' checks, with the queues themselves replaced (local-queue.ts says why).
 */
export { buildApp } from "fauxqs";
export { S3Store } from "../../../node_modules/fauxqs/dist/s3/s3Store.js";
export { SnsStore } from "../../../node_modules/fauxqs/dist/sns/snsStore.js";
export { sendMessage } from "../../../node_modules/fauxqs/dist/sqs/actions/sendMessage.js";
export { sendMessageBatch } from "../../../node_modules/fauxqs/dist/sqs/actions/sendMessageBatch.js";
export { SqsQueue, SqsStore } from "../../../node_modules/fauxqs/dist/sqs/sqsStore.js";
export type { ReceivedMessage, SqsMessage } from "../../../node_modules/fauxqs/dist/sqs/sqsTypes.js";
