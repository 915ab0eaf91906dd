import { createHash } from "node:crypto";
import { HttpResponse } from "@smithy/protocol-http";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { apiEvent } from "../api-event.ts";
import { type Measurement, summarize, timed } from "./measure.ts";

/** The name that shared/runtime/aws-clients.ts looks for. */
const HOST_DEFAULTS = Symbol.for("referendum.aws-client-defaults");

const LAW_ITEM = {
  law_id: { S: "BENCH" },
  title: { S: "Bench" },
  opens_at: { S: "2020-01-01T00:00:00.000Z" },
  key_version: { N: "1" },
};

/** Answers ingest's AWS requests at once, so that only the work of the function and of the SDK is measured. */
const instantAws = {
  metadata: { handlerProtocol: "http/1.1" },
  async handle(request: { headers: Record<string, string>; body?: unknown }) {
    const target = request.headers["x-amz-target"] ?? "";
    return {
      response: new HttpResponse({
        statusCode: 200,
        headers: { "content-type": "application/x-amz-json-1.0" },
        body: Buffer.from(JSON.stringify(answerTo(target))),
      }),
    };
  },
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
  destroy: () => undefined,
};

function answerTo(target: string): object {
  if (target.endsWith("GetItem")) return { Item: LAW_ITEM };
  if (target.endsWith("GetSecretValue")) {
    return { SecretString: JSON.stringify({ version: 1, seed: "bench bench bench bench bench bench bench" }) };
  }
  return { MessageId: "00000000-0000-4000-8000-000000000000", MD5OfMessageBody: createHash("md5").digest("hex") };
}

/**
 * Measures the ingest handler in this process, with AWS answering at once: parse, law, hash, request id, SDK.
 *
 * @param votes in a round
 * @param rounds how many times
 */
export async function benchIngest(votes: number, rounds: number): Promise<Measurement> {
  Object.assign(globalThis, {
    [HOST_DEFAULTS]: { requestHandler: instantAws, signer: { sign: async (request: unknown) => request } },
  });
  Object.assign(process.env, {
    AWS_REGION: "ca-central-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    VOTES_QUEUE_URL: "http://127.0.0.1:1/000000000000/votes",
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
    LAWS_TABLE: "laws",
    RECEIPTS_TABLE: "receipts",
    REQUEST_ID_KEY_SECRET_ARN: "request-ids",
    IDEMPOTENCY_KEY_SECRET_ARN: "idempotency",
    PEPPER_SECRET_ARN: "peppers",
    CODE_CHECK_KEY_SECRET_ARN: "code checks",
    MAC_VALIDATE_KEY_SECRET_ARN: "macs for validate",
    MAC_RECORD_KEY_SECRET_ARN: "macs for aggregate",
    SEAL_KEY_SECRET_ARN: "seeds of ballots",
    POWERTOOLS_METRICS_DISABLED: "true",
  });
  const { handler } = await import("../../functions/ingest/index.ts");
  const context = { awsRequestId: "bench" } as import("aws-lambda").Context;
  const round = async () => {
    for (let vote = 0; vote < votes; vote++) {
      const { statusCode } = await handler(eventOf(vote), context);
      if (statusCode !== 202) throw new Error(`the handler answered ${statusCode}`);
    }
  };
  await round();
  const measured = [];
  for (let index = 0; index < rounds; index++) measured.push(await timed(round));
  return summarize("ingest in this process, with an AWS that answers at once", votes, measured);
}

function eventOf(vote: number): APIGatewayProxyEvent {
  return apiEvent({
    headers: { "Content-Type": "application/json", "User-Agent": "bench", Host: "127.0.0.1" },
    body: JSON.stringify({ nas: String(100_000_000 + vote), code: "ABCDEFGH23456789", law_id: "BENCH", vote: "oui" }),
  });
}
