import { setTimeout as pause } from "node:timers/promises";
import { Connection } from "./connection.ts";

/** A plan of the requests that the generator sends. */
export interface Plan {
  /** `http://127.0.0.1:8000`: HTTP without TLS. */
  readonly url: string;
  readonly perSecond: number;
  readonly count: number;
  /** Writes one request, as `requestText` makes it. */
  readonly request: (index: number) => string;
  /** Told each answer; the body is text. */
  readonly onAnswer?: (index: number, statusCode: number, body: string) => void;
  readonly signal: AbortSignal;
}

/** The answers to a run. */
export interface Answers {
  /** How often each status came; 0 stands for connections that broke and for answers that were given up. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Milliseconds from when a request was due to the end of its answer, in rising order; only of what was answered. */
  readonly latenciesMs: Float64Array;
  /** From the first due time to the last answer. */
  readonly seconds: number;
}

/** More than the system holds open at once when it keeps up; a request beyond them waits, which its latency shows. */
export const MOST_CONNECTIONS = 256;
const TICK_MS = 1;
/** How long answers may take after the last request was due. */
const LAST_ANSWER_MS = 30_000;

/**
 * Sends requests at times that do not depend on the answers, as voters do (an open loop). A request counts from the
 * moment at which it was due: one that must wait, because the generator or the system is busy, is late from then on. So
 * nothing is left out of the latencies when the system stands still (Gil Tene, "coordinated omission").
 *
 * @param plan what to send
 * @returns what was answered, once everything was, or half a minute after the last request was due
 */
export async function driveOpenLoop(plan: Plan): Promise<Answers> {
  const { hostname, port } = new URL(plan.url);
  const open = new Set<Connection>();
  const idle: Connection[] = [];
  const waiting: number[] = [];
  const statuses = new Map<number, number>();
  const latencies = new Float64Array(plan.count);
  let measured = 0;
  let answered = 0;
  const startedMs = performance.now();
  const dueAt = (index: number) => startedMs + (index * 1_000) / plan.perSecond;

  const send = (index: number, connection: Connection) => {
    connection.send(plan.request(index), (statusCode, body) => {
      answered += 1;
      statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      if (statusCode === 0) open.delete(connection);
      else {
        latencies[measured] = performance.now() - dueAt(index);
        measured += 1;
        idle.push(connection);
      }
      plan.onAnswer?.(index, statusCode, body);
      const next = waiting.shift();
      if (next !== undefined) begin(next);
    });
  };
  /** On the connection that was used last: the fewer are in use, the less each costs. */
  const begin = (index: number) => {
    let connection = idle.pop();
    while (connection !== undefined && !connection.isOpen) {
      open.delete(connection);
      connection = idle.pop();
    }
    if (connection === undefined && open.size < MOST_CONNECTIONS) {
      connection = new Connection(hostname, Number(port));
      open.add(connection);
    }
    if (connection === undefined) waiting.push(index);
    else send(index, connection);
  };

  let next = 0;
  try {
    while (next < plan.count) {
      plan.signal.throwIfAborted();
      for (const now = performance.now(); next < plan.count && dueAt(next) <= now; next += 1) begin(next);
      await pause(TICK_MS);
    }
    const deadline = performance.now() + LAST_ANSWER_MS;
    while (answered < plan.count && performance.now() < deadline) {
      plan.signal.throwIfAborted();
      await pause(TICK_MS);
    }
    const seconds = (performance.now() - startedMs) / 1_000;
    if (answered < plan.count) statuses.set(0, (statuses.get(0) ?? 0) + plan.count - answered);
    return { statuses, latenciesMs: latencies.subarray(0, measured).sort(), seconds };
  } finally {
    for (const connection of open) connection.end();
  }
}

/**
 * A percentile by nearest rank.
 *
 * @param sorted in rising order
 * @param percent 0 to 100
 * @returns undefined when there is none
 */
export function percentileOf(sorted: Float64Array, percent: number): number | undefined {
  return sorted[Math.max(1, Math.ceil((sorted.length * percent) / 100)) - 1];
}

/**
 * A request as it goes over the wire.
 *
 * @param method GET or POST
 * @param url of the API, whose path comes first
 * @param path below it
 * @param body JSON of a POST
 */
export function requestText(method: "GET" | "POST", url: string, path: string, body?: string): string {
  const { host, pathname } = new URL(url);
  const head = `${method} ${pathname.replace(/\/$/, "")}${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
