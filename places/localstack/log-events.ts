import { z } from "zod";

const LogEvents = z.object({
  events: z.array(z.object({ eventId: z.string(), message: z.string() })),
  nextToken: z.string().optional(),
});
export type LogEvent = z.output<typeof LogEvents>["events"][number];

const TIMEOUT_MS = 10_000;
/** A page has up to 10,000 events. */
const MOST_PAGES = 20;

/**
 * What a function has logged, from LocalStack's CloudWatch Logs. The SDK's client for it would be a dependency for one
 * call.
 *
 * @param endpoint LocalStack's
 * @param name the function
 * @param options since when, in milliseconds since the epoch; default: all
 * @returns in order of time; undefined when it has no log
 */
export async function filterLogEvents(
  endpoint: string,
  name: string,
  { sinceMs }: { readonly sinceMs?: number } = {},
): Promise<readonly LogEvent[] | undefined> {
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "Logs_20140328.FilterLogEvents",
        // LocalStack reads service and region from this header, and does not check the signature.
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/logs/aws4_request, SignedHeaders=host, Signature=x",
      },
      body: JSON.stringify({
        logGroupName: `/aws/lambda/referendum-localstack-${name}`,
        startTime: sinceMs,
        nextToken,
      }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!answer.ok) return undefined;
    const { events: more, nextToken: next } = LogEvents.parse(await answer.json());
    events.push(...more);
    if (next === undefined || next === nextToken) break;
    nextToken = next;
  }
  return events;
}
