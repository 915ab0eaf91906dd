import { describe, expect, test } from "vitest";
import { acceptanceOf, type ConfirmedVersion, versionsInForce } from "../../../shared/domain/window-in-force.ts";

const at = (time: string) => `2026-03-01T${time}:00.000Z`;
const ms = (time: string) => Date.parse(at(time));
/** Every ingest knows of a change two minutes after it was confirmed, or three if it was late. */
const ANNOUNCEMENT = { cacheMs: 120_000, marginMs: 60_000 };

const DAY: ConfirmedVersion = {
  version: 1,
  reached: "ready",
  opensAt: at("08:00"),
  closesAt: at("20:00"),
  confirmedAtMs: ms("07:00"),
};
/** Another version of the law with an announced window. */
const announced = (version: number, inForce: string, confirmed: string, more: Partial<ConfirmedVersion>) => ({
  ...DAY,
  version,
  inForceAtMs: ms(inForce),
  confirmedAtMs: ms(confirmed),
  ...more,
});

const accepted = (...versions: readonly ConfirmedVersion[]) =>
  acceptanceOf(versionsInForce(versions, ANNOUNCEMENT)).map(
    ({ opensAt, closesAt }) => `${opensAt.slice(11, 16)}-${closesAt?.slice(11, 16) ?? ""}`,
  );

describe("votes are accepted", () => {
  test.each([
    ["in the only window there was", [DAY], ["08:00-20:00"]],
    ["never on a draft", [{ ...DAY, reached: "draft" as const }], []],
    [
      "until a law was closed by hand",
      [DAY, announced(2, "18:00", "17:50", { closesAt: at("18:00") })],
      ["08:00-18:00"],
    ],
    [
      "until the end to which it was prolonged",
      [DAY, announced(2, "20:00", "18:00", { closesAt: at("22:00") })],
      ["08:00-20:00", "20:00-22:00"],
    ],
    [
      "until the end to which it was prolonged, of which some ingest learned after the end before it",
      [DAY, announced(2, "20:00", "19:59", { closesAt: at("22:00") })],
      ["08:00-20:00", "20:00-22:00"],
    ],
    [
      "until the end to which it was prolonged after it had been shortened",
      [
        DAY,
        announced(2, "19:00", "18:00", { closesAt: at("19:00") }),
        announced(3, "19:00", "18:30", { closesAt: at("22:00") }),
      ],
      ["08:00-19:00", "19:00-22:00"],
    ],
    [
      "from the moment to which its opening was moved forward",
      [DAY, announced(2, "07:30", "07:10", { opensAt: at("07:30") })],
      ["07:30-20:00"],
    ],
    [
      "in both windows of a law that was opened again",
      [
        DAY,
        announced(2, "21:00", "20:30", {
          opensAt: at("21:00"),
          closesAt: at("22:00"),
          earlierWindows: [{ opensAt: at("08:00"), closesAt: at("20:00") }],
        }),
      ],
      ["08:00-20:00", "21:00-22:00"],
    ],
    [
      "by what was announced last, where a change took back another before it was in force",
      [
        DAY,
        announced(2, "18:00", "17:00", { closesAt: at("18:00") }),
        announced(3, "17:30", "17:10", { closesAt: at("20:00") }),
      ],
      ["08:00-17:30", "17:30-20:00"],
    ],
    [
      "by either window, until every ingest knew of a change that was confirmed too late",
      [DAY, announced(2, "18:00", "17:59", { closesAt: at("18:00") })],
      ["08:00-18:02"],
    ],
    [
      "by what the item says, of a law that was taken over from it",
      [DAY, { ...DAY, version: 4, closesAt: at("19:00"), confirmedAtMs: ms("21:00") }],
      ["08:00-19:00"],
    ],
  ])("%s", (_, versions, windows) => {
    expect(accepted(...versions)).toEqual(windows);
    expect(accepted(...[...versions].reverse()), "in any order").toEqual(windows);
  });

  test("as before, when a version changes something else: also where it was in doubt", () => {
    const late = announced(2, "18:00", "17:59", { closesAt: at("18:00") });
    const counted = {
      ...late,
      version: 3,
      reached: "counted" as const,
      inForceAtMs: undefined,
      confirmedAtMs: ms("23:00"),
    };
    expect(accepted(DAY, late, counted)).toEqual(accepted(DAY, late));
  });
});

test("a version says from when until when it is in force", () => {
  const versions = versionsInForce([DAY, announced(2, "18:00", "17:50", { closesAt: at("18:00") })], ANNOUNCEMENT);
  expect(versions.map(({ version, fromMs, untilMs }) => [version, fromMs, untilMs])).toEqual([
    [1, undefined, ms("18:00")],
    [2, ms("18:00"), undefined],
  ]);
});
