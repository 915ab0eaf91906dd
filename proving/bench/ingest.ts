import { createHash } from "node:crypto";
import { HttpResponse } from "@smithy/protocol-http";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { promiseKeyPair } from "../../shared/domain/promise.ts";
import { electionKeys } from "../../shared/domain/sealing/election-keys.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import { apiEvent } from "../api-event.ts";
import { type Measurement, summarize, timed } from "./measure.ts";

/** The name that shared/runtime/aws-clients.ts looks for. */
const HOST_DEFAULTS = Symbol.for("referendum.aws-client-defaults");

const ORIGIN = "bench/SEALED";
const { election } = electionKeys(Buffer.alloc(32, 1));
const SECRET = JSON.stringify({ version: 1, seed: "bench bench bench bench bench bench bench" });
/** The laws by their ids: without a form, open, and sealed. */
const LAWS: Readonly<Record<string, object>> = {
  NONE: {},
  OPEN: { form: { S: "open" }, ...promisingLaw() },
  SEALED: { ...sealedLaw(), ...promisingLaw() },
};

function promisingLaw(): object {
  const { publicKey } = promiseKeyPair(Keys.fromSecrets({ promise: SECRET }).ofVersion(1).promise);
  const [public_key, from] = [{ S: publicKey.toString("base64url") }, { S: "2020-01-01T00:00:00.000Z" }];
  return { origin: { S: ORIGIN }, promise_keys: { L: [{ M: { version: { N: "1" }, public_key, from } }] } };
}

function sealedLaw(): object {
  const [election_key, signing_key] = [election.publicKey.toString("base64url"), "A".repeat(43)];
  const keys = { election_key: { S: election_key }, signing_key: { S: signing_key }, split_id: { S: "0".repeat(32) } };
  const numbers = { threshold: { N: "2" }, trustees: { N: "3" }, tested: { BOOL: true } };
  return { form: { S: "sealed" }, trustees: { M: { ...keys, ...numbers } } };
}

function itemOf(lawId: string): object {
  const [title, opens_at] = [{ S: "Bench" }, { S: "2020-01-01T00:00:00.000Z" }];
  return { law_id: { S: lawId }, title, opens_at, key_version: { N: "1" }, ...LAWS[lawId] };
}

/** Answers ingest's AWS requests at once, so that only the work of the function and of the SDK is measured. */
const instantAws = {
  metadata: { handlerProtocol: "http/1.1" },
  async handle(request: { headers: Record<string, string>; body?: unknown }) {
    const target = request.headers["x-amz-target"] ?? "";
    return {
      response: new HttpResponse({
        statusCode: 200,
        headers: { "content-type": "application/x-amz-json-1.0" },
        body: Buffer.from(JSON.stringify(answerTo(target, String(request.body)))),
      }),
    };
  },
  updateHttpClientConfig: () => undefined,
  httpHandlerConfigs: () => ({}),
  destroy: () => undefined,
};

function answerTo(target: string, body: string): object {
  if (target.endsWith("GetItem")) return { Item: itemOf(JSON.parse(body).Key.law_id.S) };
  if (target.endsWith("GetSecretValue")) {
    return { SecretString: SECRET };
  }
  return { MessageId: "00000000-0000-4000-8000-000000000000", MD5OfMessageBody: createHash("md5").digest("hex") };
}

/** What is measured: the law, and the ballot of a vote. */
const KINDS: ReadonlyArray<readonly [name: string, lawId: string, ballot: (vote: number) => object]> = [
  ["no form", "NONE", () => ({ vote: "oui" })],
  ["an open law", "OPEN", () => ({ vote: "oui" })],
  ["a sealed law, sealed by its client", "SEALED", (vote) => ({ sealed_vote: envelopeOf(vote) })],
  ["a sealed law, sealed by ingest", "SEALED", () => ({ vote: "oui" })],
];

function envelopeOf(vote: number): string {
  const seed = Buffer.alloc(SEED_BYTES);
  seed.writeUInt32BE(vote);
  const sealed = sealBallot(ballotBox(ORIGIN, election.publicKey), 0, seed);
  if (sealed.type !== "sealed") throw new Error(sealed.type);
  return sealed.envelope;
}

/**
 * Measures the ingest handler in this process, with AWS answering at once: parse, law, hash, request id,
 * promise, macs, SDK.
 *
 * @param votes in a round
 * @param rounds how many times
 * @returns a measurement for each form of a law
 */
export async function benchIngest(votes: number, rounds: number): Promise<Measurement[]> {
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
    PROMISE_KEY_SECRET_ARN: "promises",
    POWERTOOLS_METRICS_DISABLED: "true",
  });
  const { handler } = await import("../../functions/ingest/index.ts");
  const context = { awsRequestId: "bench" } as import("aws-lambda").Context;
  const measurements: Measurement[] = [];
  for (const [name, lawId, ballot] of KINDS) {
    // The client's work comes before the clock starts.
    const events = Array.from({ length: votes }, (_, vote) => eventOf(vote, lawId, ballot(vote)));
    const round = async () => {
      for (const event of events) {
        const { statusCode } = await handler(event, context);
        if (statusCode !== 202) throw new Error(`the handler answered ${statusCode}`);
      }
    };
    await round();
    const measured = [];
    for (let index = 0; index < rounds; index++) measured.push(await timed(round));
    measurements.push(summarize(`ingest alone, AWS answers at once: ${name}`, votes, measured));
  }
  return measurements;
}

function eventOf(vote: number, lawId: string, ballot: object): APIGatewayProxyEvent {
  return apiEvent({
    headers: { "Content-Type": "application/json", "User-Agent": "bench", Host: "127.0.0.1" },
    body: JSON.stringify({ nas: String(100_000_000 + vote), code: "ABCDEFGH23456789", law_id: lawId, ...ballot }),
  });
}
