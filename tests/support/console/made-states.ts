import type { Attention, ConsoleState, ShownProposal, Work } from "../../../console/state.ts";
import type { StageFigures } from "../../../places/figures/figures.ts";
import type { JournalEntry, Proposal } from "../../../shared/messages/operators/journal.ts";
import type { WatchedLaw, WatchedStage } from "../../../shared/messages/operators/watch.ts";

/** Made-up states of a stage: everything that the console can show. */

export const NOON = new Date("2026-11-29T15:00:00Z");
const NOW = NOON.toISOString();
const before = (seconds: number) => new Date(NOON.getTime() - seconds * 1_000).toISOString();

const service = { answers: true, milliseconds: 3.4, error: null };
const SERVICES = { postgresql: service, redis: service, dynamodb: service, sqs: service, lambda: service };
const away = { answers: false, milliseconds: 2_000, error: "no answer within 2 s" };
const depth = (waiting = 0, under_way = 0) => ({ waiting, under_way });

/** A law as the stage says it, open unless it says otherwise. */
export function law(law_id: string, changes: Partial<WatchedLaw> = {}): WatchedLaw {
  return {
    ...{ law_id, rehearsal: false, title: "Should it be adopted?", state: "open", frozen: false },
    title_fr: "Faut-il adopter la Loi sur l’accès aux services publics de proximité dans toutes les régions\u00a0?",
    title_en: "Should the Act respecting access to local public services in every region be adopted?",
    ...{ opens_at: "2026-11-29T13:00:00.000Z", closes_at: "2026-11-30T01:00:00.000Z" },
    ...{ planned_opens_at: null, planned_closes_at: null, earlier_windows: [], utc_offset: "-05:00" },
    ...{ sealed_voters: 8_000_000, expected_voters: 8_000_000, results: "live", pepper_id: null, codes: "checked" },
    ...{ form: null, origin: null, promise_keys: [], log_key: null, trustees: null, proof: "none", box_closed: false },
    destroyed_at: null,
    ...{ key_version: 1, version: 3, voters: 8_000_000, complete: true, unfinished: [], counted: 1_204_331 },
    ...changes,
  };
}

const HASH = "5e0f1c52a0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091";

/** A proposal, of Bruno unless it says otherwise. */
export function proposal(changes: Partial<Proposal> = {}): Proposal {
  return {
    ...{ id: "3f0f1c52-0000-4000-8000-000000000001", act: "close-law", law_id: "L2026-001" },
    ...{ request: '{"law_id":"L2026-001"}', hash: HASH, proposed_by: "bruno", decided_by: null, state: "pending" },
    ...{ proposed_at: before(600), expires_at: "2026-12-02T15:00:00.000Z" },
    ...changes,
  };
}

function entry(number: number, act: string, phase: JournalEntry["phase"], law_id: string | null): JournalEntry {
  return {
    ...{ number, act, phase, law_id, at: before(4_000 - number * 300), operator: "anna", identity: "claimed" },
    ...{ release: "1.0.0", run: "3f0f1c52-0000-4000-8000-000000000002", content: "{}", previous: HASH, hash: HASH },
  };
}

const LOOK: WatchedStage = {
  now: NOW,
  release: "1.0.0",
  two_people: true,
  operator: { name: "anna", pinned: true },
  services: SERVICES,
  mappings: { validate: { state: "Enabled", paused_by: null }, aggregate: { state: "Enabled", paused_by: null } },
  queues: {
    depths: {
      votes: depth(3, 10),
      outcomes: depth(120, 500),
      votes_dead_letters: depth(),
      outcomes_dead_letters: depth(),
    },
    approximate: false,
  },
  laws: [
    law("L2026-001"),
    law("L2026-002", { state: "frozen", frozen: true }),
    law("L2026-003", { state: "draft", sealed_voters: null, voters: 12, complete: false, counted: 0 }),
    law("L2026-004", { state: "counted", closes_at: "2026-11-28T01:00:00.000Z" }),
    law("rehearsal-L2026-001-0a1b2c", { rehearsal: true, closes_at: null }),
  ],
  proposals: [],
  entries: [
    entry(1, "add-law", "done", "L2026-001"),
    entry(2, "seal-roll", "begun", "L2026-001"),
    entry(3, "redrive", "failed", null),
  ],
};

const FIGURES: StageFigures = {
  source: "logs",
  nowSeconds: 10,
  now: { accepted: 992.4, decided: 990.1, counted: 981, duplicate: 4.2, invalid: 0.3, undecided: 0 },
  stepSeconds: 10,
  points: Array.from({ length: 40 }, (_, index) => ({
    at: before(400 - index * 10),
    accepted: 900 + 90 * Math.sin(index / 5),
    decided: 890 + 90 * Math.sin((index - 1) / 5),
    counted: 880 + 90 * Math.sin((index - 2) / 5),
  })),
  toCounted: { p50: 0.52, p95: 0.94 },
  oldest: { votes: 0.2, outcomes: 0.8 },
  alarms: null,
};

/** A state of the console, as the server says it. */
export function state(changes: Partial<ConsoleState> = {}): ConsoleState {
  return {
    ...{ stage: "local", apiUrl: "http://127.0.0.1:8000", where: "", look: LOOK, lookedAt: NOW, problem: null },
    ...{ figures: FIGURES, figuresProblem: null, journal: { checked: 3, broken: null }, attention: [], works: [] },
    ...changes,
  };
}

/** A state whose last look says something else. */
function looking(look: Partial<WatchedStage>, changes: Partial<ConsoleState> = {}): ConsoleState {
  return state({ look: { ...LOOK, ...look }, ...changes });
}

export const QUIET = looking(
  { laws: [], two_people: false, entries: [] },
  {
    figures: { ...FIGURES, points: [], toCounted: null, now: { ...FIGURES.now, accepted: 0, decided: 0, counted: 0 } },
  },
);

/** PostgreSQL is away: votes wait, and some have given up. */
export const FAULT = looking(
  {
    services: { ...SERVICES, postgresql: away },
    mappings: {
      validate: { state: "Enabled", paused_by: null },
      aggregate: { state: "Disabled", paused_by: "somebody" },
    },
    queues: {
      depths: {
        votes: depth(2, 10),
        outcomes: depth(61_204, 2_000),
        votes_dead_letters: depth(),
        outcomes_dead_letters: depth(7),
      },
      approximate: false,
    },
    laws: (LOOK.laws ?? []).map((one) => ({ ...one, voters: null, unfinished: null, counted: null })),
    proposals: null,
    entries: null,
  },
  {
    figures: {
      ...FIGURES,
      now: { ...FIGURES.now, counted: 0, undecided: 3.2 },
      toCounted: null,
      oldest: { votes: 0.4, outcomes: 83 },
      points: FIGURES.points.map((point, index) => (index < 30 ? point : { ...point, counted: 0 })),
    },
    attention: [
      { kind: "service_away", service: "postgresql", runbook: "alarm-function-errors" },
      { kind: "paused", consumer: "aggregate", by: "somebody", runbook: "alarm-oldest-message" },
      { kind: "dead_letters", queue: "outcomes", messages: 7, runbook: "alarm-dead-letters" },
      { kind: "roll", lawId: "L2026-001", runbook: "alarm-roll-not-loaded" },
      { kind: "waiting", queue: "outcomes", seconds: 83, runbook: "alarm-oldest-message" },
      { kind: "undecided", perSecond: 3.2, runbook: "alarm-votes-undecided" },
      { kind: "invalid", share: 0.31, runbook: "alarm-invalid-votes" },
    ],
  },
);

const EXPIRED = {
  message: "The AWS session has expired (ExpiredToken). Log in again, for example with aws sso login.",
  code: null,
};
const AWAY: Attention = { kind: "stage_away", runbook: null };
/** The stage has stopped to answer after it had. */
export const STALE = state({ problem: EXPIRED, lookedAt: before(95), attention: [AWAY] });
export const UNKNOWN = state({ problem: EXPIRED, look: null, lookedAt: null, figures: null, attention: [AWAY] });

const alarm = {
  name: "votes-oldest-message",
  state: "alarm",
  since: before(500),
  what: "Votes wait in the votes queue.",
  runbook: "alarm-oldest-message",
} as const;
/** A stage in an account: its figures and alarms are CloudWatch's. */
export const AWS = looking(
  { queues: LOOK.queues && { ...LOOK.queues, approximate: true } },
  {
    stage: "prod",
    where: " --stage prod",
    figures: {
      ...FIGURES,
      source: "cloudwatch",
      nowSeconds: 60,
      stepSeconds: 60,
      alarms: [
        alarm,
        { ...alarm, name: "api-latency", state: "ok" },
        { ...alarm, name: "redis-cpu", state: "no_data" },
      ],
    },
    attention: [{ kind: "alarm", ...alarm }],
  },
);
export const AWS_REFUSED = state({
  stage: "prod",
  attention: [{ kind: "figures_away", runbook: null }],
  figures: null,
  figuresProblem: {
    message: "This AWS role may not do that (AccessDenied: cloudwatch:GetMetricData). Take the stage's role for it.",
    code: null,
  },
});

export const PROPOSALS = looking({
  proposals: [
    proposal(),
    proposal({ id: "3f0f1c52-0000-4000-8000-000000000003", act: "seal-roll", proposed_by: "anna" }),
    proposal({ id: "3f0f1c52-0000-4000-8000-000000000004", act: "count-law", state: "approved" }),
  ],
});
export const UNPINNED = looking({ operator: { name: "anna", pinned: false }, proposals: [proposal()] });
export const BROKEN_JOURNAL = state({
  journal: { checked: 2, broken: "The journal is NOT whole: entry 3 is missing." },
  attention: [{ kind: "journal", message: "The journal is NOT whole: entry 3 is missing.", runbook: "the-journal" }],
});

/** A proposal with what it would do. */
export function shown(
  facts: ShownProposal["facts"],
  changes: Partial<Proposal> = {},
  word = "L2026-001",
): ShownProposal {
  return { proposal: proposal(changes), word, facts };
}

const OPEN_LAW = law("L2026-001");
const listed = { ...OPEN_LAW, voters: 8_000_000 };
export const CLOSE = shown({ kind: "close", law: listed });
export const COUNT = shown(
  {
    kind: "count",
    plan: {
      ...{ law_id: "L2026-001", voters: 8_000_000, counted: 6_000_000, duplicate: 1_204, invalid: 310 },
      ...{ options: { oui: 4_012_345, non: 1_987_655 }, box: null, set_aside: 1, lost: 0 },
    },
  },
  { act: "count-law" },
);
export const SEAL = shown(
  { kind: "seal", law: listed },
  { act: "seal-roll", request: '{"expect":8000000,"law_id":"L2026-001","version":3}' },
);
/** A law that has every fact that a law can have. */
export const SEALED_DRAFT = {
  ...law("L2026-001", {
    ...{ state: "draft", rehearsal: true, sealed_voters: null, results: "after_close", form: "sealed", proof: "voter" },
    earlier_windows: [{ opens_at: "2026-11-20T13:00:00.000Z", closes_at: "2026-11-21T01:00:00.000Z" }],
    ...{ planned_opens_at: "2026-11-28T13:00:00.000Z", planned_closes_at: "2026-12-01T01:00:00.000Z" },
    trustees: {
      ...{ key_id: "k-5e0f1c52", election_key: "e", signing_key: "s", split_id: "p", threshold: 3, trustees: 5 },
      tested: false,
    },
  }),
  voters: 8_000_000,
};
export const SEAL_DRAFT = shown(
  { kind: "seal", law: SEALED_DRAFT },
  { act: "seal-roll", request: '{"expect":8000000,"law_id":"L2026-001","version":3}' },
);
const opening = (brought_by: string, sha256: string) => ({ sha256, brought_by, brought_at: before(900), spoiled: 7 });
const countOfBox = (openings: ReturnType<typeof opening>[]) =>
  shown(
    {
      kind: "count",
      plan: {
        ...{
          law_id: "L2026-001",
          voters: 8_000_000,
          counted: 6_000_000,
          duplicate: 1_204,
          invalid: 310,
          options: null,
        },
        box: { ended_at: before(9_000), envelopes: 6_000_000, duplicate: 1_204, invalid: 310, openings },
        ...{ set_aside: 1, lost: 0 },
      },
    },
    { act: "count-law" },
  );
/** Of the trustees' files, what is shown. */
export const KEYS = shown(null, {
  act: "register-keys",
  request: JSON.stringify({
    keys: { key_id: "k-5e0f1c52", split_id: "0a1b2c3d4e5f", threshold: 3, trustees: 5 },
    law_id: "L2026-001",
  }),
});
export const TEST_OPENING = shown(null, {
  act: "register-test-opening",
  request: JSON.stringify({ law_id: "L2026-001", statement: { key_id: "k-5e0f1c52", shares: [1, 2, 4] } }),
});
export const COUNT_EQUAL = countOfBox([opening("clara", HASH), opening("denis", HASH)]);
export const COUNT_DIFFERENT = countOfBox([opening("clara", HASH), opening("denis", HASH.replace("5", "6"))]);
export const COUNT_ONCE = countOfBox([opening("clara", HASH)]);
export const SETTLE = shown(
  {
    kind: "settle",
    plan: {
      ...{ law_id: "L2026-001", dead_letters: 12, would_count: 3, would_send_back: 9, without_choice: 2 },
      complete: false,
    },
  },
  { act: "settle" },
);
export const SET_ASIDE = shown(
  { kind: "set_aside", messages: 2, bytes: 312 },
  {
    act: "set-aside",
    law_id: null,
    request: JSON.stringify({ fingerprint: HASH, queue: "votes", reason: "written by a test" }),
  },
  "votes",
);
export const WOULD_REFUSE = shown({ kind: "refused", message: "L2026-001 is a draft and takes no votes." });

/** What is carried out, so far. */
export function work(changes: Partial<Work> = {}): Work {
  return {
    ...{ id: proposal().id, act: "close-law", lawId: "L2026-001", state: "running", problem: null, outcome: null },
    progress: { label: "voters sealed", done: 1_200_000, total: 8_000_000 },
    ...changes,
  };
}
