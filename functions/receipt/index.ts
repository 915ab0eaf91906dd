import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { toMinute } from "../../shared/domain/coarse-time.ts";
import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import { parseRequestId, verifyRequestId } from "../../shared/domain/request-id.ts";
import type { Receipt } from "../../shared/messages/responses.ts";
import { dynamoDbClient, secretsManagerClient } from "../../shared/runtime/aws-clients.ts";
import { required, wholeNumber } from "../../shared/runtime/environment.ts";
import { httpHandler, json } from "../../shared/runtime/http.ts";
import { KeyRing, type KeySource } from "../../shared/runtime/key-ring.ts";
import { describe, log } from "../../shared/runtime/log.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { CachedLawStore } from "../../shared/stores/law-cache.ts";
import { DynamoLawStore, type LawStore } from "../../shared/stores/laws.ts";
import { DynamoReceiptStore, type ReceiptStore } from "../../shared/stores/receipts.ts";

export interface ReceiptServices {
  readonly keys: KeySource<"requestIdMac">;
  readonly receipts: Pick<ReceiptStore, "get">;
  readonly laws: LawStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The handler of `GET /api/v1/votes/{request_id}`. */
export const handler = httpHandler(buildServices, handle);

/** Builds the services at a cold start. */
async function buildServices(): Promise<ReceiptServices> {
  const laws = new DynamoLawStore(dynamoDbClient(), required("LAWS_TABLE"));
  return {
    laws: new CachedLawStore(laws, wholeNumber("LAW_CACHE_SECONDS", 5), {
      now: Date.now,
      elapsed: performance.now.bind(performance),
    }),
    keys: await KeyRing.load(
      secretsManagerClient(),
      { requestIdMac: required("REQUEST_ID_KEY_SECRET_ARN") },
      performance.now.bind(performance),
    ),
    receipts: new DynamoReceiptStore(dynamoDbClient(), required("RECEIPTS_TABLE"), {
      onError: (error) => log.warn("a call to AWS failed", { cause: describe(error) }),
      pause: async () => undefined,
    }),
    now: Date.now,
  };
}

/** Handles one request. The MAC of the id tells an undecided submission from an id that was never issued. */
export async function handle(event: APIGatewayProxyEvent, services: ReceiptServices): Promise<APIGatewayProxyResult> {
  const requestId = event.pathParameters?.["request_id"] ?? "";
  const claimed = parseRequestId(requestId);
  const keys = claimed && (await services.keys.holding(claimed.keyVersion));
  const issued = keys && verifyRequestId(requestId, keys.requestIdMac);
  if (issued === undefined)
    throw new ProblemError("no-such-vote", { detail: "There is no vote with this request_id." });
  const stored = await services.receipts.get(requestId);
  if (stored === undefined) await refuseDestroyed(issued.lawId, services);
  const receipt: Receipt =
    stored === undefined
      ? {
          request_id: requestId,
          law_id: issued.lawId,
          ...rehearsalMark(issued.lawId),
          status: "received",
          updated_at: toMinute(new Date(services.now()).toISOString()),
        }
      : {
          request_id: requestId,
          law_id: stored.lawId,
          ...rehearsalMark(stored.lawId),
          status: stored.status,
          ...(stored.reason === undefined ? {} : { reason: stored.reason }),
          updated_at: toMinute(stored.updatedAt),
        };
  return json(200, receipt);
}

/** Without this, a receipt that was destroyed with its law would look like one that is still to come. */
async function refuseDestroyed(lawId: string, { laws }: ReceiptServices): Promise<void> {
  const law = await laws.get(lawId);
  if (law?.destroyedAt === undefined) return;
  throw new ProblemError("vote-destroyed", {
    detail:
      `The legal term of ${lawId} is over, and what was recorded of its votes was destroyed on ` +
      `${law.destroyedAt.slice(0, 10)}. Its result and what was published of it stay.`,
    extensions: { law_id: lawId, ...rehearsalMark(lawId) },
  });
}
