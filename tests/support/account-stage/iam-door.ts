import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The name of the session in whose name every signed request is passed on. */
const SESSION = "account-stage";
const SIGNED = /^AWS4-HMAC-SHA256 Credential=[^,]+\/execute-api\/aws4_request, ?SignedHeaders=/;

/**
 * What API Gateway does before the operators' API and LocalStack does not: it refuses requests without a signature, and
 * tells the function who has signed. Nobody checks that a signature is right.
 */
export class IamDoor {
  readonly #server: Server;
  readonly #api: () => Promise<string>;

  /** @param api finds the operators' API on LocalStack, with a slash at its end */
  constructor(api: () => Promise<string>) {
    this.#api = api;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.writeHead(502).end(error instanceof Error ? error.message : String(error));
      });
    });
  }

  /** @returns where it answers, with a slash at its end */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (!SIGNED.test(request.headers.authorization ?? "")) {
      response.writeHead(403, { "content-type": "application/problem+json" }).end('{"code":"not_signed","status":403}');
      return;
    }
    const path = (request.url ?? "/").replace(/^\//, "");
    const answer = await fetch(new URL(path, await this.#api()), {
      method: request.method ?? "POST",
      headers: { "content-type": "application/json", "x-operator": SESSION },
      body: Buffer.concat(chunks),
    });
    const contentType = answer.headers.get("content-type") ?? "application/json";
    response.writeHead(answer.status, { "content-type": contentType }).end(Buffer.from(await answer.arrayBuffer()));
  }
}
