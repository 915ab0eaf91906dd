/** Values in the examples of the API description. None of them is a voter's. */
export const REQUEST_ID = "AQGTF9UFcYCjh0oR5ExampleExampleExampleExampleTDIwMjUtMDAx";
const LAW_ID = "L2025-001";
const INSTANT = "2025-10-06T15:04:05.678Z";

const VOTER = { nas: "000 000 000", code: "EXAMPLE123" };
export const VOTE_REQUESTS = {
  choice: { value: { ...VOTER, law_id: LAW_ID, vote: "oui" } },
  sealed: {
    summary: "A vote on a sealed law, sealed by the client.",
    value: {
      ...VOTER,
      law_id: "L2025-002",
      sealed_vote: "AeJqLXh_lBNqn12UvxwnGH36FvZap4kBiQCBrA7PDwISGPL0uZ_PM27e0zmIQRdYnSFdPC9u8phgziA",
    },
  },
};

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
  copied: { request_id: REQUEST_ID, law_id: LAW_ID, status: "invalid", reason: "copied", updated_at: INSTANT },
};

export const LAW_RESULT = {
  law_id: LAW_ID,
  oui_count: 2,
  non_count: 1,
  total_votes: 3,
  spoiled_count: 0,
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
  form: "open",
};

/** Its keys are those of docs/sealing-vectors.json, whose secret everybody knows. */
export const SEALED_LAW = {
  ...PUBLIC_LAW,
  law_id: "L2025-002",
  results: "after_close",
  form: "sealed",
  origin: "dev/L2025-002/0123456789abcdef",
  election_key: "CjCD5kEBEfc_g2epCXeqopim15NXNmMiC6oS8Hj9UH8",
  key_id: "e26a2d787f94136a",
  signing_key: "PW4kRWA54Kj9Hvp10ymo_l5avACnsKapsChDTz45rl8",
  threshold: 3,
  trustees: 5,
  proof: "none",
};

export const SEALED_RESULT = {
  law_id: SEALED_LAW.law_id,
  oui_count: 1_204,
  non_count: 961,
  total_votes: 2_165,
  spoiled_count: 3,
  eligible: 4_000,
  voted: 2_168,
  state: "published",
  updated_at: INSTANT,
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
  "vote-destroyed": { law_id: LAW_ID },
  unconfirmed: { request_id: REQUEST_ID, receipt: `votes/${REQUEST_ID}` },
};
