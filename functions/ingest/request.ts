import type { APIGatewayProxyEvent } from "aws-lambda";
import {
  IdempotencyKey,
  MAX_BODY_BYTES,
  parseVoteRequest,
  type VoteRequest,
} from "../../shared/messages/vote-request.ts";
import { headerValues } from "../../shared/runtime/http.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";

/** `application/json`, with no charset or UTF-8. */
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Known codings of a body (IANA, "HTTP Content Coding Registry"). An answer does not repeat any other text of the
 * header.
 */
const CODINGS = [
  "aes128gcm",
  "br",
  "compress",
  "dcb",
  "dcz",
  "deflate",
  "exi",
  "gzip",
  "pack200-gzip",
  "x-compress",
  "x-gzip",
  "zstd",
];

/**
 * Refuses an encoded body. API Gateway decodes gzip and deflate but passes on the header, so the function cannot know
 * whether the body is still encoded. A vote is too small to gain from compression.
 */
function refuseEncoded(event: APIGatewayProxyEvent): void {
  const codings = headerValues(event, "content-encoding").flatMap((value) => value.toLowerCase().split(","));
  const coding = codings.map((one) => one.trim()).find((one) => one !== "" && one !== "identity");
  if (coding === undefined) return;
  const named = CODINGS.includes(coding) ? coding : "other than identity";
  throw new ProblemError("unsupported-media-type", {
    detail: `A content-encoding (${named}) is not read here: send the vote as it is, without that header.`,
    headers: { "accept-encoding": "identity" },
  });
}

/**
 * Reads and checks a request to vote.
 *
 * @param event the request
 * @returns the vote, and the Idempotency-Key if there is one
 * @throws ProblemError 415, 413 or 400; none of them repeats any part of the request
 */
export function readRequest(event: APIGatewayProxyEvent): {
  readonly vote: VoteRequest;
  readonly idempotencyKey: string | undefined;
} {
  const types = headerValues(event, "content-type");
  if (types.length !== 1 || !JSON_TYPE.test(types[0] ?? "")) {
    throw new ProblemError("unsupported-media-type", { detail: "Send the vote as content-type: application/json." });
  }
  refuseEncoded(event);
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? "");
  if (Buffer.byteLength(text) > MAX_BODY_BYTES) {
    throw new ProblemError("body-too-large", { detail: `The body may have at most ${MAX_BODY_BYTES} bytes.` });
  }
  const parsed = parseVoteRequest(text);
  const key = readIdempotencyKey(event);
  if (!parsed.ok || !key.ok) {
    const errors = [
      ...(parsed.ok ? [] : parsed.errors),
      ...(key.ok ? [] : [{ field: "Idempotency-Key", message: key.message }]),
    ];
    throw new ProblemError("malformed-request", {
      detail: "The request is not a valid vote; errors names each wrong field and the reason.",
      errors,
    });
  }
  return { vote: parsed.value, idempotencyKey: key.value };
}

type KeyResult =
  | { readonly ok: true; readonly value: string | undefined }
  | { readonly ok: false; readonly message: string };

function readIdempotencyKey(event: APIGatewayProxyEvent): KeyResult {
  const values = headerValues(event, "idempotency-key");
  if (values.length === 0) return { ok: true, value: undefined };
  if (values.length > 1) return { ok: false, message: "must be sent once" };
  const parsed = IdempotencyKey.safeParse(values[0]);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, message: parsed.error.issues[0]?.message ?? "is malformed" };
}
