import { z } from "zod";

const WithRequestId = z.looseObject({ request_id: z.string() });

/**
 * The request id that a message names, whether or not it can be read otherwise.
 *
 * @param body its body
 */
export function requestIdOf(body: string): string | undefined {
  try {
    return WithRequestId.safeParse(JSON.parse(body)).data?.request_id;
  } catch {
    return undefined; // Not JSON: an unreadable message, which names no submission.
  }
}
