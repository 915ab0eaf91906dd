// Serves this folder's page, and forwards requests below /api/ to the API, so that both have the same origin. API names
// another stack than that of `npm start`, PORT another port than 8080 (0: any that is free).
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { API = "http://127.0.0.1:8000", PORT = "8080" } = process.env;
const HERE = fileURLToPath(new URL(".", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript" };
/** The files of the page. No other file can be requested. */
const SERVED = /^\/(?:index\.html|page\.mjs|node_modules\/@referendum\/client\/dist\/[\w-]+\.m?js)$/;
/** The headers that the API reads, and those of its answers. */
const REQUEST_HEADERS = ["content-type", "idempotency-key", "if-none-match"];
const ANSWER_HEADERS = ["content-type", "location", "retry-after", "etag", "cache-control", "allow"];

const server = createServer(async (request, response) => {
  const { pathname, search } = new URL(request.url ?? "/", "http://page");
  try {
    if (pathname.startsWith("/api/")) await passOn(request, response, pathname + search);
    else await serve(response, pathname === "/" ? "/index.html" : pathname);
  } catch (error) {
    // No answer of the API: the client knows what a 502 means, and tries again.
    console.error(`${request.method} ${pathname}: ${error.message}`);
    if (!response.headersSent) response.writeHead(502);
    response.end();
  }
});

async function serve(response, path) {
  if (!SERVED.test(path)) {
    response.writeHead(404).end("not found");
    return;
  }
  const content = await readFile(join(HERE, path));
  response.writeHead(200, { "content-type": TYPES[extname(path)], "cache-control": "no-store" }).end(content);
}

async function passOn(request, response, path) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = await fetch(`${API.replace(/\/$/, "")}${path}`, {
    method: request.method,
    headers: pick(REQUEST_HEADERS, (name) => request.headers[name]),
    body: chunks.length === 0 ? undefined : Buffer.concat(chunks),
    signal: AbortSignal.timeout(30_000),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  response
    .writeHead(
      answer.status,
      pick(ANSWER_HEADERS, (name) => answer.headers.get(name) ?? undefined),
    )
    .end(body);
}

function pick(names, read) {
  return Object.fromEntries(names.map((name) => [name, read(name)]).filter(([, value]) => value !== undefined));
}

server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
