import type { LawReport } from "../../papers/report/law-report.ts";

const digest = (digit: string) => digit.repeat(64);

/** A report that has everything that a report can have, with figures that are all different. */
export const LAW_REPORT: LawReport = {
  form: "referendum report 1",
  standing: "certified",
  office: { fr: "Bureau électoral du Nord", en: "Northern Election Office" },
  law: {
    id: "L2026-014",
    title: {
      fr: "Faut-il adopter la Loi sur les rives publiques\u00a0?",
      en: "Should the Public Shores Act be adopted?",
    },
    form: "sealed",
    isRehearsal: false,
    options: ["oui", "non"],
  },
  at: "2026-11-26T15:00:00.000Z",
  window: {
    planned: { opensAt: "2026-11-24T13:00:00.000Z", closesAt: "2026-11-25T01:00:00.000Z" },
    inForce: [{ opensAt: "2026-11-24T13:00:00.000Z", closesAt: "2026-11-25T02:00:00.000Z" }],
    changes: [{ number: 77, act: "close-law", at: "2026-11-24T22:00:00.000Z", inForceAt: "2026-11-25T02:00:00.000Z" }],
  },
  roll: {
    sealed: 2_345_670,
    changes: [
      { number: 61, kind: "add", voters: 12, inForceAt: "2026-11-20T14:00:00.000Z", onRoll: 2_345_682 },
      { number: 64, kind: "strike", voters: 4, inForceAt: "2026-11-21T14:00:00.000Z", onRoll: 2_345_678 },
    ],
    eligible: 2_345_678,
  },
  turnout: {
    voted: 1_234_567,
    percent: 52.63,
    hours: [
      { from: "2026-11-24T13:00:00.000Z", until: "2026-11-24T14:00:00.000Z", voted: 634_566 },
      { from: "2026-11-24T14:00:00.000Z", until: "2026-11-25T02:00:00.000Z", voted: 600_001 },
    ],
  },
  result: {
    options: [
      { option: "oui", ballots: 700_000, percent: 56.7 },
      { option: "non", ballots: 534_538, percent: 43.3 },
    ],
    valid: 1_234_538,
    spoiled: 29,
    reasons: [
      { reason: "no_such_option", ballots: 9 },
      { reason: "not_authentic", ballots: 20 },
    ],
  },
  submissions: { counted: 1_234_567, duplicate: 4_321, invalid: 876, lost: 54, repeated: 32, late: 21 },
  setAside: [{ number: 71, reason: '=junk on a queue, "twice"', sha256: digest("d") }],
  ledger: "clean",
  verification: {
    verdict: "holds",
    checks: [
      {
        id: "1.01",
        outcome: "holds",
        title: { fr: "Le dossier a tous ses fichiers", en: "The bundle has all of its files" },
        said: { fr: "juste", en: "holds" },
      },
      {
        id: "1.03",
        outcome: "not_run",
        title: { fr: "La clé du registre est celle que vous connaissez", en: "The log’s key is the one that you know" },
        said: { fr: "non fait", en: "not run" },
      },
    ],
  },
  journal: {
    entries: 102,
    end: digest("e"),
    // More than a page of them.
    acts: Array.from({ length: 45 }, (_, at) => ({
      number: 41 + at,
      at: `2026-11-24T13:${String(at).padStart(2, "0")}:00.000Z`,
      ...(at % 2 === 0 ? { act: "close-law", phase: "proposed" } : { act: "close-law", phase: "done" }),
      by: 1 + (at % 3),
      approvedBy: at % 2 === 0 ? null : 2,
    })),
  },
  log: {
    origin: "prod/L2026-014/0123456789abcdef",
    key: `prod/L2026-014/0123456789abcdef+a0fc1444+${"A".repeat(43)}=`,
    size: 1_240_123,
    root: digest("a"),
  },
  keys: {
    election: { keyId: "e7f6f7ca9ecedd10", electionKey: "E".repeat(43), signingKey: "S".repeat(43) },
    promises: [{ keyId: "608bd6daffbe7335", publicKey: "P".repeat(43) }],
  },
  opening: { sha256: digest("b"), boxSha256: digest("c") },
  certificate: {
    text: `{"certified_at":"2026-11-26T15:00:00.000Z","figures":${JSON.stringify({ filler: "x".repeat(4_000) })}}\n`,
    signatures: [`\u2014 prod/L2026-014/0123456789abcdef ${"s".repeat(90)}==`],
  },
  address: "https://vote.example.org/api/v1/laws/L2026-014",
};

/** The same law while it is counted and not certified. */
export const PROVISIONAL_REPORT: LawReport = {
  ...LAW_REPORT,
  standing: "provisional",
  ...{ setAside: null, ledger: null, opening: null, certificate: null, journal: null },
  verification: { verdict: "running", checks: LAW_REPORT.verification?.checks ?? [] },
};

/** A law without a log. */
export const UNCERTIFIED_REPORT: LawReport = {
  ...LAW_REPORT,
  standing: "not_certified",
  law: { ...LAW_REPORT.law, form: null },
  window: { ...LAW_REPORT.window, planned: null, changes: [] },
  roll: { sealed: null, changes: [], eligible: LAW_REPORT.roll.eligible },
  result: { ...LAW_REPORT.result, reasons: null },
  ...{ submissions: null, setAside: null, ledger: null, verification: null, journal: null },
  ...{ log: null, keys: null, opening: null, certificate: null },
};
