import { appendFile } from "node:fs/promises";
import { z } from "zod";
import { credentialsIn } from "./credentials.ts";

/** How many voters warm up a stack: enough for the code of every instance to be compiled. */
export const WARM_UP_VOTES = 4_000;
const CONCURRENCY = 32;
/** One in this many reads a receipt, so that this function has started as well. */
const RECEIPT_EVERY = 50;
const answerSchema = z.object({ request_id: z.string() });

/**
 * Casts the first votes of a roll before anything is measured, like the first voters of a day.
 *
 * @param url the stack
 * @param lawId the law
 * @param votersFile credentials; the first ones vote
 * @param acceptedFile where the request ids go
 * @param signal ends it
 * @returns how many were accepted
 */
export async function warmUp(
  url: string,
  lawId: string,
  votersFile: string,
  acceptedFile: string,
  signal: AbortSignal,
): Promise<number> {
  const waiting = await credentialsIn(votersFile, WARM_UP_VOTES);
  const accepted: string[] = [];
  const lane = async () => {
    for (let voter = waiting.pop(); voter !== undefined; voter = waiting.pop()) {
      const [nas, code] = voter;
      const response = await fetch(new URL("/api/v1/vote", url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ nas, code, law_id: lawId, vote: "oui" }),
        signal,
      });
      const body: unknown = await response.json();
      if (response.status !== 202) continue;
      const { request_id } = answerSchema.parse(body);
      accepted.push(request_id);
      if (accepted.length % RECEIPT_EVERY !== 0) continue;
      await (await fetch(new URL(`/api/v1/votes/${request_id}`, url), { signal })).arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, lane));
  await (await fetch(new URL("/api/v1/health", url), { signal })).arrayBuffer();
  await appendFile(acceptedFile, accepted.map((id) => `${id}\n`).join(""));
  return accepted.length;
}
