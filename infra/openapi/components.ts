/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** Headers of answers. */
export const HEADERS: Readonly<Record<string, Json>> = {
  Location: {
    description: "The address of this vote's receipt, relative to the address of the request (RFC 3986 §5.2).",
    required: true,
    schema: { type: "string", pattern: "^(\\.\\./)?votes/[A-Za-z0-9_-]+$" },
  },
  "Retry-After": {
    description: "Seconds to wait before trying again.",
    required: true,
    schema: { type: "integer", minimum: 0 },
  },
  Allow: { description: "The methods of this path.", required: true, schema: { type: "string" } },
  ETag: {
    description: "The version of this content; send it as If-None-Match.",
    required: true,
    schema: { type: "string", pattern: '^"[A-Za-z0-9_-]{22}"$' },
  },
  "Cache-Control": { description: "How old an answer may be.", required: true, schema: { type: "string" } },
  Age: {
    description: "Seconds since the content was read.",
    required: true,
    schema: { type: "integer", minimum: 0 },
  },
};

/** Values in the answers of one operation that another one needs. */
export const LINKS: Readonly<Record<string, Json>> = {
  receiptOfVote: {
    operationId: "receipt",
    parameters: { request_id: "$response.body#/request_id" },
    description: "The receipt of this vote.",
  },
  resultsOfItsLaw: {
    operationId: "resultsOfLaw",
    parameters: { law_id: "$response.body#/law_id" },
    description: "The tally of this vote's law.",
  },
  resultsOfFirstLaw: {
    operationId: "resultsOfLaw",
    parameters: { law_id: "$response.body#/results/0/law_id" },
    description: "The tally of one of these laws.",
  },
  voteOnFirstLaw: {
    operationId: "vote",
    requestBody: { law_id: "$response.body#/results/0/law_id" },
    description: "A vote on one of these laws, together with the voter's NAS, code and choice.",
  },
  firstLaw: {
    operationId: "law",
    parameters: { law_id: "$response.body#/laws/0/law_id" },
    description: "One of these laws.",
  },
  turnoutOfFirstLaw: {
    operationId: "turnoutOfLaw",
    parameters: { law_id: "$response.body#/laws/0/law_id" },
    description: "The turnout of one of these laws.",
  },
  unchangedResults: {
    operationId: "results",
    parameters: { "If-None-Match": "$response.header.ETag" },
    description: "The tallies, if they have changed.",
  },
  unchangedResultsOfLaw: {
    operationId: "resultsOfLaw",
    parameters: { law_id: "$response.body#/law_id", "If-None-Match": "$response.header.ETag" },
    description: "The tally, if it has changed.",
  },
};
