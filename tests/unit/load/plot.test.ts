import { describe, expect, test } from "vitest";
import { ticksTo } from "../../../load/report/axis.ts";
import { type Plot, plotSvg } from "../../../load/report/plot.ts";
import { shareBars } from "../../../load/report/shares.ts";

const evil = '<script>alert("x")</script>';

describe("plots", () => {
  test("have round numbers on their axes, and the target as a line", () => {
    const series = [
      {
        name: "p95",
        color: "#000",
        points: [
          [0, 1],
          [250, 187],
        ] as const,
      },
    ];
    const svg = plotSvg({ title: "Latency", unit: "ms", series, target: { name: "target", value: 100 } });
    const labels = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(labels).toEqual(["0", "50", "100", "150", "200", "0", "50", "100", "150", "200", "250", "target"]);
    // One in the drawing and one in the legend.
    expect(svg.match(/class="target"/g)).toHaveLength(2);
  });
  test.each([0.003, 0.7, 1, 3, 99.9, 187, 1_012, 2_500, 48_000, 1e6])(
    "have steps of 1, 2 or 5 times a power of ten up to %d",
    (highest) => {
      const ticks = ticksTo(highest, "beyond");
      const step = ticks[1] ?? Number.NaN;
      expect([1, 2, 5]).toContain(Number(step.toExponential().split("e")[0]));
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest);
      expect(ticks.at(-2)).toBeLessThan(highest);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticksTo(highest, "within").at(-1)).toBeLessThanOrEqual(highest);
    },
  );
  describe("tell the values of a plot", () => {
    const plot: Plot = {
      title: "Latency",
      unit: "ms",
      target: { name: "target", value: 100 },
      series: [
        {
          name: "p50",
          color: "#000",
          points: [
            [1, 12],
            [2, 1_234.5],
            [3, 80],
          ],
        },
        {
          name: "p99",
          color: "#111",
          points: [
            [2, 1_500],
            [3, 100],
          ],
        },
      ],
    };
    const html = plotSvg(plot);
    const rows = [...html.matchAll(/<tr><th scope="row">.*?<\/tr>/g)].map(([row]) =>
      [...row.matchAll(/<t[hd][^>]*>([^<]*)/g)].map(([, cell]) => cell),
    );

    test("in a table beside it, one row per moment", () => {
      expect([...html.matchAll(/<th scope="col">([^<]*)/g)].map(([, name]) => name)).toEqual(["seconds", "p50", "p99"]);
      expect(rows).toEqual([
        ["1", "12", "–"],
        ["2", "1,234.5", "1,500"],
        ["3", "80", "100"],
      ]);
    });

    test("with the same values as its lines", () => {
      const heights = (path: string | undefined) =>
        [...(path ?? "").matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
      const grid = [...html.matchAll(/class="grid" d="M\d+ ([\d.]+)H/g)].map(([, y]) => Number(y));
      const [bottom = 0, top = 0] = [grid[0], grid.at(-1)];
      const highest = ticksTo(1_500, "beyond").at(-1) ?? 0;
      const drawn = [...html.matchAll(/data-series="[^"]*" d="([^"]*)"/g)].map(([, path]) =>
        heights(path).map((y) => ((bottom - y) / (bottom - top)) * highest),
      );
      const column = (nth: number) =>
        rows
          .map((row) => row[nth] ?? "")
          .filter((cell) => cell !== "–")
          .map((cell) => Number(cell.replace(",", "")));
      // A tenth of a unit of the drawing, to which a line is rounded.
      const precision = (0.1 / (bottom - top)) * highest;
      for (const [nth, values] of [column(1), column(2)].entries()) {
        expect(drawn[nth]).toHaveLength(values.length);
        for (const [at, value] of values.entries())
          expect(Math.abs((drawn[nth]?.[at] ?? -1) - value)).toBeLessThan(precision);
      }
      const target = Number(html.match(/class="target" d="M\d+ ([\d.]+)H/)?.[1]);
      expect(Math.abs(((bottom - target) / (bottom - top)) * highest - 100)).toBeLessThan(precision);
    });

    test("under the mouse", () => {
      expect([...html.matchAll(/<title>([^<]*)<\/title>/g)].map(([, text]) => text)).toEqual([
        "1 s\np50: 12\np99: –",
        "2 s\np50: 1,234.5\np99: 1,500",
        "3 s\np50: 80\np99: 100",
      ]);
    });
  });
  test("have room for the name of a target above its line, even if every value is below it", () => {
    const drawn = plotSvg({
      title: "t",
      unit: "u",
      series: [{ name: "s", color: "#000", points: [[0, 1]] }],
      target: { name: "target", value: 100 },
    });
    const name = Number(drawn.match(/class="name" x="\d+" y="([\d.]+)"/)?.[1]);
    const line = Number(drawn.match(/class="target" d="M\d+ ([\d.]+)H/)?.[1]);
    // Letters are up to 22 units high.
    expect(name).toBeGreaterThan(22);
    expect(name).toBeLessThan(line);
  });
  test("show each share as a row with its figures and a bar", () => {
    const html = shareBars("Answers", [
      { name: "202", count: 3_000, color: "#000" },
      { name: "429", count: 1_000, color: "#111" },
    ]);
    expect(html).toMatch(
      /<th scope="row">202<\/th><td>3,000<\/td><td>75.00 %<\/td>.*<rect data-series="202" width="75.00"/,
    );
    expect(html).toMatch(
      /<th scope="row">429<\/th><td>1,000<\/td><td>25.00 %<\/td>.*<rect data-series="429" width="25.00"/,
    );
  });
  test("tell lines of one colour, and lines on one another, apart by dashes", () => {
    const looks = (count: number, color: (index: number) => string) => {
      const points = [
        [0, 1],
        [1, 1],
      ] as const;
      const series = Array.from({ length: count }, (_, index) => ({ name: `s${index}`, color: color(index), points }));
      const drawn = plotSvg({ title: "t", unit: "u", series }).matchAll(
        /data-series[^>]*stroke="([^"]*)"[^>]*dasharray="([^"]*)"/g,
      );
      return [...drawn].map(([, stroke, dash]) => `${stroke} ${dash}`);
    };
    expect(new Set(looks(2, () => "#000")).size).toBe(2);
    expect(new Set(looks(12, (index) => `#${index % 9}`)).size).toBe(12);
  });
  test("tell sixteen lines apart without colour", () => {
    const points = [
      [0, 1],
      [1, 1],
    ] as const;
    const series = Array.from({ length: 16 }, (_, index) => ({ name: `s${index}`, color: "#000", points }));
    const keys = [...plotSvg({ title: "t", unit: "u", series }).matchAll(/<svg class="key".*?<\/svg>/g)];
    expect(new Set(keys.map(([key]) => key)).size).toBe(16);
  });
  test("draw a line even for a single point", () => {
    const html = plotSvg({ title: evil, unit: "ms", series: [{ name: evil, color: "#000", points: [[0, 1]] }] });
    // A path from a point to itself cannot be seen.
    expect(html).toMatch(/class="mark" transform="translate\(/);
    expect(html).not.toContain(evil);
  });
});
