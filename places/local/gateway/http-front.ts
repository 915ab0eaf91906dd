import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { APIGatewayProxyEvent } from "aws-lambda";
import type { FunctionResult, Invoker } from "../lambda/invoker.ts";
import type { ApiModel } from "../template/apis.ts";
import type { GatewayResponses, HttpAnswer } from "../template/gateway-responses.ts";
import { answerOf, proxyEvent } from "./proxy-event.ts";
import { Router } from "./router.ts";
import { Throttles } from "./throttle.ts";

/** API Gateway's limit for a request's body (Developer Guide, "Quotas"), and Lambda's limit for an event. */
const GATEWAY_BODY_LIMIT = 10 * 1024 * 1024;
const LAMBDA_EVENT_LIMIT = 6 * 1024 * 1024;
const NOTHING = Buffer.alloc(0);

/** The HTTP front of one API, which does what API Gateway does for it. */
export class HttpFront {
  readonly #router: Router;
  readonly #throttles: Throttles;
  readonly #gateway: GatewayResponses;
  readonly #invoker: Invoker;
  readonly #server: Server;
  #open = 0;
  #closing = false;
  #idle: (() => void) | undefined;

  /**
   * @param api the API's routes, throttles and gateway responses
   * @param invoker runs the functions
   */
  constructor(api: Omit<ApiModel, "name">, invoker: Invoker) {
    this.#router = new Router(api.routes);
    this.#throttles = new Throttles(api.throttles, performance.now.bind(performance));
    this.#gateway = api.gatewayResponses;
    this.#invoker = invoker;
    // Node would answer these by itself, without a body: no host, an expectation, a tunnel.
    const options = { keepAliveTimeout: 65_000, requestTimeout: 30_000, requireHostHeader: false };
    const take = (request: IncomingMessage, response: ServerResponse) => this.#take(request, response);
    this.#server = createServer(options, take);
    this.#server.on("checkExpectation", take);
    this.#server.on("connect", (_request, socket) => this.#refuseUnreadable(socket));
    this.#server.on("clientError", (_error, socket) => this.#refuseUnreadable(socket));
  }

  /** @param port the port on 127.0.0.1 */
  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      // More than Node's 511, because at a peak a client may open all its connections at once.
      this.#server.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => resolve());
    });
  }

  /** Accepts no more connections, and waits for the requests under way, for at most `deadlineMs`. */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true;
    this.#server.close();
    this.#server.closeIdleConnections();
    if (this.#open > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadlineMs);
        this.#idle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#server.closeAllConnections();
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.#open += 1;
    // Tells the client not to send its next request on a connection that is about to end.
    if (this.#closing) response.shouldKeepAlive = false;
    response.once("close", () => {
      this.#open -= 1;
      if (this.#open === 0) this.#idle?.();
    });
    const target = request.url ?? "/";
    const mark = target.indexOf("?");
    const url = mark < 0 ? { path: target, query: "" } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
    const match = this.#router.match(request.method ?? "GET", url.path);
    if (!this.#throttles.take(match?.route)) {
      request.resume();
      send(response, this.#gateway.answer("THROTTLED"));
      return;
    }
    if (request.headers.host === undefined) {
      request.resume();
      send(response, this.#gateway.answer("BAD_REQUEST_PARAMETERS"));
      return;
    }
    if (match === undefined) {
      request.resume();
      send(response, this.#gateway.answer("MISSING_AUTHENTICATION_TOKEN"));
      return;
    }
    if ("mock" in match.route) {
      request.resume();
      send(response, match.route.mock(request.headers.origin));
      return;
    }
    if ("file" in match.route) {
      request.resume();
      void this.#sendFile(response, match.route.file(url.path, match.pathParameters));
      return;
    }
    const { functionName, timeoutMs } = match.route;
    let length = 0;
    let chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > GATEWAY_BODY_LIMIT) chunks = [];
      else chunks.push(chunk);
    });
    request.on("end", () => {
      if (length > LAMBDA_EVENT_LIMIT) {
        send(response, this.#gateway.answer("REQUEST_TOO_LARGE"));
        return;
      }
      const body = chunks.length === 1 ? (chunks[0] ?? NOTHING) : Buffer.concat(chunks);
      void this.#forward(response, functionName, proxyEvent(request, url, match, body), timeoutMs);
    });
  }

  async #sendFile(response: ServerResponse, file: Promise<HttpAnswer>): Promise<void> {
    try {
      send(response, await file);
    } catch (error) {
      console.error(error);
      send(response, this.#gateway.answer("INTEGRATION_FAILURE"));
    }
  }

  async #forward(
    response: ServerResponse,
    functionName: string,
    event: APIGatewayProxyEvent,
    timeoutMs: number,
  ): Promise<void> {
    send(response, this.#answerTo(await this.#invoker.invoke(functionName, event, timeoutMs)));
  }

  #answerTo(result: FunctionResult): HttpAnswer {
    switch (result.kind) {
      case "returned":
        return answerOf(result.value) ?? this.#gateway.answer("API_CONFIGURATION_ERROR", 502);
      case "timed_out":
        return this.#gateway.answer("INTEGRATION_TIMEOUT");
      case "failed":
        return this.#gateway.answer("DEFAULT_5XX", 502);
      case "throttled":
        // If Lambda answers 429 to API Gateway, the caller gets a server error.
        return this.#gateway.answer("DEFAULT_5XX", 500);
    }
  }

  /** Answers a request that is not HTTP, which API Gateway's front end would refuse as well. */
  #refuseUnreadable(socket: Socket | import("node:stream").Duplex): void {
    if (!socket.writable) {
      socket.destroy();
      return;
    }
    const { body, headers } = this.#gateway.answer("BAD_REQUEST_PARAMETERS");
    const length = Buffer.byteLength(body);
    const lines = Object.entries({ ...headers, "content-length": length, connection: "close" });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.end(`HTTP/1.1 400 Bad Request\r\n${head}\r\n${body}`);
  }
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed || response.headersSent) return;
  // The length of an answer to HEAD without a body is not known; 204 and 304 have none (RFC 9110 §8.6).
  const length = Buffer.byteLength(answer.body);
  const unknown = length === 0 && (response.req.method === "HEAD" || [204, 304].includes(answer.statusCode));
  response.writeHead(answer.statusCode, {
    ...answer.headers,
    ...(unknown ? {} : { "content-length": length }),
  } as import("node:http").OutgoingHttpHeaders);
  response.end(answer.body);
}
