import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

/** The fault of one vote on its way. */
export type Fault =
  /** Nothing; `first` is done before it is passed on. */
  | { readonly kind: "pass"; readonly first?: () => Promise<void> }
  /** The connection ends before the vote was passed on. */
  | { readonly kind: "lose-request" }
  /** The connection ends after the vote was answered; `after` is done before that. */
  | { readonly kind: "lose-answer"; readonly after?: (answer: Passed) => Promise<void> }
  /** The connection ends in the middle of the answer's body. */
  | { readonly kind: "cut-answer" }
  /** The answer is held back until the client has gone. */
  | { readonly kind: "hold-answer" }
  /** The vote is held back until the client has gone, and is then passed on. */
  | { readonly kind: "hold-request" }
  /** Answered without being passed on. */
  | { readonly kind: "refuse"; readonly status: number; readonly retryAfter?: string };

/** An answer of the API to a vote that was passed on. */
interface Passed {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** A proxy before the API that disturbs votes and passes on everything else. */
export interface FaultyProxy {
  readonly url: string;
  /** The Idempotency-Key of each vote that came, in their order. */
  readonly keys: readonly (string | undefined)[];
  /** When each vote came, milliseconds of `performance.now()`. */
  readonly times: readonly number[];
  /** The API's answers to votes that were passed on. */
  readonly passed: readonly Passed[];
  /** Ends it after it has passed on everything that it still holds. Throws its errors. */
  close(): Promise<void>;
}

/**
 * Starts one on a free port of loopback.
 *
 * @param apiUrl the API behind it
 * @param faultOf what happens to the vote of this number, counted from 0, with this Idempotency-Key
 */
export async function startFaultyProxy(
  apiUrl: string,
  faultOf: (vote: number, key: string | undefined) => Fault,
): Promise<FaultyProxy> {
  const keys: (string | undefined)[] = [];
  const times: number[] = [];
  const passed: Passed[] = [];
  const failures: unknown[] = [];
  const underWay = new Set<Promise<void>>();
  const base = apiUrl.replace(/\/$/, "");

  const forward = async (request: IncomingMessage, body: Buffer<ArrayBuffer>) => {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (!HOP_BY_HOP.has(name) && value !== undefined) headers.set(name, String(value));
    }
    const { method = "GET", url = "/" } = request;
    const answer = await fetch(`${base}${url}`, { method, headers, ...(method === "GET" ? {} : { body }) });
    return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new Promise<void>((resolve) => response.on("close", resolve));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (request.method !== "POST") return answerWith(response, await forward(request, body));
    const key = request.headers["idempotency-key"]?.toString();
    const fault = faultOf(keys.length, key);
    keys.push(key);
    times.push(performance.now());
    if (fault.kind === "lose-request") return void response.destroy();
    if (fault.kind === "refuse") return refuse(response, fault.status, fault.retryAfter);
    if (fault.kind === "hold-request") await gone;
    if (fault.kind === "pass") await fault.first?.();
    const answer = await forward(request, body);
    const seen: Passed = { status: answer.status, json: JSON.parse(answer.body.toString()) };
    passed.push(seen);
    if (fault.kind === "pass") return answerWith(response, answer);
    if (fault.kind === "lose-answer") await fault.after?.(seen);
    if (fault.kind === "hold-answer") await gone;
    if (fault.kind === "cut-answer") await cut(response, answer);
    response.destroy();
  };

  const server = createServer((request, response) => {
    const work = handle(request, response).catch((error: unknown) => {
      failures.push(error);
      response.destroy();
    });
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    keys,
    times,
    passed,
    async close() {
      const stuck = Symbol("stuck");
      const ended = await Promise.race([Promise.all(underWay), pause(DRAIN_MS, stuck, { ref: false })]);
      server.close();
      server.closeAllConnections();
      if (ended === stuck) throw new Error(`the proxy still held votes after ${DRAIN_MS / 1000} s`);
      if (failures.length > 0) throw new AggregateError(failures, "the proxy could not pass something on");
    },
  };
}

const DRAIN_MS = 15_000;
/** Headers that belong to one connection, or that are written again for the next one. */
const HOP_BY_HOP = new Set(["host", "connection", "keep-alive", "transfer-encoding", "content-length"]);

interface Whole {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

function answerWith(response: ServerResponse, { status, headers, body }: Whole): void {
  headers.forEach((value, name) => {
    if (!HOP_BY_HOP.has(name) && name !== "content-encoding") response.setHeader(name, value);
  });
  response.writeHead(status, { "content-length": body.length }).end(body);
}

/** The client has the status, the headers and half of the body when the connection ends. */
function cut(response: ServerResponse, { status, headers, body }: Whole): Promise<void> {
  response.writeHead(status, { "content-type": headers.get("content-type") ?? "", "content-length": body.length });
  return new Promise((resolve) => response.write(body.subarray(0, body.length / 2), () => resolve()));
}

function refuse(response: ServerResponse, status: number, retryAfter: string | undefined): void {
  response.writeHead(status, {
    "content-type": "application/problem+json",
    ...(retryAfter === undefined ? {} : { "retry-after": retryAfter }),
  });
  response.end(JSON.stringify({ type: "about:blank", title: "Refused by a test", status }));
}
