import { z } from "zod";
import { printableLine } from "../../shared/domain/printable.ts";
import { localInstant } from "../../terminal/instant.ts";

/** A line of a log, after parsing. */
export interface Entry {
  /**
   * Milliseconds since the epoch; undefined for a line without a time, such as a stack trace of a process that ended.
   */
  readonly atMs: number | undefined;
  readonly kind: "log" | "metrics" | "text";
  readonly level: string;
  /** The function that wrote it, or the service whose log it is. */
  readonly source: string;
  readonly message: string;
  /** The other fields of the line. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly raw: string;
}

const LogLine = z.looseObject({
  level: z.string(),
  message: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  service: z.string().optional(),
});
/** CloudWatch's embedded metric format (CloudWatch User Guide, "Specification: Embedded metric format"). */
const MetricLine = z.looseObject({
  service: z.string().optional(),
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});
/** Characters of a time, with its offset. */
const TIME_WIDTH = 29;
/** Fields that the logger adds to every line, and fields that have columns. */
const OWN_FIELDS = new Set(["level", "message", "timestamp", "service", "sampling_rate", "xray_trace_id"]);

/**
 * Reads one line of a log.
 *
 * @param source whose log it is
 * @param raw the line, without its end
 */
export function readEntry(source: string, raw: string): Entry {
  const value = jsonOf(raw);
  const line = LogLine.safeParse(value);
  if (line.success) {
    const { level, message, timestamp, service = source, ...rest } = line.data;
    const fields = Object.fromEntries(Object.entries(rest).filter(([name]) => !OWN_FIELDS.has(name)));
    return { atMs: Date.parse(timestamp), kind: "log", level, source: service, message, fields, raw };
  }
  const metrics = MetricLine.safeParse(value);
  if (metrics.success) {
    const { _aws, service = source, ...rest } = metrics.data;
    const names = _aws.CloudWatchMetrics.flatMap(({ Metrics, Dimensions }) => [
      ...Metrics.map(({ Name }) => Name),
      ...Dimensions.flat().filter((name) => name !== "service"),
    ]);
    const fields = Object.fromEntries(names.map((name) => [name, rest[name]]));
    return { atMs: _aws.Timestamp, kind: "metrics", level: "METRIC", source: service, message: "metrics", fields, raw };
  }
  return { atMs: undefined, kind: "text", level: "", source, message: raw, fields: {}, raw };
}

function jsonOf(text: string): unknown {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * A line for a person: time in this machine's zone, level, function, message, and the other fields.
 *
 * @param entry the line
 * @param width of the column of functions
 */
export function entryText({ atMs, level, source, message, fields }: Entry, width: number): string {
  const time = atMs === undefined ? " ".repeat(TIME_WIDTH) : localTime(atMs);
  const said = Object.entries(fields).map(([name, value]) => `${name}=${textOf(value)}`);
  return printableLine([time, level.padEnd(6), source.padEnd(width), [message, ...said].join("  ")].join(" "));
}

function textOf(value: unknown): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? "";
}

/** For example `2026-03-01T14:05:06.789+01:00`, in this machine's time zone. */
function localTime(ms: number): string {
  const seconds = localInstant(new Date(ms).toISOString());
  const milliseconds = new Date(ms).toISOString().slice(19, 23);
  return `${seconds.slice(0, 19)}${milliseconds}${seconds.slice(19)}`;
}

/** A line for a program. @param entry the line */
export function entryJson({ atMs, kind, level, source, message, fields }: Entry): object {
  return {
    time: atMs === undefined ? null : new Date(atMs).toISOString(),
    kind,
    level: level === "" ? null : level,
    function: source,
    message,
    fields,
  };
}

/**
 * Puts lines of several logs into the order of their times. A line without a time stays behind the line before it.
 *
 * @param logs the lines of each log, in the order in which the log has them
 */
export function inOrder(logs: readonly (readonly Entry[])[]): Entry[] {
  const timed = logs.flatMap((entries) => {
    let last = 0;
    return entries.map((entry) => {
      last = entry.atMs ?? last;
      return { entry, at: last };
    });
  });
  return timed.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}
