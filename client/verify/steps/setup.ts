import type { Fields } from "../../json.ts";
import { isSigned, verifyingKey } from "../bytes/ed25519.ts";
import { equal, fromBase64url, utf8 } from "../bytes/text.ts";
import type { CheckId } from "../checks.ts";
import { type Description, readDescription } from "../files/description.ts";
import { type Entry, names } from "../files/journal.ts";
import { canonicalJson } from "../files/json.ts";
import { isNoteOf } from "../log/note.ts";
import { keyIdOf } from "../log/promise.ts";
import { wholeText } from "../source.ts";
import type { Context } from "./context.ts";
import type { Numbered } from "./walker.ts";

const MOST_BYTES = 1 << 20;
/** More than a law ever has: each is an act of two people. */
const MOST_VERSIONS = 10_000;
const OF_DESCRIPTIONS: readonly CheckId[] = [
  ...(["1.02", "1.04", "1.05", "1.06", "1.07", "1.08", "1.09", "1.10"] as const),
  ...(["2.10", "2.13", "3.04", "3.07", "3.08", "3.09", "3.10", "3.13"] as const),
];

/** What may differ from one version of a description to the next. */
const MAY_CHANGE = new Set(["version", "promise_keys", "roll"]);

/**
 * Reads all versions of the law's description, and checks who has signed them (1.02).
 *
 * @returns the first version first; empty when something is missing or wrong
 */
export async function readDescriptions(context: Context): Promise<Description[]> {
  const { source, report, key } = context;
  const latest = await descriptionAt(context, "description");
  if (latest === undefined) return [];
  const versions: Description[] = [];
  for (let version = 1; version < Math.min(latest.version, MOST_VERSIONS); version++) {
    const earlier = await descriptionAt({ ...context, source }, `description.${version}`);
    if (earlier === undefined) return [];
    versions.push(earlier);
  }
  versions.push(latest);
  for (const { origin } of versions) {
    if (origin !== key.name)
      report.fail("1.02", { code: "other_law", file: "description", found: origin, expected: key.name });
  }
  report.ran("1.02");
  return versions;
}

async function descriptionAt({ source, report, key }: Context, file: string): Promise<Description | undefined> {
  const text = await wholeText(source, file, MOST_BYTES);
  if (text === undefined) {
    report.fail("1.01", { code: "file_missing", file });
    report.skip("missing", ...OF_DESCRIPTIONS);
    return undefined;
  }
  const description = readDescription(text);
  if (description === undefined) report.fail("1.02", { code: "malformed", file });
  else if (!(await isNoteOf(description.note, key))) report.fail("1.02", { code: "wrong_signature", file });
  return description;
}

/** The versions that the log must have: of a law that runs, the last one may be in the next epoch. */
export function loggedVersions(
  { isCertified }: Context,
  all: readonly Description[],
  logged: readonly Numbered[],
): readonly Description[] {
  return isCertified ? all : all.slice(0, Math.max(1, logged.length));
}

/** Compares descriptions with the log (1.04) and with each other (1.05), and looks at the ids of their keys (1.06). */
export function checkDescriptions(context: Context, all: readonly Description[], logged: readonly Numbered[]): void {
  const { report } = context;
  const versions = loggedVersions(context, all, logged);
  const [latest, first] = [versions.at(-1), logged[0]];
  if (latest === undefined) return;
  report.ran("1.04", "1.05", "1.06");
  if (first?.index !== 0 || first.number !== 1) report.fail("1.04", { code: "first_entry" });
  if (logged.length !== versions.length) {
    report.fail("1.04", { code: "description_versions", entries: logged.length, version: latest.version });
  }
  for (const [at, { version, hash }] of versions.entries()) {
    const leaf = logged[at];
    if (version !== at + 1 || leaf?.number !== version || !equal(leaf.hash, hash)) {
      report.fail("1.04", { code: "description_entry", version });
    }
    const before = versions[at - 1];
    for (const field of before === undefined ? [] : changed(before.fields, versions[at]?.fields ?? {})) {
      report.fail("1.05", { code: "description_changed", version, field });
    }
  }
  checkKeyIds(report, versions);
}

function changed(before: Fields, after: Fields): string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...fields].filter(
    (name) => !MAY_CHANGE.has(name) && canonicalJson(before[name]) !== canonicalJson(after[name]),
  );
}

function checkKeyIds(report: Context["report"], versions: readonly Description[]): void {
  const keys = versions.flatMap(({ promiseKeys, trustees }) => [
    ...promiseKeys.map(({ key_id, public_key }) => [key_id, public_key] as const),
    ...(trustees === undefined ? [] : [[trustees.keyId, trustees.electionKey] as const]),
  ]);
  for (const [keyId, key] of new Map(keys)) {
    const bytes = fromBase64url(key, 32);
    if (bytes === undefined || keyIdOf(bytes) !== keyId) report.fail("1.06", { code: "key_id", keyId });
  }
}

/** Checks that the roll changed only as the journal says (1.07). */
export function checkRollChanges(
  { report }: Context,
  versions: readonly Description[],
  journal: readonly Entry[],
): void {
  if (versions.length === 0) return;
  for (const [at, { version, roll }] of versions.entries()) {
    const before = versions[at - 1]?.roll;
    if (before === undefined || (before.digest === roll.digest && before.voters === roll.voters)) continue;
    const isJournalled = before.digest !== roll.digest && journal.some((entry) => names(entry, roll.digest));
    if (!isJournalled) report.fail("1.07", { code: "roll_unjournalled", version });
  }
  report.ran("1.07");
}

/** Checks that the law got further promise keys only as the journal says, and lost none (1.10). */
export function checkPromiseKeyChanges(
  { report }: Context,
  versions: readonly Description[],
  journal: readonly Entry[],
): void {
  if (versions.length === 0) return;
  const done = journal.filter(({ act, phase = "done" }) => act === "change-promise-key" && phase === "done");
  for (const [at, { version, promiseKeys }] of versions.entries()) {
    const before = versions[at - 1]?.promiseKeys;
    if (before === undefined) continue;
    for (const [place, { key_id: keyId }] of before.entries()) {
      if (promiseKeys[place]?.key_id !== keyId) report.fail("1.10", { code: "promise_key_gone", version, keyId });
    }
    for (const { key_id: keyId } of promiseKeys.slice(before.length)) {
      if (!done.some((entry) => names(entry, keyId))) {
        report.fail("1.10", { code: "promise_key_unjournalled", version, keyId });
      }
    }
  }
  report.ran("1.10");
}

const TOLD_FIELDS = ["origin", "form", "results", "election_key", "signing_key"] as const;

/**
 * Compares what the API tells voters with the description (1.05): a ballot may be sealed for another key than the one
 * that everybody sees.
 *
 * @param told what it tells
 */
export function checkTold({ report }: Context, { fields }: Description, told: Fields): void {
  for (const field of TOLD_FIELDS) {
    if (told[field] !== fields[field]) report.fail("1.05", { code: "told_otherwise", field });
  }
  if (canonicalJson(told["title"]) !== canonicalJson(fields["titles"])) {
    report.fail("1.05", { code: "told_otherwise", field: "title" });
  }
}

const TRUSTEES_FIELDS = ["law_id", "origin", "election_key", "signing_key", "key_id"] as const;

/** Compares the law's keys with the trustees' public file (1.08). */
export async function checkTrustees({ report }: Context, latest: Description, publicFile: Fields): Promise<void> {
  const { signature, ...fields } = publicFile;
  const [key, bytes] = [fromBase64url(fields["signing_key"], 32), fromBase64url(signature, 64)];
  const signing = key && (await verifyingKey(key));
  const message = utf8(`referendum election keys v1\n${canonicalJson(fields)}`);
  const isWhole = signing !== undefined && bytes !== undefined && (await isSigned(signing, message, bytes));
  if (!isWhole) report.fail("1.08", { code: "wrong_signature", file: "the trustees' public file" });
  for (const field of TRUSTEES_FIELDS) {
    if (latest.fields[field] !== publicFile[field]) report.fail("1.08", { code: "trustees_differ", field });
  }
  report.ran("1.08");
}
