import { toHex } from "../../client/encoding.ts";
import {
  type CheckResult,
  type Contents,
  en,
  fr,
  inWords,
  type Texts,
  type Verification,
} from "../../client/verify/index.ts";
import type { PublicAct } from "../../papers/report/act-texts.ts";
import {
  type LawReport,
  percent,
  type ReportAct,
  type ReportCheck,
  type ReportWindow,
  type RollChange,
  type WindowChange,
} from "../../papers/report/law-report.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import { ROLL_CHANGES } from "../../shared/domain/roll-row.ts";
import type { LawResult, PublicLaw, Turnout } from "../../shared/messages/responses.ts";
import { UserError } from "../../terminal/errors.ts";

/** What a report has besides what was published of the law. */
export interface Surroundings {
  readonly office: LawReport["office"];
  readonly address: string | null;
  /** ISO 8601 UTC. */
  readonly now: string;
}

/** What the API says of a law. */
export interface PublicAnswers {
  readonly law: PublicLaw;
  /** Undefined: it does not say. */
  readonly result: LawResult | undefined;
  readonly turnout: Turnout | undefined;
}

type Entries = NonNullable<Contents["journal"]>;
type Entry = Entries[number];
type Description = Contents["descriptions"][number];

/**
 * The report of a law that is certified.
 *
 * @param verification of its bundle; nothing was wrong, and nothing missing
 * @param turnout what the API says; undefined: it was not asked, or does not say
 * @param surroundings office and address
 * @throws UserError when the API says something else than the certificate
 */
export function certifiedReport(
  verification: Verification,
  turnout: Turnout | undefined,
  surroundings: Surroundings,
): LawReport {
  const { certificate, opening } = verification.contents;
  if (certificate === undefined) throw new Error("a verifier that found nothing wrong has read the certificate");
  const { eligible, voted, sums, spoiled, statuses, setAside, ledger, note, certifiedAt } = certificate;
  if (turnout !== undefined && turnout.voted !== voted) {
    throw new UserError(
      `The certificate says that ${voted} have voted, and the turnout at the law's address says ${turnout.voted}: one of ` +
        "them is wrong. No report is written; tell the people who operate the stage.",
    );
  }
  const journal = verification.contents.journal?.slice(0, certificate.journal.entries) ?? [];
  return {
    ...ofBundle(verification, journal, { eligible, voted, sums, spoiled }, turnout),
    ...{ standing: "certified", at: certifiedAt, office: surroundings.office, address: surroundings.address },
    submissions: statuses,
    setAside: setAside.map(({ number, reason, sha256 }) => ({ number, reason, sha256 })),
    ledger,
    log: { ...logOf(verification), size: certificate.log.size, root: certificate.log.root },
    opening: certificate.opening ?? null,
    result: {
      ...resultOf(sums, spoiled),
      reasons: opening?.header.spoiled.map(({ name, ballots }) => ({ reason: name, ballots })) ?? null,
    },
    certificate: {
      text: note.text,
      signatures: note.whole
        .slice(note.text.length + 1)
        .trimEnd()
        .split("\n"),
    },
  };
}

/**
 * The report of a law that is counted and not certified yet.
 *
 * @param verification of its log; nothing was wrong
 * @param answers of the API
 * @param surroundings office, address, time
 * @throws UserError when the log and the result do not agree
 */
export function provisionalReport(
  verification: Verification,
  { result, turnout }: PublicAnswers,
  { office, address, now }: Surroundings,
): LawReport {
  const { statuses, descriptions, journal = [] } = verification.contents;
  const latest = descriptions.at(-1);
  if (result === undefined || statuses === undefined || latest === undefined) {
    throw new UserError("The log of the law, or its result, cannot be read yet. Try again in a minute.");
  }
  const { oui_count, non_count, spoiled_count } = result;
  const ballots = oui_count + non_count + spoiled_count;
  if (ballots !== statuses.counted) {
    throw new UserError(
      `The log has ${statuses.counted} counted submissions, and the result has ${ballots} ballots. The log may be some ` +
        "minutes old: try again. If that stays, tell the people who operate the stage.",
    );
  }
  const sums = sumsOf(result);
  const figures = { eligible: latest.roll.voters, voted: statuses.counted, sums, spoiled: spoiled_count };
  return {
    ...ofBundle(verification, journal, figures, turnout),
    ...{ standing: "provisional", at: now, office, address },
    submissions: statuses,
    ...{ setAside: null, ledger: null, opening: null, certificate: null },
  };
}

/**
 * The report of a law without a public log.
 *
 * @param answers of the API
 * @param surroundings office, address, time
 * @throws UserError when the API does not say enough
 */
export function uncertifiedReport(
  { law, result, turnout }: PublicAnswers,
  { office, address, now }: Surroundings,
): LawReport {
  if (result === undefined || turnout === undefined) {
    throw new UserError("The result or the turnout of the law cannot be read. Try again in a minute.");
  }
  const { eligible, voted, hours } = turnout;
  return {
    form: "referendum report 1",
    ...{ standing: "not_certified", at: now, office, address },
    law: {
      ...{ id: law.law_id, title: law.title, form: null, options: ["oui", "non"] },
      isRehearsal: isRehearsal(law.law_id),
    },
    window: { planned: null, inForce: [{ opensAt: law.opens_at, closesAt: law.closes_at }], changes: [] },
    roll: { sealed: null, changes: [], eligible },
    turnout: { voted, percent: percent(voted, eligible), hours },
    result: { ...resultOf(sumsOf(result), result.spoiled_count), reasons: null },
    ...{ submissions: null, setAside: null, ledger: null, verification: null, journal: null },
    ...{ log: null, keys: null, opening: null, certificate: null },
  };
}

interface Figures {
  readonly eligible: number;
  readonly voted: number;
  readonly sums: readonly { readonly option: string; readonly ballots: number }[];
  readonly spoiled: number;
}

/** What reports of certified and of other laws with a log have in common. */
function ofBundle(
  verification: Verification,
  journal: Entries,
  { eligible, voted, sums, spoiled }: Figures,
  turnout: Turnout | undefined,
) {
  const { descriptions } = verification.contents;
  const [first, latest] = [descriptions[0], descriptions.at(-1)];
  if (first === undefined || latest === undefined) throw new Error("the verifier has read the descriptions");
  return {
    form: "referendum report 1" as const,
    law: {
      ...{ id: latest.lawId, title: titleOf(latest), form: latest.form, options: latest.options },
      isRehearsal: isRehearsal(latest.lawId),
    },
    window: windowOf(latest, journal),
    roll: { sealed: first.roll.voters, changes: rollChangesOf(journal), eligible },
    turnout: { voted, percent: percent(voted, eligible), hours: turnout?.hours ?? null },
    result: { ...resultOf(sums, spoiled), reasons: null },
    verification: verificationOf(verification),
    journal: { ...endOf(journal), acts: actsOf(journal) },
    log: logOf(verification),
    keys: keysOf(descriptions, latest),
  };
}

function titleOf({ fields, lawId }: Description): LawReport["law"]["title"] {
  const titles = objectOf(fields["titles"]);
  return { fr: textOf(titles["fr"]) ?? lawId, en: textOf(titles["en"]) ?? lawId };
}

function sumsOf({ oui_count, non_count }: LawResult): Figures["sums"] {
  return [
    { option: "oui", ballots: oui_count },
    { option: "non", ballots: non_count },
  ];
}

function resultOf(sums: Figures["sums"], spoiled: number) {
  const valid = sums.reduce((total, { ballots }) => total + ballots, 0);
  const options = sums.map(({ option, ballots }) => ({ option, ballots, percent: percent(ballots, valid) }));
  return { options, valid, spoiled };
}

function logOf({ key, checkpoint, origin }: Verification) {
  return { origin, key: key.text, size: checkpoint.size, root: toHex(checkpoint.root) };
}

function keysOf(descriptions: readonly Description[], { trustees }: Description): NonNullable<LawReport["keys"]> {
  const all = descriptions.flatMap(({ promiseKeys }) => promiseKeys.map((key) => [key.key_id, key] as const));
  return {
    election: trustees ?? null,
    promises: [...new Map(all).values()].map(({ key_id, public_key }) => ({ keyId: key_id, publicKey: public_key })),
  };
}

const TEXTS: Readonly<Record<"fr" | "en", Texts>> = { fr, en };

function verificationOf({ verdict, checks }: Verification): NonNullable<LawReport["verification"]> {
  if (verdict !== "holds" && verdict !== "running") throw new Error(`a report is not made of what ${verdict}`);
  return { verdict, checks: checks.map(checkOf) };
}

function checkOf(check: CheckResult): ReportCheck {
  const { id, outcome } = check;
  if (outcome === "fails") throw new Error(`a report is not made when check ${id} fails`);
  return {
    ...{ id, outcome },
    title: { fr: fr.checks[id].title, en: en.checks[id].title },
    said: { fr: saidOf(check, "fr"), en: saidOf(check, "en") },
  };
}

function saidOf({ outcome, because, facts }: CheckResult, language: "fr" | "en"): string {
  const texts = TEXTS[language];
  const why = because === undefined ? "" : ` (${texts.reasons[because]})`;
  const colon = language === "fr" ? "\u00a0: " : ": ";
  // The key stands in the report: a sentence with it is long, and says nothing new.
  const known = facts.filter(({ code }) => code !== "key_not_compared").map((fact) => inWords(texts, fact));
  return `${texts.outcomes[outcome]}${why}${known.length === 0 ? "" : `${colon}${known.join("; ")}`}`;
}

function endOf(journal: Entries): { readonly entries: number; readonly end: string } {
  const last = journal.at(-1);
  return { entries: journal.length, end: last === undefined ? "0".repeat(64) : toHex(last.hash) };
}

/** Numbers people in the order in which they appear: their hashes say no more, and nobody can read them. */
function actsOf(journal: Entries): ReportAct[] {
  const people = new Map<string, number>();
  const personOf = (hash: unknown) => {
    if (typeof hash !== "string") return null;
    people.set(hash, people.get(hash) ?? people.size + 1);
    return people.get(hash) ?? null;
  };
  return journal.map(({ number, act, phase = "done", fields }) => {
    const by = personOf(fields["by"]);
    return { number, at: textOf(fields["at"]) ?? "", act, phase, by, approvedBy: personOf(fields["approved_by"]) };
  });
}

function rollChangesOf(journal: Entries): RollChange[] {
  return doneOf(journal, "change-roll").flatMap((entry) => {
    const { kind, voters, in_force_at, on_roll } = detailsOf(entry);
    const known = ROLL_CHANGES.find((one) => one === kind);
    if (known === undefined) return [];
    const [number, inForceAt] = [entry.number, textOf(in_force_at) ?? null];
    return [{ number, kind: known, voters: numberOf(voters) ?? 0, inForceAt, onRoll: numberOf(on_roll) ?? null }];
  });
}

const WINDOW_ACTS = ["open-law", "close-law", "freeze-law", "unfreeze-law"] as const satisfies readonly PublicAct[];

/** The window that was planned before the first vote, and what acts have made of it. */
function windowOf({ fields }: Description, journal: Entries): LawReport["window"] {
  const planned: ReportWindow = {
    opensAt: textOf(fields["opens_at"]) ?? "",
    closesAt: textOf(fields["closes_at"]) ?? null,
  };
  const inForce: ReportWindow[] = [planned];
  const changes: WindowChange[] = [];
  for (const entry of doneOf(journal, ...WINDOW_ACTS)) {
    const { in_force_at, changed, opens_at, closes_at } = detailsOf(entry);
    const [inForceAt, opensAt] = [textOf(in_force_at) ?? null, textOf(opens_at)];
    const act = WINDOW_ACTS.find((one) => one === entry.act) ?? "open-law";
    const isFreezing = act === "freeze-law" || act === "unfreeze-law";
    // It was so already: nothing changed.
    if (isFreezing ? changed !== true : inForceAt === null) continue;
    changes.push({ number: entry.number, act, at: textOf(entry.fields["at"]) ?? "", inForceAt });
    if (isFreezing) continue;
    if (opensAt === undefined) throw new Error(`entry ${entry.number} of the journal does not say what window it made`);
    const made = { opensAt, closesAt: textOf(closes_at) ?? null };
    const end = inForce.at(-1)?.closesAt ?? null;
    // What begins after the end of the window before it is a further one: the law was opened again.
    const isFurther = end !== null && Date.parse(opensAt) > Date.parse(end);
    inForce.splice(isFurther ? inForce.length : -1, isFurther ? 0 : 1, made);
  }
  return { planned, inForce, changes };
}

/** Acts that were done, in their order. An entry without a state is of an act that needs none. */
function doneOf(journal: Entries, ...acts: readonly string[]): Entry[] {
  return journal.filter(({ act, phase = "done" }) => phase === "done" && acts.includes(act));
}

function detailsOf({ fields }: Entry): Readonly<Record<string, unknown>> {
  return objectOf(fields["details"]);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
