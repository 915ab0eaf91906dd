import { pageHeaders } from "../../../shared/messages/page-headers.ts";
import type { BrokenBytes } from "./broken.ts";
import {
  isIdempotencyKey,
  LARGEST_BODY,
  type ReadVote,
  utf8Of,
  voteIn,
  type World,
  withoutBlanks,
} from "./contract.ts";
import type { HostileRequest } from "./requests.ts";
import type { Exchange, WireAnswer } from "./wire.ts";

/** A vote that was answered 202. */
export interface AcceptedVote {
  readonly requestId: string;
  readonly vote: ReadVote;
}

const ROUTES: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/vote$/, "POST"],
  [/^\/api\/v1\/votes\/([^/]+)$/, "GET"],
  [/^\/api\/v1\/results$/, "GET"],
  [/^\/api\/v1\/results\/([^/]+)$/, "GET"],
  [/^\/api\/v1\/turnout\/([^/]+)$/, "GET"],
  [/^\/api\/v1\/laws$/, "GET"],
  [/^\/api\/v1\/laws\/([^/]+)$/, "GET"],
  [/^\/api\/v1\/openapi\.json$/, "GET"],
  [/^\/api\/v1\/health$/, "GET"],
];
/** Beside the API: the first of the voters' pages. Of other methods there the API says that it has no such path. */
const PAGE = "/";
const PAGE_HEADERS = new Set(Object.keys(pageHeaders("")).map((name) => name.toLowerCase()));

/** No answer has another one: none that tells what runs behind, none that lets a page of another origin read it. */
const HEADERS = new Set(
  "accept-encoding age content-type content-length cache-control date connection keep-alive allow location etag".split(
    " ",
  ),
);

/**
 * The statuses that the contract allows for a request.
 *
 * @param request what was sent
 * @param world what the stack holds
 */
function allowedFor(request: HostileRequest, world: World): ReadonlySet<number> {
  const path = pathOf(request);
  if (path === PAGE) return new Set(isForPage(request) && !request.target.startsWith("//") ? [200] : [404]);
  const [pattern, method] = ROUTES.find(([candidate]) => candidate.test(path)) ?? [];
  if (pattern === undefined) return new Set([404]);
  const isRead = method === "GET" && request.method === "HEAD";
  if (request.method !== method && !isRead) return new Set([405]);
  if (method === "POST") return allowedForVote(request, world);
  const parameter = pattern.exec(path)?.[1];
  if (parameter === undefined) return new Set([200]);
  const name = decoded(parameter);
  if (path.startsWith("/api/v1/votes/")) return new Set([world.issued.includes(name) ? 200 : 404]);
  return new Set([[...world.openLaws, ...world.otherLaws].includes(name) ? 200 : 404]);
}

/** Whether a page answers: the first one, or behind one more slash the one that says that there is none. */
function isForPage(request: HostileRequest): boolean {
  return pathOf(request) === PAGE && ["GET", "HEAD"].includes(request.method);
}

/** The path as the API understands it: a slash at its end makes no difference. */
function pathOf({ target }: HostileRequest): string {
  const [path = ""] = target.split("?");
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whatever is wrong with a vote may be the answer; where nothing is, it is accepted. */
function allowedForVote(request: HostileRequest, world: World): ReadonlySet<number> {
  const body = request.body ?? Buffer.alloc(0);
  const vote = voteIn(body);
  const types = valuesOf(request, "content-type");
  const keys = valuesOf(request, "idempotency-key");
  const wrong = new Set<number>();
  if (types.length !== 1 || !isJsonType(types[0] ?? "")) wrong.add(415);
  if (valuesOf(request, "content-encoding").some((value) => !["", "identity"].includes(value.toLowerCase()))) {
    wrong.add(415);
  }
  if (body.length > LARGEST_BODY) wrong.add(413);
  // The gateway passes text on, in which three bytes stand for each one that is not UTF-8.
  else if (utf8Of(body) === undefined && body.toString("utf8").length * 3 > LARGEST_BODY) wrong.add(413);
  if (vote === undefined || keys.length > 1 || !keys.every(isIdempotencyKey)) wrong.add(400);
  else if (world.otherLaws.includes(vote.lawId)) wrong.add(409);
  else if (!world.openLaws.includes(vote.lawId)) wrong.add(404);
  return wrong.size > 0 ? wrong : new Set([202]);
}

function valuesOf({ headers }: HostileRequest, name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => withoutBlanks(value));
}

function isJsonType(value: string): boolean {
  const [type = "", ...parameters] = value.toLowerCase().split(";").map(withoutBlanks);
  return type === "application/json" && parameters.every((one) => one.replaceAll('"', "") === "charset=utf-8");
}

/**
 * Judges an answer.
 *
 * @returns the vote, where it was accepted
 * @throws Error saying what the contract forbids
 */
export function judge(request: HostileRequest, answer: WireAnswer, world: World): AcceptedVote | undefined {
  const allowed = allowedFor(request, world);
  if (!allowed.has(answer.status)) throw new Error(`answered ${answer.status}, must be ${[...allowed].join(" or ")}`);
  checkAnswer(answer, request.secrets, request.method === "HEAD", isForPage(request));
  if (answer.status === 405 && one(answer, "allow") === undefined) throw new Error("405 without Allow");
  if (answer.status === 200 && request.method === "GET" && request.target.startsWith("/api/v1/votes/")) {
    const id = pathOf(request).slice("/api/v1/votes/".length);
    if (bodyOf(answer).request_id !== decoded(id)) throw new Error("the receipt of another submission");
  }
  if (answer.status !== 202) return undefined;
  const vote = voteIn(request.body ?? Buffer.alloc(0));
  if (vote === undefined) throw new Error("accepted what is no vote");
  return { requestId: acceptedId(answer, vote, request.target.split("?")[0]), vote };
}

/**
 * Judges what came back for bytes that are no request.
 *
 * @returns the vote, where noise made it a right one
 * @throws Error saying what the contract forbids
 */
export function judgeBroken({ secrets, vote, isNoisy }: BrokenBytes, { answers }: Exchange): AcceptedVote | undefined {
  for (const answer of answers) checkAnswer(answer, secrets, false);
  const accepted = answers.filter((answer) => answer.status === 202);
  const [first] = accepted;
  if (first === undefined) return undefined;
  if (!isNoisy || accepted.length > 1) throw new Error(`${accepted.length} votes accepted from a frame that is wrong`);
  return { requestId: acceptedId(first, vote), vote };
}

function acceptedId(answer: WireAnswer, vote: ReadVote, path = "/api/v1/vote"): string {
  const { request_id: requestId, law_id: lawId, ...rest } = bodyOf(answer);
  if (typeof requestId !== "string" || !/^[A-Za-z0-9_-]{46,112}$/.test(requestId)) throw new Error("no request_id");
  if (lawId !== vote.lawId) throw new Error("accepted for another law");
  if (Object.keys(rest).sort().join() !== "accepted_at,message,status")
    throw new Error("another form than VoteAccepted");
  const receipt = new URL(one(answer, "location") ?? "", `http://stage.example/live${path}`).pathname;
  if (receipt !== `/live/api/v1/votes/${requestId}`) throw new Error("Location is not the receipt's");
  return requestId;
}

/** The rules for every answer. */
function checkAnswer(answer: WireAnswer, secrets: readonly string[], isHead: boolean, isPage = false): void {
  const { status, head, headers, body } = answer;
  if (status === 429) throw new Error("the throttle was hit: this input was not tried");
  if (status >= 500) throw new Error(`answered ${status}`);
  const said = withoutIssuedId(answer);
  for (const secret of secrets) if (said.includes(secret)) throw new Error(`repeats ${secret}`);
  for (const [name, values] of headers) {
    if (!HEADERS.has(name) && !(isPage && PAGE_HEADERS.has(name))) throw new Error(`has a header ${name}`);
    if (values.length !== 1) throw new Error(`has the header ${name} ${values.length} times`);
  }
  if (status < 400 || isPage) return;
  if (one(answer, "content-type") !== "application/problem+json") throw new Error(`is no problem+json: ${head}`);
  if (one(answer, "cache-control") !== "no-store") throw new Error("an error that may be cached");
  if (isHead) return;
  const problem = bodyOf(answer);
  if (problem.status !== status) throw new Error(`its body says status ${problem.status}`);
  for (const name of ["type", "title", "detail"]) {
    if (typeof problem[name] !== "string" || problem[name] === "") throw new Error(`a problem without ${name}`);
  }
  const words = `${problem.title} ${problem.detail}`;
  if (/node:|\bat \S+ \(|\.[tjm]s:\d|sql|redis|dynamo|lambda/i.test(words))
    throw new Error(`tells of its inside: ${words}`);
  if (/node_modules|file:\/|\n {2,}at |[A-Z]\w+Error\b/.test(body)) throw new Error(`tells of its inside: ${body}`);
}

/**
 * An answer's text without the request id that the API has issued in it. The id is random: in one run of 25, one of
 * thousands has the four characters of an input's marker.
 */
function withoutIssuedId({ status, head, body }: WireAnswer): string {
  const id = status < 300 || status === 409 ? /"request_id":"([A-Za-z0-9_-]{46,112})"/.exec(body)?.[1] : undefined;
  const text = `${head}${body}`;
  return id === undefined ? text : text.replaceAll(id, "");
}

function one({ headers }: WireAnswer, name: string): string | undefined {
  return headers.get(name)?.[0];
}

function bodyOf({ body }: WireAnswer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(body);
  if (typeof value !== "object" || value === null) throw new Error(`is no object: ${body}`);
  return { ...value };
}
