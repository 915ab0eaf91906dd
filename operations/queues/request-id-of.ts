import { z } from "zod";

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
