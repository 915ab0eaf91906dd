import { randomBytes } from "node:crypto";
import type { APIGatewayProxyEvent, Context, SQSRecord } from "aws-lambda";
import { apiEvent } from "../../proving/api-event.ts";
import type { MessageMacs, Vote } from "../../shared/domain/ballot.ts";
import type { Law, PromiseKey } from "../../shared/domain/law.ts";
import { makeMacs } from "../../shared/domain/message-macs.ts";
import { envelopeSha256, makePromise, promiseKeyPair, promiseText } from "../../shared/domain/promise.ts";
import { issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import type { DecidedVote } from "../../shared/messages/queue.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import type { LawStore } from "../../shared/stores/laws.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { StoredReceipt } from "../../shared/stores/receipts.ts";

/** Values that tests start from: each is right, and a test makes one change. */

export const LAW_ID = "L2025-001";
export const NOW_MS = Date.parse("2026-03-01T12:00:00.000Z");
const seedFor = (purpose: string) =>
  JSON.stringify({ version: 1, seed: `a seed for tests that is longer than 32, ${purpose}` });
export const KEYS = Keys.fromSecrets({
  requestIdMac: seedFor("request ids"),
  idempotency: seedFor("idempotency"),
  person: seedFor("persons"),
  pepper: seedFor("peppers"),
  codeCheck: seedFor("checks of codes"),
  macValidate: seedFor("macs for validate"),
  macRecord: seedFor("macs for aggregate"),
  macOutcome: seedFor("macs of outcomes"),
  seal: seedFor("seeds of ballots"),
  promise: seedFor("promises"),
});
/** Where functions get them. */
export const KEY_SOURCE = { holding: async () => KEYS };

const PROMISE_PAIR = promiseKeyPair(KEYS.ofVersion(1).promise);
/** The key of promises that laws with a form have. */
export const PROMISE_KEY: PromiseKey = {
  version: 1,
  publicKey: PROMISE_PAIR.publicKey.toString("base64url"),
  from: "2026-03-01T07:00:00.000Z",
};

/** The promise of a vote of a law with a form, as text. */
export function aPromise({ requestId, sealed }: Pick<Vote, "requestId" | "sealed">, origin = "test/law/1"): string {
  const digest = sealed === undefined ? undefined : envelopeSha256(sealed);
  return promiseText(makePromise({ origin, requestId, envelopeSha256: digest }, PROMISE_PAIR));
}

/** What ingest adds to a vote of a law with a form. */
export function macsOf(vote: Vote, keyVersion = 1): MessageMacs {
  return makeMacs(vote, aPromise(vote), keyVersion, KEYS.ofVersion(1));
}

/** The body of a vote; a field that is set to undefined is left out. */
export function aBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { nas: "123456789", code: "ABC123", law_id: LAW_ID, vote: "oui", ...changes };
}

/** A law that is open at NOW_MS. */
export function aLaw(changes: Partial<Law> = {}): Law {
  return { lawId: LAW_ID, title: "A law", opensAt: "2026-03-01T08:00:00.000Z", keyVersion: 1, ...changes };
}

/** A request id that this system issued, another one at every call. */
export function aRequestId(lawId = LAW_ID): string {
  return issueRequestId(uuidV7(NOW_MS, randomBytes(10)), lawId, 1, KEYS.ofVersion(1).requestIdMac);
}

export function aVoterHash(): string {
  return randomBytes(32).toString("hex");
}

/** A vote on the votes queue. */
export function aVote(changes: Partial<Vote> = {}): Vote {
  return {
    requestId: aRequestId(changes.lawId),
    lawId: LAW_ID,
    voterHash: aVoterHash(),
    choice: "oui",
    acceptedAt: new Date(NOW_MS).toISOString(),
    ...changes,
  };
}

/** A vote on the outcomes queue. */
export function aDecidedVote(changes: Partial<DecidedVote> = {}): DecidedVote {
  return { ...aVote({ lawId: changes.lawId ?? LAW_ID }), outcome: "accepted", ...changes };
}

/** A request to the API: a vote, unless it is changed. */
export function anEvent(changes: Partial<APIGatewayProxyEvent> = {}): APIGatewayProxyEvent {
  return apiEvent({ body: JSON.stringify(aBody()), ...changes });
}

/** Lambda's facts about an invocation. */
export function aContext(): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName: "test",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:test",
    memoryLimitInMB: "128",
    awsRequestId: "test",
    logGroupName: "test",
    logStreamName: "test",
    getRemainingTimeInMillis: () => 5_000,
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  };
}

let messages = 0;

/** A message as an event source mapping delivers it. */
export function aRecord(body: string, messageId = `message-${++messages}`): SQSRecord {
  return {
    messageId,
    body,
    receiptHandle: `handle-of-${messageId}`,
    attributes: {
      ApproximateReceiveCount: "1",
      SentTimestamp: String(NOW_MS),
      SenderId: "test",
      ApproximateFirstReceiveTimestamp: String(NOW_MS),
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:us-east-1:000000000000:test",
    awsRegion: "us-east-1",
  };
}

/** A queue in memory. */
export class MemoryQueue implements Queue {
  readonly bodies: string[] = [];
  /** Which sends fail: called with the body, before it is taken. */
  refuses: (body: string) => boolean = () => false;

  async send(body: string): Promise<void> {
    if (this.refuses(body)) throw new Error("the queue is away");
    this.bodies.push(body);
  }

  async sendAll(bodies: readonly string[]): Promise<readonly boolean[]> {
    return bodies.map((body) => {
      if (this.refuses(body)) return false;
      this.bodies.push(body);
      return true;
    });
  }
}

/** Laws in memory. */
export class MemoryLaws implements LawStore {
  readonly #laws: readonly Law[];

  constructor(...laws: Law[]) {
    this.#laws = laws;
  }

  async get(lawId: string): Promise<Law | undefined> {
    return this.#laws.find((law) => law.lawId === lawId);
  }

  async list(): Promise<Law[]> {
    return [...this.#laws];
  }
}

/** Receipts in memory. */
export class MemoryReceipts {
  readonly written = new Map<string, StoredReceipt>();
  refuses: (requestId: string) => boolean = () => false;

  async get(requestId: string): Promise<StoredReceipt | undefined> {
    return this.written.get(requestId);
  }

  async putAll(receipts: readonly StoredReceipt[]): Promise<ReadonlySet<string>> {
    const refused = receipts.filter((receipt) => this.refuses(receipt.requestId));
    for (const receipt of receipts) if (!refused.includes(receipt)) this.written.set(receipt.requestId, receipt);
    return new Set(refused.map((receipt) => receipt.requestId));
  }
}
