import type { Request } from "playwright-core";
import { answeredPromise, VECTOR_KEY } from "../promise-vectors.ts";
import { VECTORS } from "../sealing-vectors.ts";
import type { MadeApi } from "./site.ts";

/** The answers of a made-up API: everything that the pages can meet. */

export const REQUEST_ID = "AQGTF9UFcYCjh0oR5ExampleExampleExampleExampleTDIwMjUtMDAx";

const TITLE = {
  fr: "Faut-il adopter la Loi sur l’accès aux services publics de proximité dans toutes les régions\u00a0?",
  en: "Should the Act respecting access to local public services in every region be adopted?",
};
const law = (law_id: string, state: string, closes_at: string | null = "2026-11-30T01:00:00.000Z", title = TITLE) => ({
  law_id,
  title,
  opens_at: "2026-11-29T13:00:00.000Z",
  closes_at,
  state,
  codes: "any",
  results: "live",
  form: "open",
});

export const LAWS = [
  law("L2026-001", "open"),
  law("L2026-002", "frozen"),
  law("L2026-003", "not_open_yet"),
  law("L2026-004", "closed", "2026-11-28T01:00:00.000Z"),
] as const;

/** A law whose votes do not count. */
export const REHEARSAL = { ...law("rehearsal-L2026-001-0a1b2c", "open"), rehearsal: true } as const;

/** What a law has that promises; its key is that of the test vectors. */
export const PROMISING = {
  origin: "test/L2026-001/0123456789abcdef",
  promise_keys: [{ ...VECTOR_KEY, from: "2026-11-01T00:00:00.000Z" }],
};

/** The same with a key that has made no promise. */
const PROMISING_ELSE = {
  origin: PROMISING.origin,
  promise_keys: [{ key_id: "AAAAAAAAAAA", public_key: "A".repeat(43), from: "2026-11-01T00:00:00.000Z" }],
};
const LONG_WORDS = { fr: "Anticonstitutionnellement\u00a0?", en: "Interdepartmentalizationists?" };
/** A sealed law; its key is that of the test vectors. */
const sealed = (state: string, proof: string, election_key = VECTORS.election.election_key) => ({
  ...law("L2026-001", state, state === "closed" ? "2026-11-29T14:00:00.000Z" : undefined),
  ...{ results: "after_close", form: "sealed", ...PROMISING, proof },
  ...{ election_key, key_id: VECTORS.election.key_id },
  ...{ signing_key: VECTORS.election.signing_key, threshold: 3, trustees: 5 },
});
const found = (one: (typeof LAWS)[number]) => ({ status: 200, json: one });
/** The law at which everybody looks, in another state than on the list. */
export const NOW = {
  open: found(LAWS[0]),
  frozen: found(law("L2026-001", "frozen")),
  closed: found(law("L2026-001", "closed", "2026-11-29T14:00:00.000Z")),
  longWords: found(law("L2026-001", "open", null, LONG_WORDS)),
  checked: found({ ...law("L2026-001", "open"), codes: "checked" }),
  promising: found({ ...law("L2026-001", "open"), ...PROMISING }),
  promisingElse: found({ ...law("L2026-001", "open"), ...PROMISING_ELSE }),
  sealed: found(sealed("open", "none")),
  sealedWithProof: found(sealed("open", "voter")),
  sealedForNobody: found(sealed("open", "none", "A".repeat(43))),
  sealedAndClosed: found(sealed("closed", "none")),
};

const HOURS = [12, 31, 118, 240, 305, 402, 377, 298].map((voted, index) => ({
  from: `2026-11-29T${String(13 + index)}:00:00.000Z`,
  until: index === 7 ? "2026-11-29T23:00:00.000Z" : `2026-11-29T${String(14 + index)}:00:00.000Z`,
  voted,
}));

const problem = (status: number, name: string, more: object = {}) => ({
  status,
  json: { type: `urn:referendum:problem:${name}`, title: name, status, detail: name, ...more },
});
export const BUSY = { ...problem(429, "too-many-requests"), headers: { "retry-after": "2" } };
export const UNAVAILABLE = { ...problem(503, "temporarily-unavailable"), headers: { "retry-after": "2" } };
/** Unavailable, but a vote of this receipt may have arrived. */
export const UNAVAILABLE_IN_DOUBT = {
  ...problem(503, "temporarily-unavailable", { receipt: `votes/${REQUEST_ID}` }),
  headers: { "retry-after": "2" },
};
export const CLOSED = problem(409, "law-not-open");
/** Refused now, with the receipt of an earlier try that may have arrived. */
export const CLOSED_IN_DOUBT = problem(409, "law-not-open", {
  request_id: REQUEST_ID,
  receipt: `votes/${REQUEST_ID}`,
});
export const MISTYPED = problem(400, "malformed-request", { errors: [{ field: "code", message: "is mistyped" }] });
export const REFUSED = problem(400, "malformed-request", { errors: [{ field: "vote", message: "is wrong" }] });
export const MISSING = problem(404, "no-such-law");
export const NO_RECEIPT = problem(404, "no-such-vote");
/** A receipt that was destroyed with the votes of its law. */
export const DESTROYED = problem(410, "vote-destroyed");
/** What something else on the way may answer. */
export const FOREIGN = { status: 404, json: "<html>" };

export const ACCEPTED = {
  status: 202,
  json: {
    request_id: REQUEST_ID,
    status: "accepted",
    message: "",
    law_id: "L2026-001",
    accepted_at: "2026-11-29T14:00:00.000Z",
  },
  headers: { location: `votes/${REQUEST_ID}` },
};
/** An answer with the promise for what was sent. */
export function promisedAnswer(request: Request, isSealed: boolean) {
  const { sealed_vote = VECTORS.ballots[0]?.envelope } = request.postDataJSON();
  const promise = answeredPromise(PROMISING.origin, REQUEST_ID, isSealed ? sealed_vote : undefined);
  return { ...ACCEPTED, json: { ...ACCEPTED.json, promise } };
}

export const receipt = (status: string, reason?: string, law_id = "L2026-001") => ({
  status: 200,
  json: { request_id: REQUEST_ID, law_id, status, reason, updated_at: "2026-11-29T14:00:00.000Z" },
});

/** The published tally of a law; without a time, nothing is published yet. */
export const tally = (
  oui_count: number,
  non_count: number,
  {
    law_id = "L2026-001",
    state = "voting",
    updated_at = "2026-11-29T22:41:00.000Z" as string | null,
    spoiled_count = 0,
  } = {},
) => ({
  status: 200,
  json: { law_id, oui_count, non_count, total_votes: oui_count + non_count, spoiled_count, state, updated_at },
});

type Made = ReturnType<MadeApi>;
type Kind = "laws" | "law" | "vote" | "votes" | "results" | "turnout";

/**
 * Answers that differ from those of a day on which everything works, by the first part of the path. Of a list, each
 * request takes the next; the last one stays.
 */
export type Differences = Partial<Record<Kind, Made | readonly [Made, ...Made[]]>>;

function isList(made: Made | readonly [Made, ...Made[]]): made is readonly [Made, ...Made[]] {
  return Array.isArray(made);
}

/**
 * A made-up API.
 *
 * @param differences what it answers otherwise than on a day on which everything works
 */
export function madeApi(differences: Differences = {}): MadeApi {
  const asked: Partial<Record<Kind, number>> = {};
  const different = (kind: Kind): Made | undefined => {
    const made = differences[kind];
    if (made === undefined || !isList(made)) return made;
    const number = asked[kind] ?? 0;
    asked[kind] = number + 1;
    return made[Math.min(number, made.length - 1)];
  };
  return (request, path) => {
    const [name = "", id] = path.split("/");
    if (name === "laws") {
      if (id === undefined) return different("laws") ?? { status: 200, json: { laws: LAWS } };
      const one = LAWS.find(({ law_id }) => law_id === id);
      return different("law") ?? (one ? found(one) : MISSING);
    }
    if (name === "vote") {
      const made = different("vote");
      if (made !== undefined) return made;
      const now = isList(differences.law ?? MISSING) ? undefined : (differences.law as Made | undefined);
      const { promise_keys, form } = Object(typeof now === "object" && "json" in now ? now.json : {});
      return promise_keys === undefined ? ACCEPTED : promisedAnswer(request, form === "sealed");
    }
    if (name === "votes") return different("votes") ?? receipt("counted");
    if (name === "turnout") {
      const voted = HOURS.reduce((sum, hour) => sum + hour.voted, 0);
      return different("turnout") ?? { status: 200, json: { law_id: id, eligible: 4_000, voted, hours: HOURS } };
    }
    return different("results") ?? tally(1_012, 771, { law_id: id });
  };
}
