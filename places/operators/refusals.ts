import { z } from "zod";
import { REFUSAL_CODES, Refusal } from "../../shared/domain/refusal.ts";
import { UserError } from "../../terminal/errors.ts";
import { refusedByAws } from "../aws-refusals.ts";

/**
 * What a refused call is answered with: the API's own problems, and what API Gateway says by itself, with the codes of
 * `infra/constructs/operators/gateway-answers.ts` or, where those are not deployed, in its own words.
 */
const Answer = z.looseObject({
  detail: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
  code: z.string().optional().catch(undefined),
  subject: z.string().optional(),
});

const RefusalCodes = z.enum(REFUSAL_CODES).optional().catch(undefined);

/** What API Gateway says by itself about a call, by its code. */
const GATEWAY: Readonly<Record<string, (said: string, date: string | null) => Error>> = {
  not_signed: (said) =>
    new UserError(
      `The operators' API has no such path, or has seen no signature (${said}). Is this command of the stage's release? ` +
        "npm run doctor -- --stage STAGE says which release the stage has. If it is, log in again, for example with aws sso " +
        "login, and name the profile with --profile.",
    ),
  access_denied: (said, date) => refusedByAws(`access denied: ${said}`, date),
  expired_token: (said, date) => refusedByAws(`expired: ${said}`, date),
  invalid_signature: (said, date) => {
    const aheadOrRole = refusedByAws(said, date);
    return /clock of this machine is/.test(aheadOrRole.message)
      ? aheadOrRole
      : new UserError(
          `AWS does not accept the signature of this call (${said}). The clock of this machine is right. Log in again, and see ` +
            "that AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, if they are set, belong together.",
        );
  },
  body_too_large: (said) =>
    new UserError(
      `The request is larger than the operators' API takes (${said}). Nothing was done. Divide the file, and run the command ` +
        "for each part.",
    ),
  unsupported_media_type: (said) =>
    new UserError(
      `Something between this machine and the stage has changed the request (${said}). Nothing was done: go round the proxy.`,
    ),
};

/** API Gateway's own words, for the same. */
const WORDS: readonly (readonly [RegExp, keyof typeof GATEWAY])[] = [
  [/missing authentication token/i, "not_signed"],
  [/signature we calculated|incomplete.?signature|invalid.?signature/i, "invalid_signature"],
  [/request too long|too large/i, "body_too_large"],
];

/**
 * Says in a sentence why a call was refused.
 *
 * @param status the HTTP status, 400 to 499
 * @param text the body
 * @param date the answer's Date header: the server's clock
 */
export function refusalOf(status: number, text: string, date: string | null): Error {
  const { detail, Message, message = Message, code, subject } = bodyOf(text);
  const said = detail ?? message ?? text;
  const known = RefusalCodes.parse(code);
  if (known === undefined) {
    const own =
      code ?? WORDS.find(([words]) => words.test(said))?.[1] ?? (status === 413 ? "body_too_large" : undefined);
    const sentence = own === undefined ? undefined : GATEWAY[own];
    if (sentence !== undefined) return sentence(said, date);
    if (status === 403) return refusedByAws(said, date);
  }
  return new Refusal(detail ?? message ?? `The operators' API answered ${status}.`, {
    ...(known === undefined ? {} : { code: known }),
    ...(subject === undefined ? {} : { subject }),
  });
}

/**
 * Says why a step was not done that may be sent again.
 *
 * @param status the HTTP status: 429, or from 500 on
 * @param text the body
 */
export function notDone(status: number, text: string): string {
  const { detail, Message, message = Message } = bodyOf(text);
  if (status === 429) {
    return "it answered 429: more requests arrive than it takes; end other commands on this stage, or wait a minute";
  }
  if (status === 504 || /timed out/i.test(message ?? "")) {
    return `it answered ${status}: the step took longer than API Gateway waits, and may still be at work`;
  }
  const said = detail ?? message;
  return said === undefined || said === "" ? `it answered ${status}` : `it answered ${status}: ${said}`;
}

/** Whether a step was not begun because another process works on the same roll. */
export function isBusy(status: number, text: string): boolean {
  return status === 503 && bodyOf(text).code === "busy";
}

function bodyOf(text: string): z.output<typeof Answer> {
  try {
    return Answer.parse(JSON.parse(text));
  } catch {
    return { message: text.slice(0, 200) };
  }
}
