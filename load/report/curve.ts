import { PEAK_PER_SECOND, percentText } from "./assess.ts";
import { percentile } from "./histogram.ts";
import type { LoadReport } from "./model.ts";
import { htmlPage } from "./page.ts";
import { escapeHtml, plotSvg } from "./plot.ts";
import { conditionsOf, P95_LIMIT_MS } from "./report.ts";
import { COLORS } from "./style.ts";

/** The rates of the curve, votes per second. */
export const CURVE_RATES = [250, 500, 750, 1_000, 1_250, 1_500, 2_000, 2_500] as const;

interface Row {
  readonly offered: number;
  readonly accepted: number;
  readonly shed: number;
  readonly unanswered: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly cpuPerVoteMs: number;
  readonly catchUpSeconds: number;
  readonly holds: boolean;
}

function rowOf(report: LoadReport): Row {
  const seconds = Math.max(0.001, report.seconds);
  const { taken } = report.latency;
  return {
    offered: report.offered.rate,
    accepted: report.accepted / seconds,
    shed: ((report.status["429"] ?? 0) + (report.status["503"] ?? 0)) / seconds,
    unanswered: report.unanswered / seconds,
    p50: percentile(taken, 50) ?? 0,
    p95: percentile(taken, 95) ?? 0,
    p99: percentile(taken, 99) ?? 0,
    cpuPerVoteMs: report.processing?.cpuPerVoteMs ?? 0,
    catchUpSeconds: report.processing?.catchUpSeconds ?? 0,
    holds: conditionsOf(report).every((condition) => condition.ok),
  };
}

const HEADING = [
  "offered/s",
  "accepted/s",
  "shed/s",
  "unanswered/s",
  "p50 ms",
  "p95 ms",
  "p99 ms",
  "CPU ms/vote",
  "catch-up s",
  "promise",
];

function cells(row: Row): string[] {
  const whole = [row.offered, row.accepted, row.shed, row.unanswered].map((value) => String(Math.round(value)));
  const fine = [row.p50, row.p95, row.p99, row.cpuPerVoteMs, row.catchUpSeconds].map((value) => value.toFixed(2));
  return [...whole, ...fine, row.holds ? "holds" : "broken"];
}

/** The curve for a terminal. @param reports one per rate */
export function curveText(reports: readonly LoadReport[]): string {
  const lines = [HEADING, ...reports.map((report) => cells(rowOf(report)))];
  return lines
    .map((line) => line.map((cell, index) => cell.padStart((HEADING[index]?.length ?? 0) + 2)).join(""))
    .join("\n");
}

/** The curve as one self-contained page. @param reports one per rate */
export function curvePage(reports: readonly LoadReport[]): string {
  const rows = reports.map(rowOf);
  const line = (name: string, color: string, value: (row: Row) => number) => ({
    name,
    color,
    points: rows.map((row) => [row.offered, value(row)] as const),
  });
  const list = reports.map((report) => {
    const row = rowOf(report);
    const text = `${Math.round(row.accepted)}/s accepted, ${Math.round(row.shed)}/s shed, p95 ${row.p95.toFixed(1)} ms, CPU ${row.cpuPerVoteMs.toFixed(2)} ms per vote, success ${percentText(report.expected, report.requests)}`;
    return `<tr><th scope="row">${row.offered}/s</th><td>${escapeHtml(text)}</td></tr>`;
  });
  const horizontal = "votes offered per second";
  const plots = [
    plotSvg({
      title: "Accepted and shed",
      unit: "per second",
      target: { name: `peak: ${PEAK_PER_SECOND.toLocaleString("en")}/s`, value: PEAK_PER_SECOND },
      horizontal,
      series: [
        line("accepted", COLORS.green, (row) => row.accepted),
        line("shed", COLORS.orange, (row) => row.shed),
        line("unanswered", COLORS.red, (row) => row.unanswered),
      ],
    }),
    plotSvg({
      title: "Latency of accepted votes",
      unit: "ms",
      target: { name: `target of p95: ${P95_LIMIT_MS.serves} ms`, value: P95_LIMIT_MS.serves },
      horizontal,
      series: [
        line("p50", COLORS.green, (row) => row.p50),
        line("p95", COLORS.orange, (row) => row.p95),
        line("p99", COLORS.red, (row) => row.p99),
      ],
    }),
    plotSvg({
      title: "CPU of the whole stack for each vote",
      unit: "ms",
      horizontal,
      series: [line("CPU", COLORS.blue, (row) => row.cpuPerVoteMs)],
    }),
    plotSvg({
      title: "Time to catch up after the load",
      unit: "s",
      horizontal,
      series: [line("catch-up", COLORS.blue, (row) => row.catchUpSeconds)],
    }),
  ];
  return htmlPage(
    "Load: from 250 to 2,500 votes per second",
    `<p>${escapeHtml(reports[0]?.machine ?? "")}, ${escapeHtml(reports[0]?.startedAt ?? "")}</p>\n<h2>Plots</h2>\n${plots.join("\n")}\n<h2>Rates</h2><table class="facts">${list.join("")}</table>`,
  );
}
