import { UserError } from "../terminal/errors.ts";

/** A clock that is further off makes signatures invalid (AWS Signature Version 4: 15 minutes; some services 5). */
const CLOCK_MINUTES = 4;

/**
 * Says that nothing tells AWS who calls.
 *
 * @param error why no credentials were found
 * @param profile the profile that was named, if any
 */
export function noCredentials(error: unknown, profile?: string): UserError {
  const where = profile === undefined ? "for this command" : `in the profile ${profile}`;
  return new UserError(
    `There are no AWS credentials ${where} (${error instanceof Error ? error.message : error}). ` +
      "Log in, for example with aws sso login, and name the profile with --profile or AWS_PROFILE.",
  );
}

/**
 * Says in a sentence why AWS has refused a signature or a role.
 *
 * @param said AWS's words, which name the reason and no secret
 * @param date the answer's Date header: AWS's clock; null: not known
 */
export function refusedByAws(said: string, date: string | null): UserError {
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

/** Errors of AWS's services by which a caller is refused. */
const REFUSED = /expired|access.?denied|unauthorized|InvalidClientTokenId|UnrecognizedClient|Signature/i;

/**
 * Says in a sentence why an AWS service has refused the caller.
 *
 * @param error what its client has thrown
 * @param profile the profile that was named, if any
 * @returns undefined when it has failed for another reason
 */
export function callerRefused(error: unknown, profile?: string): UserError | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/credentials|tokenprovider/i.test(error.name)) return noCredentials(error, profile);
  if (REFUSED.test(error.name)) return refusedByAws(`${error.name}: ${error.message}`, null);
  return undefined;
}
