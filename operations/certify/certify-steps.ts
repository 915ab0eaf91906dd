import { checkLedger } from "../../shared/domain/ledger.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { Clock } from "../clock.ts";
import type { RecordedVotes } from "../count/recorded-votes.ts";
import { lawTimingOf } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import { runLogNow } from "../laws/log-function.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";
import type { LedgerState } from "../ledger/steps.ts";
import type { Servers } from "../servers.ts";
import { SubmissionList } from "./list-submissions.ts";
import { logEnd } from "./log-end.ts";
import {
  certificateOf,
  type KeptCertificate,
  keepCertificate,
  openingOf,
  refuseDiffering,
} from "./write-certificate.ts";

/** For how long a step waits for the log's function at most, and how long it pauses while that is busy. */
const LOG_WAIT_MS = 8_000;
const BUSY_PAUSE_MS = 300;

/** How far certifying a law has come. */
export type Certifying =
  /** The list of an earlier try is deleted. */
  | { readonly phase: "clear" }
  /** Everything must be in the log. */
  | { readonly phase: "log" }
  | { readonly phase: "ledger"; readonly ledger: LedgerState | undefined }
  /** Submissions are listed; `after` is the last request id. */
  | { readonly phase: "list"; readonly after: string }
  /** Entries of the log up to a place were compared with the list. */
  | { readonly phase: "compare"; readonly place: number; readonly matching: number; readonly differing: number }
  | { readonly phase: "write" }
  /** The log's function signs the certificate, and publishes it. */
  | { readonly phase: "sign" };

/** What a step knows. */
export interface ConcludingContext {
  readonly servers: Servers;
  readonly votes: RecordedVotes;
  readonly clock: Clock;
  readonly run: string;
  readonly deadline: number;
}

/**
 * Refuses to certify a law that cannot be certified now.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @throws Refusal saying why
 */
export async function refuseToCertify(servers: Servers, lawId: string): Promise<void> {
  const [law] = await existingLaws(servers, [lawId]);
  if (law === undefined) return;
  refuseForbidden(law, "certify", (await lawTimingOf(servers).now()).getTime());
  if (law.form === "sealed" && law.concluded === undefined) await openingOf(servers.pool, lawId);
}

/**
 * Goes on with certifying a law: everything must be in its log, and published; the ledger must be clean; its
 * submissions are listed and compared with the log; then the certificate is kept in PostgreSQL, which makes the law
 * certified, and the log's function signs it. Every step can be cut off and repeated, by somebody else too.
 *
 * @param context the step
 * @param lawId the law
 * @param certifying how far it has come; undefined: the first step
 * @returns how far it has come then, or the signed certificate
 * @throws Refusal saying what is missing
 */
export async function certifyStep(
  context: ConcludingContext,
  lawId: string,
  certifying: Certifying | undefined,
): Promise<Certifying | { readonly phase: "done"; readonly certificate: KeptCertificate }> {
  let now = certifying ?? (await begun(context, lawId));
  for (;;) {
    if (now.phase === "sign") {
      const certificate = await certificateOf(context.servers.pool, lawId);
      if (certificate?.note !== undefined) return { phase: "done", certificate };
    }
    if (context.clock.now() >= context.deadline) return now;
    now = await next(context, lawId, now);
  }
}

async function begun({ servers }: ConcludingContext, lawId: string): Promise<Certifying> {
  const isKept = (await certificateOf(servers.pool, lawId)) !== undefined;
  return isKept ? { phase: "sign" } : { phase: "clear" };
}

async function next(context: ConcludingContext, lawId: string, now: Certifying): Promise<Certifying> {
  const { pool } = context.servers;
  const list = new SubmissionList(pool, lawId);
  switch (now.phase) {
    case "clear":
      return (await list.drop()) > 0 ? now : { phase: "log" };
    case "log":
      return (await isLogAtItsEnd(context, lawId)) ? { phase: "ledger", ledger: undefined } : now;
    case "ledger":
      return checkVotes(context, lawId, now.ledger);
    case "list": {
      const after = await list.gather(now.after);
      return after === null ? { phase: "compare", place: 0, matching: 0, differing: 0 } : { phase: "list", after };
    }
    case "compare": {
      const { to, matching, differing } = await list.compare(now.place);
      const compared = { matching: now.matching + matching, differing: now.differing + differing };
      if (to < ((await logEnd(pool, lawId))?.size ?? 0)) return { phase: "compare", place: to, ...compared };
      refuseDiffering(lawId, await list.figures(), compared);
      return { phase: "write" };
    }
    case "write":
      return write(context, lawId);
    case "sign":
      await runLog(context, lawId);
      return now;
  }
}

async function checkVotes(
  { votes, run, deadline }: ConcludingContext,
  lawId: string,
  ledger: LedgerState | undefined,
): Promise<Certifying> {
  const progress = await votes.ledger(lawId, run, ledger, deadline);
  if ("state" in progress) return { phase: "ledger", ledger: progress.state };
  const { verdict, findings } = checkLedger(progress.facts);
  if (verdict === "clean") return { phase: "list", after: "" };
  // The journal keeps a refusal, and never a voter's hash.
  const said = findings.map(({ message, summary = message }) => `${summary}.`).join(" ") || "votes are under way.";
  throw new Refusal(
    `${lawId} is not certified, because its ledger is not clean (npm run ops -- reconcile --law ${lawId}): ${said}`,
    { subject: lawId },
  );
}

async function write({ servers, votes }: ConcludingContext, lawId: string): Promise<Certifying> {
  const [law] = await existingLaws(servers, [lawId]);
  const end = await logEnd(servers.pool, lawId);
  if (law === undefined || end === undefined) throw new Error(`the law ${lawId} is gone`);
  // Somebody else has been faster.
  if (law.concluded !== undefined) return { phase: "sign" };
  if (end.waiting > 0) return { phase: "log" };
  const now = await lawTimingOf(servers).now();
  return (await keepCertificate(servers.pool, votes, law, end, now)) ? { phase: "sign" } : { phase: "log" };
}

async function isLogAtItsEnd(context: ConcludingContext, lawId: string): Promise<boolean> {
  if (!(await runLog(context, lawId))) return false;
  return (await logEnd(context.servers.pool, lawId))?.waiting === 0;
}

/**
 * Lets the log's function look at a law.
 *
 * @param context the step
 * @param lawId the law
 * @returns whether nothing is left to do for it
 * @throws Refusal when the log is not continued
 */
export async function runLog({ servers, clock, deadline }: ConcludingContext, lawId: string): Promise<boolean> {
  const answer = await runLogNow(servers, lawId, Math.min(LOG_WAIT_MS, deadline - clock.now()));
  if (answer === undefined) return false;
  const { outcome, stopped } = answer;
  if (outcome === "stopped") {
    throw new Refusal(`The log of ${lawId} is not continued, so nothing is certified or published. ${stopped ?? ""}`, {
      subject: lawId,
    });
  }
  if (outcome === "no_log") {
    throw new Refusal(`The function log keeps no log of ${lawId}: its roll is not sealed, or it is gone.`, {
      subject: lawId,
    });
  }
  if (outcome === "current") return true;
  await clock.pause(BUSY_PAUSE_MS);
  return false;
}
