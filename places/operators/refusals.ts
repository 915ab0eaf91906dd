import { z } from "zod";
import { REFUSAL_CODES, Refusal } from "../../shared/domain/refusal.ts";
import { refusedByAws } from "../aws-refusals.ts";

/** What a refused call is answered with: the API's own problems, and what API Gateway says of a signature. */
const Answer = z.looseObject({
  detail: z.string().optional(),
  message: z.string().optional(),
  Message: z.string().optional(),
  code: z.enum(REFUSAL_CODES).optional().catch(undefined),
  subject: z.string().optional(),
});

/**
 * Says in a sentence why a call was refused.
 *
 * @param status the HTTP status, 400 to 499
 * @param text the body
 * @param date the answer's Date header: the server's clock
 */
export function refusalOf(status: number, text: string, date: string | null): Error {
  const { detail, Message, message = Message, code, subject } = bodyOf(text);
  if (status === 403 && code === undefined) return refusedByAws(detail ?? message ?? text, date);
  return new Refusal(detail ?? message ?? `The operators' API answered ${status}.`, {
    ...(code === undefined ? {} : { code }),
    ...(subject === undefined ? {} : { subject }),
  });
}

function bodyOf(text: string): z.output<typeof Answer> {
  try {
    return Answer.parse(JSON.parse(text));
  } catch {
    return { message: text.slice(0, 200) };
  }
}
