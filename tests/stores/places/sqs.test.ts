import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IN_MEMORY } from "../../../places/local/queue/queue-file.ts";
import { QueueStore } from "../../../places/local/queue/queue-store.ts";
import { SqsEndpoint } from "../../../places/local/queue/sqs-endpoint.ts";

const arn = (name: string) => `arn:aws:sqs:ca-central-1:000000000000:${name}`;
const QueueUrl = "http://x/000000000000/work";

let endpoint: SqsEndpoint;
let store: QueueStore;
let url: string;
/** The SDK checks form and MD5 of every answer. */
let sqs: SQSClient;

beforeEach(async () => {
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 });
  const models = [
    { name: "work", url: QueueUrl, arn: arn("work"), attributes: { VisibilityTimeout: "7", RedrivePolicy } },
    { name: "dead", url: "http://x/000000000000/dead", arn: arn("dead"), attributes: {} },
  ];
  store = new QueueStore(models, IN_MEMORY);
  endpoint = new SqsEndpoint(store, IN_MEMORY);
  url = `http://127.0.0.1:${await endpoint.listen(0)}`;
  sqs = new SQSClient({
    endpoint: url,
    useQueueUrlAsEndpoint: false,
    region: "ca-central-1",
    credentials: { accessKeyId: "x", secretAccessKey: "x" },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  sqs.destroy();
  await endpoint.close();
});

const send = (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
const receive = async (more: object = {}) =>
  (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }))).Messages ?? [];
const depths = () => [store.getQueueByName("work")?.visible, store.getQueueByName("work")?.inFlight];

describe("SQS, as the SDK calls it,", () => {
  test("takes a message, gives it with the requested attributes, hides it, and deletes it", async () => {
    const { MessageId } = await send("été 𝄞");
    const [message] = await receive({ MessageSystemAttributeNames: ["ApproximateReceiveCount"] });
    expect(message).toMatchObject({ MessageId, Body: "été 𝄞", Attributes: { ApproximateReceiveCount: "1" } });
    expect([await receive(), depths()]).toEqual([[], [0, 1]]);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
    expect(depths()).toEqual([0, 0]);
  });

  test("takes, shows again and deletes in batches, whose entries fail alone", async () => {
    const Entries = ["a", "b", "\u0001"].map((MessageBody, index) => ({ Id: `e${index}`, MessageBody }));
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    expect([sent.Successful?.map(({ Id }) => Id), sent.Failed]).toEqual([
      ["e0", "e1"],
      [expect.objectContaining({ Id: "e2", Code: "InvalidMessageContents", SenderFault: true })],
    ]);
    const handles = (await receive()).map(({ ReceiptHandle }) => ReceiptHandle);
    const shown = await sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl,
        Entries: [handles[0], "nothing"].map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        })),
      }),
    );
    expect([shown.Successful?.length, shown.Failed?.[0]?.Code, depths()]).toEqual([1, "MessageNotInflight", [1, 1]]);
    const gone = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    expect((await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: gone }))).Successful).toHaveLength(2);
    expect(depths()).toEqual([1, 0]);
  });

  test("moves a message that was received too often to the dead-letter queue", async () => {
    await send("poison");
    const [message] = await receive();
    const visible = { QueueUrl, ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 };
    await sqs.send(new ChangeMessageVisibilityCommand(visible));
    expect(await receive()).toEqual([]);
    expect(store.getQueueByName("dead")?.bodies).toEqual(["poison"]);
  });

  test("lets a caller wait for a message, and gives none to a caller that has gone", async () => {
    const waiting = receive({ WaitTimeSeconds: 20 });
    const gone = new AbortController();
    const abandoned = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: gone.signal,
    });
    gone.abort();
    await expect(abandoned).rejects.toThrow(/abort/i);
    await send("at last");
    expect(await waiting).toMatchObject([{ Body: "at last" }]);
  });

  test("describes a queue, finds queues, and empties one", async () => {
    await send("a");
    const named = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
    expect(named.Attributes).toEqual({ QueueArn: arn("work") });
    const all = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    expect(all.Attributes).toMatchObject({ VisibilityTimeout: "7", ApproximateNumberOfMessages: "1" });
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: "work" }))).QueueUrl).toBe(QueueUrl);
    expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: "wo" }))).QueueUrls).toEqual([QueueUrl]);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(depths()).toEqual([0, 0]);
  });
});

describe("SQS refuses", () => {
  const entries = (count: number, Id?: string) =>
    Array.from({ length: count }, (_, index) => ({ Id: Id ?? String(index), MessageBody: "x" }));

  test.each([
    [
      "a queue that is not there",
      () => sqs.send(new SendMessageCommand({ QueueUrl: "http://x/0/no", MessageBody: "x" })),
      "QueueDoesNotExist",
    ],
    ["an empty message", () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "" })), "MissingParameter"],
    [
      "a character",
      () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "\u0000" })),
      "InvalidMessageContents",
    ],
    [
      "a message that is too long",
      () => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "x".repeat(1_048_577) })),
      "InvalidParameterValue",
    ],
    [
      "message attributes, which this application does not use",
      () =>
        sqs.send(
          new SendMessageCommand({
            QueueUrl,
            MessageBody: "x",
            MessageAttributes: { a: { DataType: "String", StringValue: "b" } },
          }),
        ),
      "InvalidParameterValue",
    ],
    ["an empty batch", () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [] })), "EmptyBatchRequest"],
    [
      "eleven entries",
      () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(11) })),
      "TooManyEntriesInBatchRequest",
    ],
    [
      "an id twice",
      () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(2, "a") })),
      "BatchEntryIdsNotDistinct",
    ],
    [
      "an id of other characters",
      () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: entries(1, "a b") })),
      "InvalidBatchEntryId",
    ],
    [
      "a batch that is too long",
      () =>
        sqs.send(
          new SendMessageBatchCommand({
            QueueUrl,
            Entries: ["a", "b"].map((Id) => ({ Id, MessageBody: "x".repeat(600_000) })),
          }),
        ),
      "BatchRequestTooLong",
    ],
    [
      "eleven messages",
      () => sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 11 })),
      "InvalidParameterValue",
    ],
    [
      "a handle that stands for nothing",
      () => sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: "x", VisibilityTimeout: 0 })),
      "MessageNotInflight",
    ],
  ])("%s", async (_what, call, code) => {
    const name = code === "QueueDoesNotExist" ? /QueueDoesNotExist|NonExistentQueue/ : new RegExp(code);
    await expect(call()).rejects.toMatchObject({ name: expect.stringMatching(name) });
    expect(depths()).toEqual([0, 0]);
  });

  test("an attribute and an action that it does not have, by their names", async () => {
    const ask = (action: string, body: object) =>
      fetch(url, { method: "POST", headers: { "x-amz-target": `AmazonSQS.${action}` }, body: JSON.stringify(body) });
    const attribute = await ask("GetQueueAttributes", { QueueUrl, AttributeNames: ["Colour"] });
    expect([attribute.status, await attribute.text()]).toEqual([400, expect.stringMatching(/AttributeName.*Colour/)]);
    const action = await ask("CreateQueue", {});
    expect([action.status, await action.text()]).toEqual([400, expect.stringContaining("CreateQueue")]);
  });
});
