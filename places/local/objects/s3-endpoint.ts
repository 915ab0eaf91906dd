import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ObjectFiles, tagOf } from "./object-files.ts";

/** The largest object that is taken. */
const MOST_BYTES = 64 * 2 ** 20;
/** Names in one answer (S3 API Reference, "ListObjectsV2"). */
const PAGE = 1_000;

interface Answer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
}

/**
 * The part of S3 that the functions use, over HTTP with the bucket in the path: PutObject (also with `If-None-Match:
 * *` and `If-Match`), GetObject, HeadObject, ListObjectsV2, DeleteObject. Nobody here checks who asks.
 */
export class S3Endpoint {
  readonly #server: Server;
  readonly #files: ObjectFiles;
  readonly #buckets: readonly string[];

  /**
   * @param files keeps the objects
   * @param buckets which buckets there are
   */
  constructor(files: ObjectFiles, buckets: readonly string[]) {
    this.#files = files;
    this.#buckets = buckets;
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  /**
   * @param port the port on 127.0.0.1; 0 for any
   * @returns the port that it listens on
   */
  async listen(port: number): Promise<number> {
    await this.#files.open(this.#buckets);
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Listens no more. */
  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { statusCode, headers, body } = await this.#answer(request).catch((error: unknown): Answer => {
      console.error(`S3 ${request.method}:`, error);
      return refusal(500, "InternalError", "The object store failed; its log says why.");
    });
    if (response.destroyed) return;
    response.writeHead(statusCode, headers).end(request.method === "HEAD" ? undefined : body);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, bucket = "", ...rest] = pathname.split("/").map(decodeURIComponent);
    const key = rest.join("/");
    const body = await bodyOf(request);
    if (body === undefined) return refusal(400, "EntityTooLarge", `An object has at most ${MOST_BYTES} bytes here.`);
    if (!this.#buckets.includes(bucket)) return refusal(404, "NoSuchBucket", `There is no bucket ${bucket}.`);
    if (key === "" && request.method === "GET" && searchParams.get("list-type") === "2")
      return this.#list(bucket, searchParams);
    if (key !== "" && [...searchParams.keys()].every((name) => name === "x-id")) {
      if (request.method === "PUT") return this.#put(bucket, key, body, request.headers);
      if (request.method === "GET" || request.method === "HEAD")
        return this.#get(bucket, key, request.method === "HEAD");
      if (request.method === "DELETE") {
        await this.#files.remove(bucket, key);
        return { statusCode: 204 };
      }
    }
    return refusal(501, "NotImplemented", `The local runtime does not emulate ${request.method} ${request.url} of S3.`);
  }

  async #put(bucket: string, key: string, body: Buffer, headers: IncomingMessage["headers"]): Promise<Answer> {
    if (headers["content-encoding"]?.includes("aws-chunked") === true) {
      return refusal(501, "NotImplemented", "The local runtime does not emulate bodies in signed chunks.");
    }
    const condition = headers["if-none-match"];
    if (condition !== undefined && condition !== "*") {
      return refusal(501, "NotImplemented", "Of conditions, only If-None-Match: * and If-Match are emulated.");
    }
    const replaces = headers["if-match"];
    const isWritten = await this.#files.put(bucket, key, body, { once: condition === "*", replaces });
    if (isWritten) return { statusCode: 200, headers: { etag: tagOf(body) } };
    if (replaces === undefined) return refusal(412, "PreconditionFailed", "There is an object of this name.");
    const isThere = (await this.#files.sizeOf(bucket, key)) !== undefined;
    return isThere ? refusal(412, "PreconditionFailed", "The object has another tag.") : NO_SUCH_KEY;
  }

  async #get(bucket: string, key: string, headOnly: boolean): Promise<Answer> {
    const headers = { "content-type": "application/octet-stream" };
    if (headOnly) {
      const size = await this.#files.sizeOf(bucket, key);
      return size === undefined
        ? NO_SUCH_KEY
        : { statusCode: 200, headers: { ...headers, "content-length": `${size}` } };
    }
    const body = await this.#files.get(bucket, key);
    if (body === undefined) return NO_SUCH_KEY;
    return {
      statusCode: 200,
      headers: { ...headers, "content-length": `${body.length}`, etag: tagOf(body) },
      body,
    };
  }

  async #list(bucket: string, asked: URLSearchParams): Promise<Answer> {
    const prefix = asked.get("prefix") ?? "";
    const after = asked.get("continuation-token") ?? asked.get("start-after") ?? "";
    const most = Math.min(PAGE, Number(asked.get("max-keys") ?? PAGE));
    const keys = (await this.#files.keys(bucket, prefix)).filter(
      (key) => Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0,
    );
    const page = keys.slice(0, most);
    const next = keys.length > page.length ? page.at(-1) : undefined;
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult>' +
      `<Name>${escaped(bucket)}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${page.length}</KeyCount>` +
      `<MaxKeys>${most}</MaxKeys><IsTruncated>${next !== undefined}</IsTruncated>` +
      (next === undefined ? "" : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`) +
      page.map((key) => `<Contents><Key>${escaped(key)}</Key></Contents>`).join("") +
      "</ListBucketResult>";
    return { statusCode: 200, headers: { "content-type": "application/xml" }, body };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= MOST_BYTES) chunks.push(chunk);
  }
  return bytes > MOST_BYTES ? undefined : Buffer.concat(chunks);
}

function refusal(statusCode: number, code: string, message: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
  return { statusCode, headers: { "content-type": "application/xml" }, body };
}

const NO_SUCH_KEY = refusal(404, "NoSuchKey", "There is no object of this name.");

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
