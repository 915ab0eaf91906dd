import { describe, expect, test } from "vitest";
import { entryJson, entryText, inOrder, readEntry } from "../../../commands/logs/entry.ts";

const AT = "2026-03-01T12:00:00.250Z";
const line = (more: object = {}) =>
  JSON.stringify({ level: "INFO", message: "votes decided", service: "validate", timestamp: AT, ...more });
const metrics = JSON.stringify({
  _aws: {
    Timestamp: Date.parse(AT),
    CloudWatchMetrics: [
      {
        Namespace: "Referendum",
        Dimensions: [["service", "law_id"]],
        Metrics: [{ Name: "VotesCounted", Unit: "Count" }],
      },
    ],
  },
  service: "aggregate",
  law_id: "L1",
  VotesCounted: 3,
});

describe("a line of a log, for a person", () => {
  test("has time, level, function, message and the other fields", () => {
    const text = entryText(
      readEntry("validate", line({ batch: 2, accepted: 1, cause: { name: "Error", message: "a b" } })),
      9,
    );
    expect(text).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.250[+-]\d\d:\d\d INFO {3}validate {2}votes decided {2}batch=2 {2}accepted=1 {2}cause=\{"name":"Error","message":"a b"\}$/,
    );
  });

  test("has the time in this machine's zone, with its offset", () => {
    const shown = entryText(readEntry("validate", line()), 8).slice(0, 29);
    expect(new Date(shown).toISOString()).toBe(AT);
    expect(new Date(shown.slice(0, 23)).toISOString()).toBe(AT);
  });

  test("names the metrics of a line of metrics, and their law", () => {
    expect(entryText(readEntry("aggregate", metrics), 9)).toContain(
      "METRIC aggregate metrics  VotesCounted=3  law_id=L1",
    );
  });

  test.each(["Error: broken", "    at handler (/x.mjs:1:1)", '{"half":', "{}"])(
    "is unchanged if it is neither: %s",
    (raw) => {
      expect(entryText(readEntry("front", raw), 5).trim()).toBe(`front ${raw}`);
    },
  );

  test("cannot control the terminal", () => {
    const text = entryText(readEntry("front", line({ message: "\u001b[2J", more: "a\nb" })), 5);
    expect([text.includes("\u001b"), text.includes("\n")]).toEqual([false, false]);
  });
});

test("a line of a log, for a program, is one object with the API's names", () => {
  expect(entryJson(readEntry("validate", line({ request_id: "AQ" })))).toEqual({
    time: AT,
    kind: "log",
    level: "INFO",
    function: "validate",
    message: "votes decided",
    fields: { request_id: "AQ" },
  });
});

test("lines of several logs are sorted by time; a line without a time stays after the line before it", () => {
  const at = (second: number) => line({ timestamp: `2026-03-01T12:00:0${second}.000Z`, message: `at ${second}` });
  const read = (source: string, ...lines: string[]) => lines.map((raw) => readEntry(source, raw));
  const ordered = inOrder([read("a", at(1), "Error", at(4)), read("b", at(2), at(3))]);
  expect(ordered.map(({ message }) => message)).toEqual(["at 1", "Error", "at 2", "at 3", "at 4"]);
});
