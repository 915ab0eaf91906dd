import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { type VerifyOptions, verify } from "../../../client/verify/index.ts";
import { bundleIn } from "../../../commands/verify/folder.ts";
import { MappingConsumer } from "../../../operations/queues/consumer.ts";
import { queueUrl } from "../../../operations/queues/depths.ts";
import { Keys } from "../../../shared/runtime/keys.ts";
import type { TestEnvironment } from "../environment.ts";

/** Somebody with full access to the servers of a local stack. */
export interface Insider {
  /** Does something in the database as its owner, who can switch triggers off. */
  asOwner(text: string, ...values: readonly unknown[]): Promise<void>;
  /** Does something while nobody receives from a queue. */
  whileHeld<T>(queue: WorkQueue, work: () => Promise<T>): Promise<T>;
  /** Takes the message of a submission off a queue. */
  taken(queue: WorkQueue, requestId: string): Promise<string>;
  /** The keys of a secret, which the stack keeps in a file. */
  stolen<P extends SecretPurpose>(...purposes: readonly P[]): Promise<Keys<P>>;
}

type WorkQueue = "votes" | "outcomes";
/** The secrets by a part of their names. */
const SECRETS = { log: /LogKey/, macValidate: /MacValidateKey/, macRecord: /MacRecordKey/ } as const;
type SecretPurpose = keyof typeof SECRETS;

/** @param env the stack */
export function insiderOf({ stack, target, until }: TestEnvironment): Insider {
  return {
    async asOwner(text, ...values) {
      const client = await target.pool.connect();
      try {
        await client.query("begin");
        const [, table = ""] = /^(?:update|insert into) (\w+)/.exec(text) ?? [];
        await client.query(`alter table ${table} disable trigger user`);
        const { rowCount } = await client.query(text, [...values]);
        expect(rowCount, text).toBeGreaterThan(0);
        await client.query(`alter table ${table} enable trigger user`);
        await client.query("commit");
      } catch (error) {
        await client.query("rollback");
        throw error;
      } finally {
        client.release();
      }
    },
    async whileHeld(queue, work) {
      const mapping = target.output(queue === "votes" ? "ValidateMappingId" : "AggregateMappingId");
      const consumer = new MappingConsumer(target.lambda, mapping);
      await consumer.pause();
      try {
        return await work();
      } finally {
        await consumer.resume();
      }
    },
    async taken(queue, requestId) {
      const QueueUrl = queueUrl(target, queue);
      let body = "";
      await until(`the message is on the queue ${queue}`, async () => {
        const { Messages = [] } = await target.sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 1 }),
        );
        const found = Messages.find((message) => message.Body?.includes(requestId) === true);
        if (found === undefined) return false;
        await target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: found.ReceiptHandle }));
        body = found.Body ?? "";
        return true;
      });
      return body;
    },
    async stolen<P extends SecretPurpose>(...purposes: readonly P[]) {
      const secrets: Record<string, string> = JSON.parse(await readFile(join(stack.data_dir, "keys.json"), "utf8"));
      const texts = purposes.map((purpose) => {
        const name = Object.keys(secrets).find((one) => SECRETS[purpose].test(one)) ?? "";
        return [purpose, secrets[name] ?? ""] as const;
      });
      return Keys.fromSecrets(Object.fromEntries(texts) as Record<P, string>);
    },
  };
}

/** The checks of a bundle in a folder that fail. */
export async function failing(folder: string, options: VerifyOptions = {}): Promise<string[]> {
  const { checks } = await verify(bundleIn(folder), folder, options);
  return checks.filter(({ outcome }) => outcome === "fails").map(({ id }) => id);
}
