import type { MadeApi } from "./site.ts";

/** The answers of a made-up API: everything that the pages can meet. */

export const REQUEST_ID = "AQGTF9UFcYCjh0oR5ExampleExampleExampleExampleTDIwMjUtMDAx";

const TITLE = {
  fr: "Faut-il adopter la Loi sur l’accès aux services publics de proximité dans toutes les régions\u00a0?",
  en: "Should the Act respecting access to local public services in every region be adopted?",
};
const law = (law_id: string, state: string, closes_at: string | null = "2026-11-30T01:00:00.000Z") => ({
  law_id,
  title: TITLE,
  opens_at: "2026-11-29T13:00:00.000Z",
  closes_at,
  state,
  results: "live",
});

export const LAWS = [
  law("L2026-001", "open"),
  law("L2026-002", "frozen"),
  law("L2026-003", "not_open_yet"),
  law("L2026-004", "closed", "2026-11-28T01:00:00.000Z"),
] as const;

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
export const CLOSED = problem(409, "law-not-open");
export const MISTYPED = problem(400, "malformed-request", { errors: [{ field: "code", message: "is mistyped" }] });
export const REFUSED = problem(400, "malformed-request", { errors: [{ field: "vote", message: "is wrong" }] });
const MISSING = problem(404, "no-such-law");

const ACCEPTED = {
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
export const receipt = (status: string) => ({
  status: 200,
  json: { request_id: REQUEST_ID, law_id: "L2026-001", status, updated_at: "2026-11-29T14:00:00.000Z" },
});

/** Answers that differ from those of a day on which everything works, by the first part of the path. */
export type Differences = Partial<
  Record<"laws" | "law" | "vote" | "votes" | "results" | "turnout", ReturnType<MadeApi>>
>;

/**
 * A made-up API.
 *
 * @param differences what it answers otherwise than on a day on which everything works
 */
export function madeApi(differences: Differences = {}): MadeApi {
  return (_request, path) => {
    const [name = "", id] = path.split("/");
    if (name === "laws") {
      if (id === undefined) return differences.laws ?? { status: 200, json: { laws: LAWS } };
      const found = LAWS.find(({ law_id }) => law_id === id);
      return differences.law ?? (found ? { status: 200, json: found } : MISSING);
    }
    if (name === "vote") return differences.vote ?? ACCEPTED;
    if (name === "votes") return differences.votes ?? receipt("counted");
    if (name === "turnout") {
      const voted = HOURS.reduce((sum, hour) => sum + hour.voted, 0);
      return differences.turnout ?? { status: 200, json: { law_id: id, eligible: 4_000, voted, hours: HOURS } };
    }
    const tally = {
      law_id: id,
      oui_count: 1_012,
      non_count: 771,
      total_votes: 1_783,
      updated_at: "2026-11-29T22:41:00.000Z",
    };
    return differences.results ?? { status: 200, json: tally };
  };
}
