import { Refusal, type RefusalCode } from "../shared/domain/refusal.ts";

/** A failure that the user can correct. The user sees its message, one clear sentence, without a stack trace. */
export class UserError extends Refusal {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}

/** Network errors of a server that does not run. */
const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "EPIPE",
  "57P01",
  "57P03",
]);

/** The advice when a service does not answer. The doctor itself gives none. */
const ASK_THE_DOCTOR = "; npm run doctor says which";

/**
 * Describes in a sentence what went wrong.
 *
 * @param error anything thrown
 * @param whenAway the advice to add when a service does not answer
 */
export function explain(error: unknown, whenAway = ASK_THE_DOCTOR): string {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0], whenAway);
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Refusal) return withNextStep(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if ((code !== undefined && AWAY.has(code)) || /max retries per request|connection is closed/i.test(error.message)) {
    return `A service of the stack does not answer (${error.message})${whenAway}.`;
  }
  if (code === "42P01") return `The database has no schema yet (${error.message}); restart the stack or run migrate.`;
  if (code === "28P01" || code === "28000")
    return `PostgreSQL refused the login (${error.message}); check its user and password.`;
  if (error.name === "AbortError") return "Interrupted.";
  if (/credentials/i.test(error.name)) return `There are no usable AWS credentials (${error.message}).`;
  return error.message === "" ? `${error.name}${code === undefined ? "" : ` (${code})`}` : error.message;
}

/** What the user can type next, by the code of the refusal. */
const NEXT_STEPS: Readonly<Partial<Record<RefusalCode, (subject: string) => string>>> = {
  law_exists: () => "npm run laws -- list shows it.",
  no_such_law: (lawId) => `Add it with npm run laws -- add ${lawId} --title "…".`,
  law_closed: (lawId) => `npm run laws -- open ${lawId} --reopen opens it again nevertheless.`,
  law_frozen: (lawId) => `npm run ops -- unfreeze ${lawId} ends that.`,
  no_such_act: () => "This command and the stage are of different releases.",
  no_such_proposal: () => "npm run ops -- pending shows what waits.",
};

function withNextStep({ message, code, subject = "" }: Refusal): string {
  const next = code === undefined ? undefined : NEXT_STEPS[code];
  return next === undefined ? message : `${message} ${next(subject)}`;
}
