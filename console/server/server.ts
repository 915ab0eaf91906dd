import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import { CACHE, pageHeaders } from "../../shared/messages/page-headers.ts";
import type { ConsoleAnswer, ConsoleAnswers, ConsoleRequests, Problem } from "../state.ts";
import { Acts, NotTyped } from "./acts.ts";
import { API_PATH, refusalOf } from "./guard.ts";
import type { PageFile } from "./page-files.ts";
import { problemOf } from "./problem.ts";
import { type Watched, Watcher } from "./watcher.ts";

const ADDRESS = "127.0.0.1";
const TOKEN_BYTES = 32;
const MOST_BODY_BYTES = 16 * 1024;

/** Stricter than that of the voters' pages: nothing inline at all. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const typed = z.string().max(200);
const id = z.uuid();

/** The form of each request. */
const REQUESTS = {
  state: z.strictObject({}),
  freeze: z.strictObject({ law_id: z.string().regex(LAW_ID_PATTERN), frozen: z.boolean(), typed }),
  proposal: z.strictObject({ id }),
  approve: z.strictObject({ id, hash, typed }),
  refuse: z.strictObject({ id, hash }),
} as const satisfies Readonly<Record<keyof ConsoleRequests, z.ZodType>>;
type Name = keyof ConsoleRequests;

/** A console that runs. */
export interface RunningConsole {
  /** The address to open: the part after `#` is the token, which browsers send to no server. */
  readonly url: string;
  readonly origin: string;
  /** Ends what is carried out after its step, and the server. */
  close(): Promise<void>;
}

/**
 * Serves the console on this machine.
 *
 * @param watched the stage
 * @param files the page
 * @param port 0: any that is free
 * @throws Error with the system's code when the port is taken
 */
export async function startConsole(
  watched: Watched,
  files: ReadonlyMap<string, PageFile>,
  port = 0,
): Promise<RunningConsole> {
  const ending = new AbortController();
  const watcher = new Watcher(watched, ending.signal);
  const acts = new Acts(watched.api, watched.outcomeOf, ending.signal);
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  const answers = answersOf(watcher, acts);
  let host = "";
  const server = createServer((request, response) => {
    respond(request, response, { host, token, files, answers }).catch((error: unknown) => {
      // Without the error's text: it may have parts of the request.
      process.stderr.write(`A request failed (${error instanceof Error ? error.name : "unknown"}).\n`);
      response.destroy();
    });
  });
  server.listen(port, ADDRESS);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  host = `${ADDRESS}:${address.port}`;
  return {
    url: `http://${host}/#${token}`,
    origin: `http://${host}`,
    async close() {
      ending.abort(new Error("The console was ended."));
      server.close();
      await acts.ended();
      server.closeAllConnections();
    },
  };
}

type Answers = { readonly [N in Name]: (request: ConsoleRequests[N]) => Promise<ConsoleAnswers[N]> };

function answersOf(watcher: Watcher, acts: Acts): Answers {
  const done = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      watcher.outdate();
    }
  };
  return {
    state: async () => ({ ...(await watcher.state()), works: acts.works }),
    freeze: (request) => done(acts.freeze(request)),
    proposal: (request) => acts.proposal(request),
    approve: (request) => done(acts.approve(request)),
    refuse: (request) => done(acts.refuse(request)),
  };
}

interface Served {
  readonly host: string;
  readonly token: string;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly answers: Answers;
}

async function respond(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const { method = "GET", headers } = request;
  const refused = refusalOf({ method, path, headers }, served.host, served.token);
  if (refused !== undefined) {
    const allowed = refused.status === 405 ? { allow: path.startsWith(API_PATH) ? "POST" : "GET, HEAD" } : {};
    return send(response, refused.status, "text/plain; charset=utf-8", `${refused.detail}\n`, allowed);
  }
  if (!path.startsWith(API_PATH)) {
    const file = served.files.get(path);
    if (file === undefined) return send(response, 404, "text/plain; charset=utf-8", "There is no such file.\n");
    return send(response, 200, file.type, method === "HEAD" ? "" : file.body);
  }
  const name = path.slice(API_PATH.length);
  if (!isName(name)) return send(response, 404, "text/plain; charset=utf-8", "There is no such request.\n");
  const body = await bodyOf(request);
  if (body === undefined) return send(response, 413, "text/plain; charset=utf-8", "The body is too large.\n");
  send(response, 200, "application/json", JSON.stringify(await answerTo(served.answers, name, body)));
}

function isName(text: string): text is Name {
  return Object.hasOwn(REQUESTS, text);
}

async function answerTo<N extends Name>(answers: Answers, name: N, body: string): Promise<ConsoleAnswer<unknown>> {
  try {
    // The schema of this name has the form of its request: REQUESTS is checked against ConsoleRequests.
    const request = REQUESTS[name].parse(JSON.parse(body)) as ConsoleRequests[N];
    return { ok: true, result: await answers[name](request) };
  } catch (error) {
    return { ok: false, problem: error instanceof NotTyped ? error.problem : problemOfRequest(error) };
  }
}

function problemOfRequest(error: unknown): Problem {
  if (error instanceof SyntaxError || error instanceof z.ZodError) {
    return { message: "The request is not of the right form: load the page again.", code: "invalid_request" };
  }
  return problemOf(error);
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  more: Readonly<Record<string, string>> = {},
): void {
  const headers = {
    ...pageHeaders(CACHE.page),
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Content-Type": type,
    ...more,
  };
  response.writeHead(status, headers).end(body);
}
