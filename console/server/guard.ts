import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { TOKEN_HEADER } from "../state.ts";

/** What is asked of the server, as far as it tells who asks. */
export interface Asked {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is refused. */
export interface Refused {
  readonly status: 400 | 401 | 403 | 405 | 415 | 421;
  readonly detail: string;
}

/** Where the requests of the page go; everything else is a file. */
export const API_PATH = "/api/";

/**
 * Refuses what does not come from the console's own page, opened by the printed address. Other pages in the same
 * browser can send requests to this server, but they cannot know the token or send its header to another origin, and
 * their requests name their origin. A name that points here (DNS rebinding) makes another page of the same origin as
 * this server, and comes with that name as the host.
 *
 * @param asked the request
 * @param host the server's host and port
 * @param token what the printed address has
 * @returns undefined: the request is of the page, or is for a file
 */
export function refusalOf({ method, path, headers }: Asked, host: string, token: string): Refused | undefined {
  if (headers.host !== host) {
    return { status: 421, detail: `This is the console at http://${host}/ and answers under no other name.` };
  }
  if (!path.startsWith(API_PATH)) {
    // Files have nothing secret in them and do nothing.
    if (method === "GET" || method === "HEAD") return undefined;
    return { status: 405, detail: "Files are read with GET." };
  }
  if (method !== "POST") return { status: 405, detail: "Nothing is looked at or done here but with POST." };
  const site = headers["sec-fetch-site"];
  if (headers.origin !== `http://${host}` || (site !== undefined && site !== "same-origin")) {
    return { status: 403, detail: "The request comes from another page." };
  }
  const type = headers["content-type"] ?? "";
  if (!/^application\/json(?:;|$)/.test(type)) return { status: 415, detail: "Send application/json." };
  if (!isSame(String(headers[TOKEN_HEADER] ?? ""), token)) {
    return { status: 401, detail: "Open the address that npm run console has printed." };
  }
  return undefined;
}

/** In a time that does not tell how much of it is right. */
function isSame(said: string, token: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(said), hash(token));
}
