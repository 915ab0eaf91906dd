import { createServer, type Server } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { LocalStackFigures } from "../../../../places/figures/log-figures.ts";

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A LocalStack that keeps these lines of `ingest`, in two pages, and has no other log; it notes what it is asked. */
async function localStack(lines: readonly string[]) {
  const asked: Record<string, unknown>[] = [];
  const listening = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    asked.push(body);
    if (!String(body.logGroupName).endsWith("-ingest")) return response.writeHead(400).end("{}");
    const events = lines.map((message, index) => ({ eventId: String(index), message }));
    const page =
      body.nextToken === undefined ? { events: events.slice(0, 1), nextToken: "2" } : { events: events.slice(1) };
    return response.end(JSON.stringify(page));
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", () => resolve()));
  const address = listening.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { endpoint: `http://127.0.0.1:${address.port}`, asked };
}

describe("the figures of LocalStack", () => {
  test("are those of the functions' logs: each line once, although what is kept is read again", async () => {
    const line = (VotesAccepted: number) =>
      JSON.stringify({ _aws: { Timestamp: Date.now() - 5_000, CloudWatchMetrics: [] }, VotesAccepted });
    const { endpoint, asked } = await localStack([line(20), line(30)]);
    const figures = new LocalStackFigures(endpoint);
    expect((await figures.read()).now.accepted).toBe(5);
    const again = await figures.read();
    expect(again).toMatchObject({
      now: { accepted: 5 },
      oldest: { votes: null, outcomes: null },
      alarms: null,
    });
    const sinces = asked.filter(({ nextToken }) => nextToken === undefined).map(({ startTime }) => Number(startTime));
    expect(sinces.at(-1)).toBeGreaterThan(sinces[0] ?? 0);
  });
});
