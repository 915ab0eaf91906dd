import type { Voter } from "./environment.ts";

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** A field of the body that must be text. */
  field(name: string): string;
}

interface VoteOptions {
  readonly lawId: string;
  readonly voter: Voter;
  readonly vote?: string;
  readonly idempotencyKey?: string;
}

/** The API as its clients use it. */
export interface ApiClient {
  readonly url: string;
  request(method: string, path: string, options?: RequestInit): Promise<Answer>;
  vote(options: VoteOptions): Promise<Answer>;
  /** Posts any body. */
  post(body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>): Promise<Answer>;
  receipt(requestId: string): Promise<Answer>;
  results(lawId?: string): Promise<Answer>;
}

/**
 * A client of the API.
 *
 * @param baseUrl its address, with the gateway's stage if it has one
 */
export function apiClient(baseUrl: string): ApiClient {
  const url = baseUrl.endsWith("/") ? baseUrl.slice(0, -1) : baseUrl;
  const request: ApiClient["request"] = async (method, path, options = {}) => {
    const response = await fetch(`${url}${path}`, { ...options, method });
    return answerOf(response.status, response.headers, await response.text());
  };
  const post: ApiClient["post"] = (body, headers = { "content-type": "application/json" }) =>
    request("POST", "/api/v1/vote", { body, headers });
  return {
    url,
    request,
    post,
    vote: ({ lawId, voter, vote = "oui", idempotencyKey }) =>
      post(JSON.stringify({ nas: voter.nas, code: voter.code, law_id: lawId, vote }), {
        "content-type": "application/json",
        ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
      }),
    receipt: (requestId) => request("GET", `/api/v1/votes/${requestId}`),
    results: (lawId) => request("GET", `/api/v1/results${lawId === undefined ? "" : `/${lawId}`}`),
  };
}

function answerOf(status: number, headers: Headers, text: string): Answer {
  const isJson = /[/+]json/.test(headers.get("content-type") ?? "");
  const json: Record<string, unknown> = isJson && text !== "" ? JSON.parse(text) : {};
  return {
    status,
    headers,
    text,
    json,
    field(name) {
      const value = json[name];
      if (typeof value !== "string") throw new Error(`the answer ${status} has no text in ${name}: ${text}`);
      return value;
    },
  };
}
