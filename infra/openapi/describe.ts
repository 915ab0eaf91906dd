import { z } from "zod";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import {
  AllLaws,
  AllResults,
  Health,
  LawResult,
  Problem,
  PublicLaw,
  Receipt,
  Turnout,
  VoteAccepted,
} from "../../shared/messages/responses.ts";
import { ROUTES } from "../../shared/messages/routes.ts";
import { IdempotencyKey, MAX_BODY_BYTES, VoteRequest } from "../../shared/messages/vote-request.ts";
import { HEADERS, type Json, LINKS } from "./components.ts";
import {
  HEALTHY,
  LAW_RESULT,
  PROBLEM_EXTRAS,
  PUBLIC_LAW,
  RECEIPTS,
  REQUEST_ID,
  SEALED_LAW,
  SEALED_RESULT,
  TURNOUT,
  UNHEALTHY,
  VOTE_ACCEPTED,
  VOTE_REQUESTS,
} from "./examples.ts";

/** The schemas that the code itself validates with. */
const SCHEMAS = {
  VoteRequest,
  IdempotencyKey,
  VoteAccepted,
  Receipt,
  LawResult,
  AllResults,
  Turnout,
  PublicLaw,
  AllLaws,
  Health,
  Problem,
};

/**
 * Describes the API in OpenAPI 3.1, from its routes and from the schemas the code validates with.
 *
 * @returns the document
 * @throws Error when a route has no description here
 */
export function describeApi(): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path } of ROUTES) {
    const operation = OPERATIONS[`${method} ${path}`];
    if (operation === undefined) throw new Error(`the route ${method} ${path} is not described`);
    const refused = { 405: problem("method-not-allowed", 405, "Another method than those in Allow.", ["Allow"]) };
    paths[path] = { ...paths[path], [method.toLowerCase()]: withResponses(operation, { ...COMMON, ...refused }) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Referendum",
      version: "1.1.0-dev",
      summary: "Votes on laws: accepted in milliseconds, counted exactly once.",
      description:
        "Every error is application/problem+json (RFC 9457) and repeats no NAS, code or choice. " +
        "A vote may always be sent again: a voter is counted once. " +
        "HEAD is answered as GET, without the body. A slash at the end of a path makes no difference.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "Where the API is deployed; locally http://127.0.0.1:8000" }],
    security: [],
    paths,
    components: { schemas: schemas(), headers: HEADERS, links: LINKS },
  };
}

function schemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });
  const { schemas: made } = z.toJSONSchema(registry, { io: "input", uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(made).map(([name, { $schema: _schema, $id: _id, id: _name, ...schema }]) => [name, schema]),
  );
}

function ref(name: keyof typeof SCHEMAS): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function headersOf(names: readonly string[]): Json {
  if (names.length === 0) return {};
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) };
}

function answer(
  description: string,
  schema: keyof typeof SCHEMAS,
  examples: Json,
  headers: readonly string[] = [],
  links: readonly string[] = [],
): Json {
  const named = Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
  return {
    description,
    ...headersOf(headers),
    content: { "application/json": { schema: ref(schema), examples: named } },
    ...(links.length === 0
      ? {}
      : { links: Object.fromEntries(links.map((name) => [name, { $ref: `#/components/links/${name}` }])) }),
  };
}

/** An error as the API writes it (shared/runtime/problem.ts). */
function problem(
  name: string,
  status: number,
  description: string,
  headers: readonly string[] = [],
  extras: object = PROBLEM_EXTRAS[name] ?? {},
): Json {
  const title = name.charAt(0).toUpperCase() + name.slice(1).replaceAll("-", " ");
  const value = { type: `urn:referendum:problem:${name}`, title, status, detail: description, ...extras };
  return {
    description,
    ...headersOf(headers),
    content: { "application/problem+json": { schema: ref("Problem"), examples: { [name]: { value } } } },
  };
}

/** What the gateway may answer to any request. */
const COMMON: Json = {
  403: problem("forbidden", 403, "Refused by the firewall."),
  429: problem("too-many-requests", 429, "More requests than are allowed.", ["Retry-After"]),
  503: problem("temporarily-unavailable", 503, "A service did not answer. Try again.", ["Retry-After"]),
};

function withResponses({ responses, ...operation }: Operation, common: Json): Json {
  return { ...operation, responses: { ...common, ...responses } };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Json;
  readonly [field: string]: unknown;
}

const LAW_ID_PARAMETER = {
  name: "law_id",
  in: "path",
  required: true,
  description: "The law.",
  schema: { type: "string", pattern: LAW_ID_PATTERN.source },
  example: LAW_RESULT.law_id,
};
const IF_NONE_MATCH = {
  name: "If-None-Match",
  in: "header",
  description: "An ETag; if the content has not changed since, the answer is 304.",
  schema: { type: "string" },
};
const TALLY_HEADERS = ["ETag", "Cache-Control", "Age"];
const NOT_MODIFIED = {
  description: "Not changed since the answer with the ETag that was sent.",
  ...headersOf(TALLY_HEADERS),
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "POST /api/v1/vote": {
    operationId: "vote",
    summary: "Vote on a law.",
    description: "202 means that the vote is in the queue. The receipt says what became of it.",
    parameters: [
      {
        name: "Idempotency-Key",
        in: "header",
        description: "The same key from the same voter for the same law is one submission, with one request_id.",
        schema: ref("IdempotencyKey"),
        example: "example-key-0001",
      },
    ],
    requestBody: {
      required: true,
      description: `At most ${MAX_BODY_BYTES} bytes.`,
      content: { "application/json": { schema: ref("VoteRequest"), examples: VOTE_REQUESTS } },
    },
    responses: {
      202: answer(
        "Accepted.",
        "VoteAccepted",
        { accepted: VOTE_ACCEPTED },
        ["Location"],
        ["receiptOfVote", "resultsOfItsLaw"],
      ),
      400: problem("malformed-request", 400, "Not a valid vote; errors names each wrong field and the reason."),
      404: problem("no-such-law", 404, "There is no such law."),
      409: problem(
        "law-not-open",
        409,
        "The law takes no votes now. With an Idempotency-Key, the answer has the address of an earlier try's receipt. " +
          "A retry whose vote is counted, duplicate or invalid is answered 202.",
      ),
      413: problem("body-too-large", 413, `More than ${MAX_BODY_BYTES} bytes.`),
      415: problem("unsupported-media-type", 415, "Not application/json, or with a content-encoding."),
      503: problem(
        "temporarily-unavailable",
        503,
        "Not confirmed. The vote may have arrived nevertheless: look at its receipt or send it again.",
        ["Retry-After"],
        PROBLEM_EXTRAS["unconfirmed"],
      ),
    },
  },
  "GET /api/v1/votes/{request_id}": {
    operationId: "receipt",
    summary: "The receipt of a vote.",
    parameters: [
      {
        name: "request_id",
        in: "path",
        required: true,
        description: "The request_id in the answer to the vote.",
        schema: { type: "string", pattern: "^[A-Za-z0-9_-]+$" },
        example: REQUEST_ID,
      },
    ],
    responses: {
      200: answer("The receipt, without the choice.", "Receipt", RECEIPTS),
      404: problem("no-such-vote", 404, "There is no vote with this request_id."),
      410: problem(
        "vote-destroyed",
        410,
        "The legal term of the law is over, and the receipts of its votes were destroyed. Its result stays.",
      ),
    },
  },
  "GET /api/v1/results": {
    operationId: "results",
    summary: "The tally of every law.",
    parameters: [IF_NONE_MATCH],
    responses: {
      200: answer("The tallies.", "AllResults", { results: { results: [LAW_RESULT, SEALED_RESULT] } }, TALLY_HEADERS, [
        "resultsOfFirstLaw",
        "voteOnFirstLaw",
        "unchangedResults",
      ]),
      304: NOT_MODIFIED,
    },
  },
  "GET /api/v1/results/{law_id}": {
    operationId: "resultsOfLaw",
    summary: "The tally of one law.",
    parameters: [LAW_ID_PARAMETER, IF_NONE_MATCH],
    responses: {
      200: answer(
        "The tally; the counts are zero while there are no votes, or while the ballots are sealed.",
        "LawResult",
        { result: LAW_RESULT, sealed: SEALED_RESULT },
        TALLY_HEADERS,
        ["unchangedResultsOfLaw"],
      ),
      304: NOT_MODIFIED,
      404: problem("no-such-law", 404, "There is no such law."),
    },
  },
  "GET /api/v1/turnout/{law_id}": {
    operationId: "turnoutOfLaw",
    summary: "How many may vote on a law, and how many have, by hour.",
    parameters: [LAW_ID_PARAMETER, IF_NONE_MATCH],
    responses: {
      200: answer("The turnout; no hours while there are no votes.", "Turnout", { turnout: TURNOUT }, TALLY_HEADERS),
      304: NOT_MODIFIED,
      404: problem("no-such-law", 404, "There is no such law."),
    },
  },
  "GET /api/v1/laws": {
    operationId: "laws",
    summary: "Every law: title, window, state, and the keys of a sealed one.",
    parameters: [IF_NONE_MATCH],
    responses: {
      200: answer("The laws, by id.", "AllLaws", { laws: { laws: [PUBLIC_LAW, SEALED_LAW] } }, TALLY_HEADERS, [
        "firstLaw",
        "turnoutOfFirstLaw",
      ]),
      304: NOT_MODIFIED,
    },
  },
  "GET /api/v1/laws/{law_id}": {
    operationId: "law",
    summary: "One law: title, window, state, and the keys of a sealed one.",
    parameters: [LAW_ID_PARAMETER, IF_NONE_MATCH],
    responses: {
      200: answer("The law.", "PublicLaw", { law: PUBLIC_LAW, sealed: SEALED_LAW }, TALLY_HEADERS),
      304: NOT_MODIFIED,
      404: problem("no-such-law", 404, "There is no such law."),
    },
  },
  "GET /api/v1/openapi.json": {
    operationId: "description",
    summary: "This description.",
    responses: {
      200: {
        description: "OpenAPI 3.1.",
        ...headersOf(["Cache-Control"]),
        content: { "application/json": { schema: { type: "object", required: ["openapi"] } } },
      },
    },
  },
  "GET /api/v1/health": {
    operationId: "health",
    summary: "Which of the services behind the API answer.",
    responses: {
      200: answer("All of them.", "Health", { healthy: HEALTHY }),
      503: {
        ...answer("At least one of them does not answer.", "Health", { unhealthy: UNHEALTHY }, ["Retry-After"]),
        content: {
          "application/json": { schema: ref("Health"), examples: { unhealthy: { value: UNHEALTHY } } },
          "application/problem+json": { schema: ref("Problem") },
        },
      },
    },
  },
};
