import { describe, expect, test } from "vitest";
import { type VerifyOptions, verify } from "../../../client/verify/index.ts";
import {
  certifiedReport,
  provisionalReport,
  type Surroundings,
  uncertifiedReport,
} from "../../../commands/report/collect.ts";
import { readOrigin } from "../../../commands/report/read-law.ts";
import { LawResult, PublicLaw, Turnout } from "../../../shared/messages/responses.ts";
import { makeBundle } from "../../support/bundle/make-bundle.ts";
import { memorySource } from "../../support/bundle/memory-source.ts";
import { honestWorld, type World } from "../../support/bundle/world.ts";

const SURROUNDINGS: Surroundings = {
  office: { fr: "Bureau électoral du Nord", en: "Northern Election Office" },
  address: "https://vote.example.org/api/v1/laws/L2026-001",
  now: "2026-11-26T12:00:00.000Z",
};
const answers = (other: { counts?: [number, number, number]; voted?: number } = {}) => {
  const [oui_count, non_count, spoiled_count] = other.counts ?? [8, 4, 1];
  const voted = other.voted ?? 13;
  return {
    law: PublicLaw.parse({
      ...{ law_id: "L2026-001", title: { fr: "Loi", en: "Law" }, opens_at: "2026-11-24T08:00:00.000Z" },
      ...{ closes_at: "2026-11-24T20:00:00.000Z", state: "closed", codes: "any", results: "live", form: "open" },
    }),
    result: LawResult.parse({
      ...{ law_id: "L2026-001", oui_count, non_count, total_votes: oui_count + non_count, spoiled_count },
      ...{ state: "published", updated_at: "2026-11-25T08:00:00.000Z" },
    }),
    turnout: Turnout.parse({
      ...{ law_id: "L2026-001", eligible: 33, voted },
      hours: [{ from: "2026-11-24T08:00:00.000Z", until: "2026-11-24T09:00:00.000Z", voted }],
    }),
  };
};

async function verified(world: World, without: readonly string[] = [], options: VerifyOptions = {}) {
  const { files } = makeBundle(world);
  for (const path of without) files.delete(path);
  return { files, verification: await verify(memorySource(files), "the bundle", options) };
}

describe("the report of a certified law", () => {
  test.each(["open", "sealed"] as const)("has the figures of the certificate (%s)", async (form) => {
    const { files, verification } = await verified(honestWorld(form));
    const report = certifiedReport(verification, undefined, SURROUNDINGS);
    const certificate = Buffer.from(files.get("certificate") ?? "").toString();
    const { figures, log, journal, certified_at, set_aside } = JSON.parse(certificate.split("\n")[0] ?? "");
    expect(report).toMatchObject({
      standing: "certified",
      at: certified_at,
      law: { id: "L2026-001", title: { fr: "Loi", en: "Law" }, form, isRehearsal: false, options: ["oui", "non"] },
      roll: { sealed: 32, eligible: figures.eligible },
      turnout: { voted: figures.voted, percent: 39.39, hours: null },
      ledger: "clean",
      ...{ log, setAside: set_aside, address: SURROUNDINGS.address },
      journal: { entries: journal.entries, end: journal.end },
      verification: { verdict: "holds" },
    });
    const { counted, duplicate, invalid, lost, repeated, late } = figures;
    expect(report.submissions).toEqual({ counted, duplicate, invalid, lost, repeated, late });
    expect(report.result.options.map(({ option, ballots }) => ({ option, ballots }))).toEqual(figures.sums);
    expect(report.result.spoiled).toBe(figures.spoiled);
    expect(report.result.reasons).toEqual(form === "open" ? null : [{ reason: "not_authentic", ballots: 1 }]);
    const { text, signatures } = report.certificate ?? { text: "", signatures: [] };
    expect(`${text}\n${signatures.join("\n")}\n`).toBe(certificate);
    expect(report.keys?.promises).toHaveLength(2);
    expect(report.keys?.election === null).toBe(form === "open");
  });

  test("tells how the roll and the window were changed, by which acts, and by how many people, without names", async () => {
    const world = honestWorld("open");
    const [opened, changed, key, aside, closed] = world.journal;
    if (opened === undefined || changed === undefined || closed === undefined) throw new Error("no journal");
    opened.details = { in_force_at: "2026-11-24T07:00:00.000Z", opens_at: "2026-11-24T07:00:00.000Z" };
    Object.assign(changed.details, { voters: 1, on_roll: 33, in_force_at: "2026-11-24T09:00:00.000Z" });
    const closesAt = "2026-11-24T19:30:00.000Z";
    closed.details = { in_force_at: closesAt, opens_at: "2026-11-24T07:00:00.000Z", closes_at: closesAt };
    const opensAgain = "2026-11-24T19:40:00.000Z";
    const again = { in_force_at: opensAgain, opens_at: opensAgain, closes_at: "2026-11-24T21:00:00.000Z" };
    world.journal = [
      ...[
        opened,
        changed,
        ...(key === undefined || aside === undefined ? [] : [key, aside]),
        { ...closed, act: "freeze-law", details: { frozen: true, changed: true } },
        { ...closed, act: "freeze-law", details: { frozen: true, changed: false } },
        { ...closed, act: "open-law", details: { opens_at: "2026-11-24T07:00:00.000Z" } },
      ],
      ...[closed, { ...closed, act: "open-law", details: again }],
    ];
    const { verification } = await verified(world);
    expect(verification.verdict).toBe("holds");
    const { window, roll, journal } = certifiedReport(verification, answers().turnout, SURROUNDINGS);
    expect(window.planned).toEqual({ opensAt: "2026-11-24T08:00:00.000Z", closesAt: null });
    expect(window.inForce).toEqual([
      { opensAt: "2026-11-24T07:00:00.000Z", closesAt: "2026-11-24T19:30:00.000Z" },
      { opensAt: "2026-11-24T19:40:00.000Z", closesAt: "2026-11-24T21:00:00.000Z" },
    ]);
    expect(window.changes.map(({ act }) => act)).toEqual(["open-law", "freeze-law", "close-law", "open-law"]);
    expect(roll.changes).toEqual([
      { number: 44, kind: "add", voters: 1, inForceAt: "2026-11-24T09:00:00.000Z", onRoll: 33 },
    ]);
    expect(journal?.acts[0]).toEqual({
      ...{ number: 41, at: "2026-11-24T08:00:41.000Z", act: "open-law", phase: "done", by: 1, approvedBy: null },
    });
  });

  test("has the turnout by hour where the API says it, and is not made when the API says something else", async () => {
    const { verification } = await verified(honestWorld("sealed"));
    const { turnout } = certifiedReport(verification, answers().turnout, SURROUNDINGS);
    expect(turnout.hours).toEqual(answers().turnout.hours);
    expect(() => certifiedReport(verification, answers({ voted: 12 }).turnout, SURROUNDINGS)).toThrow(
      "The certificate says that 13 have voted, and the turnout at the law's address says 12",
    );
  });
});

describe("the report of a law that is not certified", () => {
  const running = ["certificate", "submissions.ndjson", "opened.ndjson"];

  test("has the published result and what the log says so far, and nothing that only a certificate says", async () => {
    const { verification } = await verified(honestWorld("sealed"), running);
    const report = provisionalReport(verification, answers(), SURROUNDINGS);
    expect(report).toMatchObject({
      ...{ standing: "provisional", at: SURROUNDINGS.now, ledger: null, setAside: null, certificate: null },
      result: { valid: 12, spoiled: 1 },
      submissions: { counted: 13, duplicate: 1, invalid: 1 },
      turnout: { voted: 13 },
      verification: { verdict: "running" },
    });
  });

  test("is not made when log and result do not agree", async () => {
    const { verification } = await verified(honestWorld("sealed"), running);
    expect(() => provisionalReport(verification, answers({ counts: [9, 4, 1] }), SURROUNDINGS)).toThrow(
      "The log has 13 counted submissions, and the result has 14 ballots",
    );
    expect(() => provisionalReport(verification, { ...answers(), result: undefined }, SURROUNDINGS)).toThrow(
      "cannot be read yet",
    );
  });

  test("says of a law without a log only what the API says", () => {
    const report = uncertifiedReport(answers({ counts: [8, 5, 0] }), SURROUNDINGS);
    expect(report).toMatchObject({
      ...{ standing: "not_certified", log: null, journal: null, submissions: null, verification: null },
      law: { form: null },
      result: {
        valid: 13,
        options: [
          { ballots: 8, percent: 61.54 },
          { ballots: 5, percent: 38.46 },
        ],
      },
      turnout: { percent: 39.39 },
    });
    expect(() => uncertifiedReport({ ...answers(), turnout: undefined }, SURROUNDINGS)).toThrow("cannot be read");
  });
});

test.each([
  ["L2026-001", undefined],
  ["./L2026-001", { kind: "folder", path: "./L2026-001" }],
  [".", { kind: "folder", path: "." }],
  ["https://h.example/api/v1/laws/L1", { kind: "law", api: "https://h.example", lawId: "L1" }],
  ["https://h.example/prod/api/v1/log/L1/", { kind: "law", api: "https://h.example/prod", lawId: "L1" }],
  ["https://h.example/api/v1/laws/%zz", { kind: "address", url: "https://h.example/api/v1/laws/%zz" }],
  ["https://mirror.example/L1", { kind: "address", url: "https://mirror.example/L1" }],
])("%s is read as what it is", (text, origin) => {
  expect(readOrigin(text)).toEqual(origin);
});
