import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { judge, type RateRound } from "../../../proving/bench/conditions.ts";
import type { Measurement } from "../../../proving/bench/measure.ts";
import { driveOpenLoop, MOST_CONNECTIONS, percentileOf, requestText } from "../../../proving/bench/open-loop.ts";
import { benchText, holds } from "../../../proving/bench/report.ts";

const signal = new AbortController().signal;
let server: { close(): unknown; address(): unknown; listen(port: number, host: string): unknown } | undefined;
afterEach(() => {
  server?.close();
});

async function addressOf(one: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server = one;
  one.listen(0, "127.0.0.1");
  await once(one, "listening");
  const address = one.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}`;
}

const answering = (listener: RequestListener) => addressOf(createServer(listener));

describe("the open-loop generator", () => {
  test("sends what it is told over kept connections, and hands over each answer", async () => {
    const seen: string[] = [];
    let connections = 0;
    const url = await answering(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
      response.writeHead(202, { "content-length": 4 }).write("é");
      setImmediate(() => response.end("ab"));
    });
    (server as Server).on("connection", () => {
      connections += 1;
    });
    const answers: string[] = [];
    const result = await driveOpenLoop({
      url,
      perSecond: 2_000,
      count: 600,
      request: (index) => requestText("POST", `${url}/stage/`, `/vote?n=${index}`, '"ü"'),
      onAnswer: (index, statusCode, body) => answers.push(`${index} ${statusCode} ${body}`),
      signal,
    });
    expect(seen.toSorted()).toEqual(Array.from({ length: 600 }, (_, n) => `POST /stage/vote?n=${n} "ü"`).toSorted());
    expect(answers.toSorted()).toEqual(Array.from({ length: 600 }, (_, n) => `${n} 202 éab`).toSorted());
    expect([...result.statuses]).toEqual([[202, 600]]);
    expect(result.latenciesMs).toHaveLength(600);
    expect(connections).toBeLessThanOrEqual(MOST_CONNECTIONS);
  });

  test("counts latency from the moment when a request was due, so that a standstill shows in every request due in it", async () => {
    let standing = true;
    const held: (() => void)[] = [];
    const url = await answering((_request, response) => {
      const answer = () => response.writeHead(200, { "content-length": 0 }).end();
      if (standing) held.push(answer);
      else answer();
    });
    // 400 requests are due within 200 ms. None is answered before 300 ms: by then some wait for a connection.
    let begun = Number.POSITIVE_INFINITY;
    const release = setInterval(() => {
      if (performance.now() < begun + 300 || held.length < MOST_CONNECTIONS) return;
      clearInterval(release);
      standing = false;
      for (const answer of held) answer();
    }, 5);
    const request = (index: number) => {
      if (index === 0) begun = performance.now();
      return requestText("GET", url, "/");
    };
    const { latenciesMs, statuses } = await driveOpenLoop({ url, perSecond: 2_000, count: 400, request, signal });
    expect([...statuses]).toEqual([[200, 400]]);
    expect(latenciesMs[0]).toBeGreaterThan(100);
    expect(latenciesMs.at(-1)).toBeGreaterThan(300);
  });

  test("knows where an answer without a body ends, and takes a broken connection for no answer", async () => {
    const url = await answering((request, response) => {
      if (request.url === "/broken") request.socket.destroy();
      else response.writeHead(304, { etag: '"x"' }).end();
    });
    const request = (index: number) => requestText("GET", url, index % 10 === 9 ? "/broken" : "/");
    const { statuses, latenciesMs } = await driveOpenLoop({ url, perSecond: 1_000, count: 50, request, signal });
    expect(Object.fromEntries(statuses)).toEqual({ 304: 45, 0: 5 });
    expect(latenciesMs).toHaveLength(45);
  });

  test("takes what is not HTTP for no answer", async () => {
    const url = await addressOf(createTcpServer((socket) => socket.on("data", () => socket.write("hello\r\n\r\n"))));
    const request = () => requestText("GET", url, "/");
    const { statuses } = await driveOpenLoop({ url, perSecond: 1_000, count: 5, request, signal });
    expect([...statuses]).toEqual([[0, 5]]);
  });

  test("stops when it is asked to", async () => {
    const url = await answering((_request, response) => response.writeHead(200, { "content-length": 0 }).end());
    const controller = new AbortController();
    const request = (index: number) => {
      if (index === 5) controller.abort(new Error("enough"));
      return requestText("GET", url, "/");
    };
    const plan = { url, perSecond: 100, count: 100_000, request, signal: controller.signal };
    await expect(driveOpenLoop(plan)).rejects.toThrow("enough");
  });
});

test("a percentile is taken by the nearest rank", () => {
  const values = Float64Array.from({ length: 200 }, (_, index) => index + 1);
  expect([0, 50, 95, 99, 100].map((percent) => percentileOf(values, percent))).toEqual([1, 100, 190, 198, 200]);
  expect(percentileOf(new Float64Array(), 95)).toBeUndefined();
});

describe("the conditions of a rate", () => {
  const round = (latenciesMs: readonly number[], statuses: Record<number, number>): RateRound => ({
    answers: [
      {
        latenciesMs: Float64Array.from(latenciesMs).sort(),
        statuses: new Map(Object.entries(statuses).map(([status, count]) => [Number(status), count])),
        seconds: 2,
      },
    ],
    cpuMs: 8,
    generatorMs: 1,
  });
  const limit = { answers: 0, statusCode: 202, percent: 95, limitMs: 60 };
  const reportOf = (measurement: Measurement) => ({
    v: 1 as const,
    startedAt: "2026-03-01T12:00:00.000Z",
    machine: "a machine",
    measurements: [measurement],
  });

  test("hold by the middle round's latency, and count what was refused in any", () => {
    const fast = round([10, 20, 30, 40], { 202: 4 });
    const slow = round([10, 20, 30, 400], { 202: 4 });
    const good = judge("votes", "votes", [fast, slow, fast], [limit]);
    expect(good).toMatchObject({ perSecond: 2, cpuMs: 2, more: { "p50 ms": 20, "generator's CPU, µs each": 250 } });
    expect(good.conditions).toEqual([
      { what: "p95 < 60 ms", measured: 40, holds: true },
      { what: "answers that are not 202", measured: 0, holds: true },
    ]);
    expect(holds(reportOf(good))).toBe(true);
    expect(benchText(reportOf(good))).toContain("met      votes: p95 < 60 ms (40)");

    const bad = judge("votes", "votes", [slow, slow, round([1, 2, 3], { 202: 3, 429: 1 })], [limit]);
    expect(bad.conditions?.map((one) => [one.measured, one.holds])).toEqual([
      [400, false],
      [1, false],
    ]);
    expect(holds(reportOf(bad))).toBe(false);
    expect(benchText(reportOf(bad))).toContain("NOT MET  votes: answers that are not 202 (1)");
  });

  test("hold by the middle round's wait from accepted to counted, where votes were cast one by one beside the others", () => {
    const counted = (countedMs: number) => ({ ...round([10], { 202: 1 }), countedMs });
    const soon = judge("votes", "votes", [counted(900), counted(10_000), counted(1_100)], [limit]);
    expect(soon.more["counted, p95 ms"]).toBe(1_100);
    expect(soon.conditions?.at(-1)).toEqual({ what: "counted, p95 < 1200 ms", measured: 1_100, holds: true });
    const late = judge("votes", "votes", [counted(1_300), counted(1_200), counted(900)], [limit]);
    expect(late.conditions?.at(-1)).toEqual({ what: "counted, p95 < 1200 ms", measured: 1_200, holds: false });
  });

  test("do not hold where nothing was answered", () => {
    const nothing = judge("votes", "votes", [round([], { 0: 4 })], [limit]);
    expect(nothing.conditions?.map((one) => one.holds)).toEqual([false, false]);
  });
});
