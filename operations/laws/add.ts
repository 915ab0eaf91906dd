import { randomBytes } from "node:crypto";
import {
  LAW_ID_PATTERN,
  type Law,
  type LawForm,
  type Proof,
  type ResultsWhen,
  type Titles,
} from "../../shared/domain/law.ts";
import { isPlainLine } from "../../shared/domain/printable.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { isRehearsal, looksLikeRehearsal, REHEARSAL_PREFIX } from "../../shared/domain/rehearsal.ts";
import type { CodeKind } from "../../shared/domain/voter-code.ts";
import type { KnownLaw } from "../law-book/law-book.ts";
import type { Servers } from "../servers.ts";
import { askForLogKey } from "./log-function.ts";
import { askForPromiseKey, promiseKeyOf } from "./promise-key.ts";

/** An operator's request for a new law. */
export interface NewLaw {
  readonly lawId: string;
  /** The title in one line, for places where no language is known. */
  readonly title: string;
  /** The title in the languages of voters' pages; `title` serves for a language that is absent. */
  readonly titles?: Titles | undefined;
  /** Instants in ISO 8601 with a zone. Without `opens` the law opens now; without `closes` it stays open. */
  readonly opens?: string | undefined;
  readonly closes?: string | undefined;
  /** Whether voter hashes are made with a pepper; by default only on AWS. */
  readonly pepper?: boolean | undefined;
  /** Which codes it takes; by default on AWS only codes with a check, elsewhere any. */
  readonly codes?: CodeKind | undefined;
  /** How many voters it has: its roll is sealed with no other number. */
  readonly expectedVoters?: number | undefined;
  /** When its tally is public; by default live, and of a sealed law after its close. */
  readonly results?: ResultsWhen | undefined;
  /** How its ballots travel and lie, for life; by default as in release 1. */
  readonly form?: LawForm | undefined;
  /** Of a sealed law: whether a voter can find the own ballot in the opened list; by default not. */
  readonly proof?: Proof | undefined;
  /** The law is a rehearsal, for life. Its id has to say so too. */
  readonly rehearsal?: boolean | undefined;
}

/** ISO 8601 date and time with a zone. */
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;
const MAX_TITLE = 500;
/** Tells instances of a law apart whose stage and id are the same. */
const INSTANCE_BYTES = 8;

/**
 * Adds a law as a draft: no vote is accepted before its roll is sealed. It keeps the keys, the pepper and the kind of
 * codes that are set at this moment for its whole life.
 *
 * @param servers those of a running stage
 * @param request the law
 * @param now the present instant
 * @returns the law as it stands now
 * @throws Refusal when the request is wrong, or when a law with this id exists
 */
export async function addLaw(servers: Servers, request: NewLaw, now = new Date()): Promise<KnownLaw> {
  const form = readNewLaw(request, now);
  const keyVersion = (await servers.keys()).currentVersion;
  const pepper = request.pepper ?? servers.pepperByDefault;
  const codes = request.codes ?? servers.codesByDefault;
  const results = request.form === "sealed" ? "after_close" : request.results;
  const law: Law = {
    ...form,
    ...(request.form === undefined ? {} : await fieldsOfForm(servers, request.form, form.lawId, now)),
    ...(request.proof === undefined || request.proof === "none" ? {} : { proof: request.proof }),
    // Sealing its roll after that time moves the opening.
    ...(request.opens === undefined ? {} : { plannedOpensAt: form.opensAt }),
    reached: "draft",
    keyVersion,
    codes,
    ...(pepper ? { pepperId: String(keyVersion) } : {}),
    ...(request.expectedVoters === undefined ? {} : { expectedVoters: request.expectedVoters }),
    ...(results === undefined || results === "live" ? {} : { results }),
  };
  const added = await servers.laws.add(law);
  if (added === undefined) {
    throw new Refusal(`The law ${law.lawId} exists already and was not changed.`, {
      code: "law_exists",
      subject: law.lawId,
    });
  }
  return added;
}

async function fieldsOfForm(servers: Servers, form: LawForm, lawId: string, now: Date) {
  const promiseKeys = [promiseKeyOf(await askForPromiseKey(servers), now)];
  return { form, origin: newOrigin(servers.stage, lawId), promiseKeys, logKey: await askForLogKey(servers) };
}

/** Names a stage and one instance of a law: what is sealed for it is for no other law. */
function newOrigin(stage: string, lawId: string): string {
  return `${stage}/${lawId}/${randomBytes(INSTANCE_BYTES).toString("hex")}`;
}

/**
 * Checks the request for a new law.
 *
 * @param request the law
 * @param now when the law opens if the request does not say
 * @throws Refusal naming the mistake
 */
export function readNewLaw(
  request: NewLaw,
  now: Date,
): Pick<Law, "lawId" | "title" | "titles" | "opensAt" | "closesAt" | "utcOffset"> {
  if (!LAW_ID_PATTERN.test(request.lawId)) {
    throw new Refusal(
      `${JSON.stringify(request.lawId)} cannot be a law's id: use 1 to 50 of A-Z a-z 0-9 . _ - and begin with a letter or digit.`,
    );
  }
  refuseWrongMark(request);
  refuseWrongForm(request.lawId, request.form, request);
  const title = readTitle("title", request.title);
  const { fr, en } = request.titles ?? {};
  const titles = {
    ...(fr === undefined ? {} : { fr: readTitle("French title", fr) }),
    ...(en === undefined ? {} : { en: readTitle("English title", en) }),
  };
  const opensAt = request.opens === undefined ? now : readInstant("--opens", request.opens);
  const closesAt = request.closes === undefined ? undefined : readInstant("--closes", request.closes);
  refuseNoWindow(opensAt, closesAt);
  return {
    lawId: request.lawId,
    title,
    ...(fr === undefined && en === undefined ? {} : { titles }),
    opensAt: opensAt.toISOString(),
    ...(closesAt === undefined ? {} : { closesAt: closesAt.toISOString() }),
    ...utcOffsetOf(request.opens ?? request.closes),
  };
}

/** The mark of a rehearsal is its id: neither can be there without the other. */
function refuseWrongMark({ lawId, rehearsal = false }: NewLaw): void {
  if (rehearsal && !isRehearsal(lawId)) {
    throw new Refusal(`The id of a rehearsal begins with ${REHEARSAL_PREFIX}, and ${lawId} does not.`);
  }
  if (!rehearsal && looksLikeRehearsal(lawId)) {
    throw new Refusal(
      `${lawId} cannot be the id of a law whose votes count: ids that begin with ${REHEARSAL_PREFIX} are those of ` +
        "rehearsals. Choose another id; npm run laws -- rehearse makes rehearsals.",
    );
  }
}

/**
 * Refuses what the form of a law does not allow.
 *
 * @param lawId the law
 * @param form its form
 * @param wanted what is wanted of it
 * @throws Refusal naming it
 */
export function refuseWrongForm(
  lawId: string,
  form: LawForm | undefined,
  { results, proof }: { readonly results?: ResultsWhen | undefined; readonly proof?: Proof | undefined },
): void {
  if (form === "sealed" && results === "live") {
    throw new Refusal(
      `The results of ${lawId} cannot be live: its ballots are sealed, and nobody can read them before its close.`,
    );
  }
  if (form !== "sealed" && proof !== undefined) {
    throw new Refusal(`${lawId} is not a sealed law, so its voters get no proof. --proof belongs to --form sealed.`);
  }
}

/**
 * Refuses a window that ends before it begins.
 *
 * @param opensAt when it begins
 * @param closesAt when it ends; undefined: not by itself
 * @throws Refusal naming both
 */
export function refuseNoWindow(opensAt: Date, closesAt: Date | undefined): void {
  if (closesAt === undefined || closesAt > opensAt) return;
  throw new Refusal(
    `The law would close at ${closesAt.toISOString()}, which is not after it opens at ${opensAt.toISOString()}.`,
  );
}

/**
 * Reads a title.
 *
 * @param name what it is, for the message
 * @param text the title
 * @throws Refusal when it is empty, too long, or not one line of plain characters
 */
export function readTitle(name: string, text: string): string {
  const title = text.trim();
  if (title === "" || title.length > MAX_TITLE || !isPlainLine(title)) {
    throw new Refusal(`The ${name} must be one line of 1 to ${MAX_TITLE} characters.`);
  }
  return title;
}

/**
 * Reads an instant from the command line.
 *
 * @param option the name of the option, for the message
 * @param text ISO 8601 with a zone
 * @throws Refusal when it is anything else: a time without a zone means different instants to different people
 */
export function readInstant(option: string, text: string): Date {
  const instant = new Date(text.replace(" ", "T"));
  if (!INSTANT.test(text) || Number.isNaN(instant.getTime()) || !isDay(text.slice(0, 10))) {
    throw new Refusal(
      `${option} ${JSON.stringify(text)} is not an instant: write date, time and zone as in 2026-11-24T08:00:00-05:00.`,
    );
  }
  return instant;
}

/** The UTC offset in the text of an instant, with which the law's times are shown. */
export function utcOffsetOf(instant: string | undefined): { readonly utcOffset?: string } {
  const [, sign, hours, minutes] = /([+-])(\d{2}):?(\d{2})$/.exec(instant ?? "") ?? [];
  if (sign !== undefined) return { utcOffset: `${sign}${hours}:${minutes}` };
  return instant === undefined ? {} : { utcOffset: "+00:00" };
}

/** JavaScript would read 30 February as 2 March. */
function isDay(text: string): boolean {
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}
