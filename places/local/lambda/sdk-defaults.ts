import { Agent, request as httpRequest } from "node:http";
import { type HttpRequest, HttpResponse } from "@smithy/protocol-http";
import type { HttpHandlerOptions, RequestSigner, HttpRequest as SignedRequest } from "@smithy/types";
import type { SqsCall } from "./sqs-call.ts";

/** The name that shared/runtime/aws-clients.ts looks for. */
const HOST_DEFAULTS = Symbol.for("referendum.aws-client-defaults");

/**
 * Lets the functions' SDK clients reach the emulators cheaply: they send to queues by a function call, keep their
 * connections for everything else, and sign no request, because nobody here checks signatures. On AWS, none of this
 * exists.
 *
 * @param callSqs reaches the queues
 */
export function installSdkDefaults(callSqs: SqsCall): void {
  Object.assign(globalThis, { [HOST_DEFAULTS]: { requestHandler: new EmulatorHandler(callSqs), signer: NO_SIGNER } });
}

/** dynalite checks only the form of a signature. */
const AUTHORIZATION =
  "AWS4-HMAC-SHA256 Credential=local/20260101/ca-central-1/local/aws4_request, SignedHeaders=host, Signature=0";

const NO_SIGNER: RequestSigner = {
  async sign(request: SignedRequest) {
    request.headers["authorization"] = AUTHORIZATION;
    request.headers["x-amz-date"] = "20260101T000000Z";
    return request;
  },
};

const REQUEST_TIMEOUT_MS = 3_000;

class EmulatorHandler {
  readonly metadata = { handlerProtocol: "http/1.1" };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 50 });
  readonly #callSqs: SqsCall;

  constructor(callSqs: SqsCall) {
    this.#callSqs = callSqs;
  }

  async handle(request: HttpRequest, options: HttpHandlerOptions = {}): Promise<{ response: HttpResponse }> {
    const target = request.headers["x-amz-target"];
    const body = target?.startsWith("AmazonSQS.") === true ? textOf(request.body) : undefined;
    if (target !== undefined && body !== undefined) {
      const answer = await this.#callSqs(target.slice("AmazonSQS.".length), body);
      if (answer !== undefined) {
        return {
          response: new HttpResponse({
            statusCode: answer.statusCode,
            headers: { "content-type": "application/x-amz-json-1.0" },
            body: Buffer.from(answer.body),
          }),
        };
      }
    }
    return { response: await this.#send(request, options) };
  }

  #send(request: HttpRequest, { abortSignal }: HttpHandlerOptions): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(request.query ?? {})) {
        for (const item of Array.isArray(value) ? value : [value]) query.append(name, item ?? "");
      }
      const outgoing = httpRequest(
        {
          agent: this.#agent,
          host: request.hostname,
          port: request.port,
          method: request.method,
          path: query.size === 0 ? request.path : `${request.path}?${query}`,
          headers: request.headers,
          timeout: REQUEST_TIMEOUT_MS,
        },
        (incoming) => {
          const headers: Record<string, string> = {};
          for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value);
          resolve(new HttpResponse({ statusCode: incoming.statusCode ?? 0, headers, body: incoming }));
        },
      );
      outgoing.on("timeout", () => outgoing.destroy(timeoutError()));
      outgoing.on("error", reject);
      if (abortSignal !== undefined && abortSignal !== null)
        abortSignal.onabort = () => outgoing.destroy(timeoutError());
      outgoing.end(request.body);
    });
  }

  updateHttpClientConfig(): void {
    // There is nothing to configure, because the emulators are on this machine.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {
    this.#agent.destroy();
  }
}

/** The SDK passes a JSON body as text or, in newer versions, as bytes. */
function textOf(body: unknown): string | undefined {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  return undefined;
}

function timeoutError(): Error {
  return Object.assign(new Error("the emulator did not answer in time"), { name: "TimeoutError" });
}
