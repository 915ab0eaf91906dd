import { z } from "zod";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { readRefused } from "../../shared/messages/queue.ts";

const WithRequestId = z.looseObject({ request_id: z.string() });

/**
 * The request id that a message names, whether or not it can be read otherwise, or was refused.
 *
 * @param body its body
 */
export function requestIdOf(body: string): string | undefined {
  try {
    const whole = readRefused(body)?.body ?? body;
    return WithRequestId.safeParse(JSON.parse(whole)).data?.request_id;
  } catch {
    return undefined; // Not JSON: an unreadable message, which names no submission.
  }
}

/**
 * The law of a request id. Nobody has checked who made it.
 *
 * @param requestId the text; none: the message names no submission
 * @returns undefined when it names no law
 */
export function lawOfRequest(requestId: string | null | undefined): string | undefined {
  const { lawId } = parseRequestId(requestId ?? "") ?? {};
  return lawId !== undefined && LAW_ID_PATTERN.test(lawId) ? lawId : undefined;
}
