import { z } from "zod";
import { REFUSAL_CODES, Refusal } from "../../shared/domain/refusal.ts";
import { UserError } from "../../terminal/errors.ts";

/** What a refused call is answered with: the API's own problems, and what API Gateway says of a signature. */
const Answer = z.looseObject({
  detail: z.string().optional(),
  message: z.string().optional(),
  code: z.enum(REFUSAL_CODES).optional().catch(undefined),
  subject: z.string().optional(),
});

/** A clock that is further off makes signatures invalid (AWS Signature Version 4: 15 minutes; some services 5). */
const CLOCK_MINUTES = 4;

/**
 * Says in a sentence why a call was refused.
 *
 * @param status the HTTP status, 400 to 499
 * @param text the body
 * @param date the answer's Date header: the server's clock
 */
export function refusalOf(status: number, text: string, date: string | null): Error {
  const { detail, message, code, subject } = bodyOf(text);
  if (status === 403 && code === undefined) return notAllowed(detail ?? message ?? text, date);
  return new Refusal(detail ?? message ?? `The operators' API answered ${status}.`, {
    ...(code === undefined ? {} : { code }),
    ...(subject === undefined ? {} : { subject }),
  });
}

/** API Gateway has refused the signature or the role. Its words name the reason and no secret. */
function notAllowed(said: string, date: string | null): UserError {
  const aheadMinutes = date === null ? 0 : Math.round((Date.now() - Date.parse(date)) / 60_000);
  if (Math.abs(aheadMinutes) >= CLOCK_MINUTES) {
    const how = `${Math.abs(aheadMinutes)} minutes ${aheadMinutes > 0 ? "ahead" : "behind"}`;
    return new UserError(
      `The clock of this machine is ${how}, so that its signatures are refused. Set it, and try again.`,
    );
  }
  if (/expired/i.test(said)) {
    return new UserError(`The AWS session has expired (${said}). Log in again, for example with aws sso login.`);
  }
  if (/not authorized|explicit deny|access.?denied/i.test(said)) {
    return new UserError(
      `This AWS role may not do that (${said}). Take the stage's role for it: reader, operator or approver (docs/runbook.md).`,
    );
  }
  return new UserError(`AWS does not accept these credentials (${said}). Are they of the stage's account?`);
}

function bodyOf(text: string): z.output<typeof Answer> {
  try {
    return Answer.parse(JSON.parse(text));
  } catch {
    return { message: text.slice(0, 200) };
  }
}
