/** Values in the examples of the API description. None of them is a voter's. */
export const REQUEST_ID = "AQGTF9UFcYCjh0oR5ExampleExampleExampleExampleTDIwMjUtMDAx";
const LAW_ID = "L2025-001";
const INSTANT = "2025-10-06T15:04:05.678Z";

export const VOTE_REQUEST = { nas: "000 000 000", code: "EXAMPLE123", law_id: LAW_ID, vote: "oui" };

export const VOTE_ACCEPTED = {
  request_id: REQUEST_ID,
  status: "accepted",
  message: "Your vote was received and will be checked. Your receipt says what became of it.",
  law_id: LAW_ID,
  accepted_at: INSTANT,
};

export const RECEIPTS = {
  received: { request_id: REQUEST_ID, law_id: LAW_ID, status: "received", updated_at: INSTANT },
  counted: { request_id: REQUEST_ID, law_id: LAW_ID, status: "counted", updated_at: INSTANT },
  duplicate: {
    request_id: REQUEST_ID,
    law_id: LAW_ID,
    status: "duplicate",
    reason: "already_voted",
    updated_at: INSTANT,
  },
  lost: { request_id: REQUEST_ID, law_id: LAW_ID, status: "lost", reason: "database_restored", updated_at: INSTANT },
  invalid: { request_id: REQUEST_ID, law_id: LAW_ID, status: "invalid", reason: "not_on_roll", updated_at: INSTANT },
};

export const LAW_RESULT = {
  law_id: LAW_ID,
  oui_count: 2,
  non_count: 1,
  total_votes: 3,
  state: "voting",
  updated_at: INSTANT,
};

export const PUBLIC_LAW = {
  law_id: LAW_ID,
  title: { fr: "Faut-il adopter la loi 2025-001\u00a0?", en: "Should law 2025-001 be adopted?" },
  opens_at: INSTANT,
  closes_at: "2025-10-07T15:00:00.000Z",
  state: "open",
  codes: "checked",
  results: "live",
};

export const TURNOUT = {
  law_id: LAW_ID,
  eligible: 1_000,
  voted: 3,
  hours: [{ from: "2025-10-06T15:00:00.000Z", until: "2025-10-06T16:00:00.000Z", voted: 3 }],
};

export const HEALTHY = {
  status: "healthy",
  services: { sqs: "connected", redis: "connected", postgresql: "connected", dynamodb: "connected" },
  timestamp: INSTANT,
};

export const UNHEALTHY = { ...HEALTHY, status: "unhealthy", services: { ...HEALTHY.services, redis: "disconnected" } };

/** What only some problems have. */
export const PROBLEM_EXTRAS: Readonly<Record<string, object>> = {
  "malformed-request": { errors: [{ field: "nas", message: "must have exactly 9 digits" }] },
  "law-not-open": { law_id: LAW_ID, opens_at: INSTANT, closes_at: "2025-10-07T15:00:00.000Z" },
  unconfirmed: { request_id: REQUEST_ID, receipt: `votes/${REQUEST_ID}` },
};
