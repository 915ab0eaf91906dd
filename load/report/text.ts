import { type Assessment, gradeP95, gradeSuccess, gradeThroughput, percentText } from "./assess.ts";
import { percentile } from "./histogram.ts";
import type { LoadReport, Processing } from "./model.ts";
import { allLatencies, conditionsOf, promisedP95 } from "./report.ts";

const figure = (value: number) => Math.round(value).toLocaleString("en");
const ms = (value: number | undefined) => (value === undefined ? "–" : `${value.toFixed(value < 10 ? 2 : 1)} ms`);
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/**
 * The three assessment lines.
 *
 * @param report a run
 */
export function assessments(report: LoadReport): Assessment[] {
  const perSecond = report.seconds === 0 ? 0 : (report.requests - report.unanswered) / report.seconds;
  const p95 = promisedP95(report);
  return [
    {
      name: "throughput",
      grade: gradeThroughput(perSecond, report.offered.rate),
      text: `${figure(perSecond)} requests/s`,
    },
    { name: "p95", grade: gradeP95(p95 ?? Number.POSITIVE_INFINITY), text: ms(p95) },
    {
      name: "success",
      grade: gradeSuccess(report.expected, report.requests),
      text: percentText(report.expected, report.requests),
    },
  ];
}

/**
 * The report's figures, as name and value.
 *
 * @param report a run
 */
export function figuresOf(report: LoadReport): readonly (readonly [string, string])[] {
  const all = allLatencies(report);
  const failed = report.requests - report.expected;
  const rows: [string, string][] = [
    [
      "Duration",
      `${report.seconds.toFixed(1)} s (offered: ${figure(report.offered.votes)} votes at ${figure(report.offered.rate)}/s)`,
    ],
    ["Requests", `${figure(report.requests)} (${figure(report.requests / Math.max(0.001, report.seconds))}/s)`],
    ["Accepted votes", `${figure(report.accepted)} (${figure(report.accepted / Math.max(0.001, report.seconds))}/s)`],
    ["Success", `${figure(report.expected)} (${percentText(report.expected, report.requests)})`],
    [
      "Failed",
      `${figure(failed)} (${percentText(failed, report.requests)}), ${figure(report.unanswered)} of them unanswered`,
    ],
    [
      "Answers",
      Object.entries(report.status)
        .map(([code, count]) => `${code}: ${figure(count)}`)
        .join(", "),
    ],
    ["Retries", retriesText(report)],
    ["Latency", `min ${ms(report.latency.minMs)}, mean ${ms(report.latency.meanMs)}, max ${ms(report.latency.maxMs)}`],
    ["", `p50 ${ms(percentile(all, 50))}, p95 ${ms(percentile(all, 95))}, p99 ${ms(percentile(all, 99))}`],
  ];
  if (report.promise === "sheds") rows.push(["Accepted p95", ms(percentile(report.latency.taken, 95))]);
  rows.push([
    "Queues",
    report.queueStorage === "memory"
      ? "emulated, in memory"
      : report.queueStorage === "disk"
        ? "emulated, on disk"
        : "SQS",
  ]);
  return [...rows, ...secondHalf(report)];
}

function retriesText({ retriesAllowed, retries, retriedAccepted }: LoadReport): string {
  if (retriesAllowed === 0) return "none: every vote is sent once";
  return `${figure(retries)} (at most ${retriesAllowed} for each vote), ${figure(retriedAccepted)} votes accepted by one`;
}

function secondHalf({ processing }: LoadReport): [string, string][] {
  if (processing === undefined) return [];
  const list = (entries: Readonly<Record<string, number>>, text: (value: number) => string) =>
    Object.entries(entries)
      .map(([name, value]) => `${name} ${text(value)}`)
      .join(", ");
  return [
    [
      "Counted",
      `${figure(processing.counted)}, duplicate ${figure(processing.duplicate)}, invalid ${figure(processing.invalid)}`,
    ],
    [
      "Counted per second",
      `${figure(processing.perSecond)} on the whole, ${figure(processing.bestPerSecond)} in the best ten seconds`,
    ],
    ...decidedText("Until recorded", processing.decidedWithin),
    ...decidedText("Until the receipt", processing.receiptWithin),
    ...decidedText("Until the tally", processing.tallyWithin),
    [
      "Backlog",
      `${figure(processing.backlogAtEnd)} votes at the end of the load, cleared ${processing.catchUpSeconds.toFixed(1)} s later`,
    ],
    ["CPU per vote", `${processing.cpuPerVoteMs.toFixed(2)} ms from accepted to counted, all processes`],
    ["", list(processing.cpuPerVoteMsBy, (value) => value.toFixed(2))],
    ["", `(the generator: ${processing.generatorCpuPerVoteMs.toFixed(2)} ms)`],
    ["Memory, highest", list(processing.peakRssBytes, mebibytes)],
  ];
}

function decidedText(name: string, within: Processing["decidedWithin"]): [string, string][] {
  if (within === undefined) return [];
  const { p50Ms, p95Ms, p99Ms } = within;
  const seconds = (value: number) => `${(value / 1000).toFixed(2)} s`;
  return [[name, `p50 ${seconds(p50Ms)}, p95 ${seconds(p95Ms)}, p99 ${seconds(p99Ms)}`]];
}

/** The name of a run that differs from its scenario's file (scenarios.ts). */
export const CUSTOM = "custom";

/** The subject of a report. @param report a run */
export function titleOf({ scenario, offered }: LoadReport): string {
  return scenario === CUSTOM ? `${figure(offered.votes)} votes at ${figure(offered.rate)}/s` : scenario;
}

/** A line while a run goes on. @param report the run so far */
export function progressText(report: LoadReport): string {
  const sample = report.samples.at(-1);
  const waiting =
    sample === undefined
      ? ""
      : `, ${figure(sample.votesQueue + sample.outcomesQueue)} waiting, ${figure(sample.counted)} counted`;
  const wrong = report.requests - report.expected - report.unanswered;
  const others = report.requests - report.votes;
  return [
    `${figure(report.votes)} of ${figure(report.offered.votes)} votes`,
    others === 0 ? "" : ` and ${figure(others)} other requests`,
    ` sent, ${figure(wrong)} not as they should be${waiting}, p95 ${ms(percentile(allLatencies(report), 95))}`,
  ].join("");
}

/**
 * The report for a terminal.
 *
 * @param report a run
 */
export function reportText(report: LoadReport): string {
  const lines = [`Load: ${titleOf(report)} against ${report.target}`, `${report.machine}, ${report.startedAt}`, ""];
  for (const [name, value] of figuresOf(report)) lines.push(`  ${name.padEnd(20)}${value}`);
  lines.push("");
  for (const { name, grade, text } of assessments(report)) lines.push(`  ${name.padEnd(18)}${grade.padEnd(11)}${text}`);
  lines.push("");
  for (const { name, ok, detail } of conditionsOf(report)) lines.push(`  ${ok ? "✓" : "✗"} ${name}: ${detail}`);
  if (report.ledger === undefined) lines.push("  The ledger was not checked: the stack's stores are not known here.");
  return lines.join("\n");
}
