import { type IncomingHttpHeaders, request } from "node:http";
import { request as requestTls } from "node:https";

/** An answer as it came, header names in lower case. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request that `fetch` would refuse to send or would tidy up first. */
export interface RawRequest {
  readonly method: string;
  /** As it is put on the line, below the API's base. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * Sends a request as it is written: any method, any path. It adds no header but `host` and the body's length.
 *
 * @param baseUrl where the API is
 * @param options what to send
 */
export function rawRequest(baseUrl: string, { method, path, headers = {}, body }: RawRequest): Promise<RawAnswer> {
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, "");
  const send = base.protocol === "https:" ? requestTls : request;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = send(
      { host: base.hostname, port: base.port, method, path: `${prefix}${path}`, headers: { ...length, ...headers } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
