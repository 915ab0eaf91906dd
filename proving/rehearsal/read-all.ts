import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { bundleAt, verify } from "../../client/verify/index.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { BrokenJournal, JournalReader } from "../../places/operators/journal-reader.ts";
import { checkLedger, type LedgerFacts, type LedgerReport } from "../../shared/domain/ledger.ts";
import type { JournalEntry } from "../../shared/messages/operators/journal.ts";
import { listLaws } from "../../shared/messages/operators/laws.ts";
import { ACCEPTED_PER_CALL, factsOfAnswer, ledger, takeAccepted } from "../../shared/messages/operators/ledger.ts";
import { showLaw } from "../../shared/messages/operators/show-law.ts";
import { AllLaws, LawResult, PublicLaw, Turnout } from "../../shared/messages/responses.ts";
import { holdsWithin, waitUntil } from "../../shared/runtime/wait.ts";

export type ShownLaw = z.output<typeof showLaw.result>;

/** Where a rehearsal reads. */
export interface Reading {
  readonly api: OperatorsApi;
  /** The address of the voters' API. */
  readonly apiUrl: string;
  readonly lawId: string;
  /** The longest wait until what is published has settled, in milliseconds. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

const ANSWER_MS = 30_000;
const LOOK_EVERY_MS = 1_000;
/** A turnout is remembered for ten seconds, wherever it is asked for. */
const TURNOUT_WITHIN_MS = 60_000;

/** Asks the voters' API, again and again for as long as it answers with an error or not at all. */
async function get<S extends z.ZodType>(reading: Reading, path: string, schema: S): Promise<z.output<S>> {
  const { apiUrl, waitMs, signal } = reading;
  const url = new URL(`api/v1/${path}`, apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/`);
  const read: z.output<S>[] = [];
  const isRead = async () => {
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
    if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
    read.push(schema.parse(await answer.json()));
    return true;
  };
  await waitUntil(`${url.pathname} is answered`, isRead, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal });
  const [body] = read;
  if (body === undefined) throw new Error(`${url.pathname} was answered with nothing`);
  return body;
}

/** The result of the law, as voters see it. */
export function readResult(reading: Reading): Promise<LawResult> {
  return get(reading, `results/${reading.lawId}`, LawResult);
}

/** The law, as operators see it. */
export function readShown({ api, lawId, signal }: Reading): Promise<ShownLaw> {
  return api.look(showLaw, { law_id: lawId }, { signal });
}

/**
 * Reads everything that is compared, after the count. Publication lags behind the count, so this waits until the
 * published result says what the law was counted with. What it says after the longest wait is compared too.
 *
 * @param reading where
 * @param accepted the ids of the submissions that were answered 202
 */
export async function readAll(reading: Reading, accepted: readonly string[]) {
  const { api, lawId, waitMs, signal } = reading;
  const shown = await readShown(reading);
  const counted = shown.count?.counted ?? 0;
  let result = await readResult(reading);
  const isPublished = async () => {
    result = await readResult(reading);
    return result.state === "published" && result.total_votes === counted;
  };
  await holdsWithin(isPublished, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal });
  let turnout = await get(reading, `turnout/${lawId}`, Turnout);
  const hasAll = async () => {
    turnout = await get(reading, `turnout/${lawId}`, Turnout);
    return turnout.voted === counted;
  };
  await holdsWithin(hasAll, { withinMs: Math.min(waitMs, TURNOUT_WITHIN_MS), everyMs: LOOK_EVERY_MS, signal });
  const listed = (await api.look(listLaws, {}, { signal })).laws.find(({ law_id }) => law_id === lawId);
  const { laws } = await get(reading, "laws", AllLaws);
  return {
    lawId,
    shown,
    result,
    turnout,
    listed,
    law: await get(reading, `laws/${lawId}`, PublicLaw),
    isListed: laws.some(({ law_id, rehearsal }) => law_id === lawId && rehearsal === true),
    journal: await readJournalOf(reading),
    log: shown.law.log_key === null ? undefined : await readLogOf(reading, accepted.length),
    ...(await readLedgerOf(reading, accepted)),
  };
}

/** What anybody finds who checks the public log of the law. */
export interface CheckedLog {
  /** Checks that found something wrong. */
  readonly failing: readonly string[];
  readonly counted: number;
  readonly duplicate: number;
  readonly invalid: number;
}

/** Checks the log, again until it has every submission: the last ones come some seconds after the count. */
async function readLogOf(reading: Reading, accepted: number): Promise<CheckedLog> {
  const { apiUrl, lawId, waitMs, signal } = reading;
  const address = new URL(`api/v1/log/${lawId}`, apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/`).href;
  const read: CheckedLog[] = [];
  const isWhole = async () => {
    const { checks, contents } = await verify(bundleAt(address, { signal }), address, { signal });
    const { counted = 0, duplicate = 0, invalid = 0 } = contents.statuses ?? {};
    const failing = checks.filter(({ outcome }) => outcome === "fails").map(({ id }) => id);
    read.push({ failing, counted, duplicate, invalid });
    return counted + duplicate + invalid >= accepted || failing.length > 0;
  };
  await holdsWithin(isWhole, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal });
  return read.at(-1) ?? { failing: ["the log could not be read"], counted: 0, duplicate: 0, invalid: 0 };
}

/** The ledger of the law. While votes on other laws are in the queues, there is no verdict, and it is read again. */
async function readLedgerOf(
  reading: Reading,
  accepted: readonly string[],
): Promise<{ readonly facts: LedgerFacts; readonly ledger: LedgerReport }> {
  const { waitMs, signal } = reading;
  let read = await readLedgerOnce(reading, accepted);
  const isJudged = async () => {
    if (read.ledger.verdict === "pending") read = await readLedgerOnce(reading, accepted);
    return read.ledger.verdict !== "pending";
  };
  await holdsWithin(isJudged, { withinMs: waitMs, everyMs: LOOK_EVERY_MS, signal });
  return read;
}

async function readLedgerOnce({ api, lawId, signal }: Reading, accepted: readonly string[]) {
  const comparison = randomUUID();
  for (let from = 0; from < accepted.length; from += ACCEPTED_PER_CALL) {
    const request_ids = accepted.slice(from, from + ACCEPTED_PER_CALL);
    await api.look(takeAccepted, { comparison, request_ids }, { signal });
  }
  const facts = factsOfAnswer(await api.look(ledger, { laws: [lawId], comparison }, { signal }));
  return { facts, ledger: checkLedger(facts) };
}

/** The entries of the law, and whether the whole journal is as it was written. */
async function readJournalOf({
  api,
  lawId,
  signal,
}: Reading): Promise<{ readonly isWhole: boolean; readonly entries: readonly JournalEntry[] }> {
  const entries: JournalEntry[] = [];
  try {
    await new JournalReader(api, signal).readOn((read) => {
      entries.push(...read.filter(({ law_id }) => law_id === lawId));
    });
    return { isWhole: true, entries };
  } catch (error) {
    if (!(error instanceof BrokenJournal)) throw error;
    return { isWhole: false, entries };
  }
}
