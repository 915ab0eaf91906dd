import type { Grade } from "./assess.ts";
import { mergeBuckets, percentile } from "./histogram.ts";
import type { LoadReport } from "./model.ts";
import { escapeHtml, plotSvg, type Series, sharesBar } from "./plot.ts";
import { conditionsOf, P95_LIMIT_MS } from "./report.ts";
import { assessments, figuresOf, titleOf } from "./text.ts";

const BLUE = "#2166ac";
const GREEN = "#1b7837";
const ORANGE = "#d95f02";
const RED = "#b2182b";
const GREY = "#666666";
/** Colours that differ on white and on black. A colour that is used again has other dashes. */
const COLORS = [BLUE, GREEN, ORANGE, RED, "#8a5fc0", "#0e8a8a", "#a0674f", "#b8860b", GREY];

const STYLE = `:root{color-scheme:light dark}*{box-sizing:border-box}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;padding:16px;max-width:900px;overflow-wrap:anywhere}
h1{font-size:1.4em}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:3px 8px 3px 0;border-bottom:1px solid #8883}
th{font-weight:600;width:9em}.plot{margin:24px 0}figcaption{font-weight:600}svg{width:100%;height:auto;display:block}
svg text{font-size:12px;fill:currentColor}.grid{stroke:#8884;stroke-width:1}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px}.legend i{display:inline-block;width:12px;height:12px;margin-right:5px}.legend .key{display:inline-block;width:28px;height:8px;margin-right:5px}
.target{stroke:currentColor;stroke-width:1.5;stroke-dasharray:1 3;fill:none}
.ok{color:${GREEN}}.fair{color:#9a6700}.bad{color:${RED}}
@media (prefers-color-scheme:dark){.ok{color:#7fd18b}.fair{color:#e3b341}.bad{color:#ff8f85}
path[data-series],rect,.key path:not(.target),.legend i{filter:brightness(1.5)}}
@media (max-width:480px){th,td{display:block;width:auto;border:0}td{padding-bottom:8px}svg text{font-size:22px}}`;

const GRADE_CLASS: Readonly<Record<Grade, string>> = {
  EXCELLENT: "ok",
  GOOD: "fair",
  "AS OFFERED": "fair",
  POOR: "bad",
};

/**
 * Wraps content into a page without a script, a font or another address.
 *
 * @param title the page's title, as text
 * @param content HTML that is already safe
 * @param refreshSeconds how often the page reloads; for a page that still changes
 */
export function htmlPage(title: string, content: string, refreshSeconds?: number): string {
  const refresh = refreshSeconds === undefined ? "" : `<meta http-equiv="refresh" content="${refreshSeconds}">`;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">${refresh}<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<main><h1>${escapeHtml(title)}</h1>
${content}
</main></body></html>
`;
}

/**
 * The report as one self-contained page.
 *
 * @param report a run
 * @param refreshSeconds how often the page reloads; for a run that has not ended
 */
export function reportPage(report: LoadReport, refreshSeconds?: number): string {
  const rows = figuresOf(report).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const grades = assessments(report).map(
    ({ name, grade, text }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td><b class="${GRADE_CLASS[grade]}">${grade}</b> ${escapeHtml(text)}</td></tr>`,
  );
  const conditions = conditionsOf(report).map(
    ({ name, ok, detail }) =>
      `<tr><th scope="row" class="${ok ? "ok" : "bad"}">${ok ? "✓ holds" : "✗ does not hold"}</th><td>${escapeHtml(name)}: ${escapeHtml(detail)}</td></tr>`,
  );
  return htmlPage(
    `Load: ${titleOf(report)}`,
    `<p>${escapeHtml(report.machine)}, ${escapeHtml(report.startedAt)}<br><code>${escapeHtml(report.command)}</code></p>
<table>${grades.join("")}</table><table>${conditions.join("")}</table>
${plots(report)}
<table>${rows.join("")}</table>`,
    refreshSeconds,
  );
}

function plots(report: LoadReport): string {
  const start = Math.min(...report.timeline.map((second) => second.at), ...report.samples.map((sample) => sample.at));
  const seconds = (at: number) => (Number.isFinite(start) ? (at - start) / 1_000 : 0);
  const line = <T extends { readonly at: number }>(
    name: string,
    color: string,
    items: readonly T[],
    value: (item: T, index: number) => number | undefined,
  ): Series => ({
    name,
    color,
    points: items.flatMap((item, index) => {
      const y = value(item, index);
      return y === undefined ? [] : [[seconds(item.at), y] as const];
    }),
  });
  const { timeline, samples } = report;
  const drawn = [
    plotSvg({
      title: "Requests",
      unit: "per second",
      target: { name: "votes offered", value: report.offered.rate },
      series: [
        line("sent", BLUE, timeline, (second) => second.sent),
        line("as they should be", GREEN, timeline, (second) => second.expected),
      ],
    }),
    plotSvg({
      title: "Latency",
      unit: "ms",
      target: { name: `target of p95: ${P95_LIMIT_MS[report.promise]} ms`, value: P95_LIMIT_MS[report.promise] },
      series: (
        [
          [50, GREEN],
          [95, ORANGE],
          [99, RED],
        ] as const
      ).map(([percent, color]) =>
        line(`p${percent}`, color, timeline, (second) =>
          percentile(mergeBuckets([second.refused, second.taken]), percent),
        ),
      ),
    }),
  ];
  if (samples.length > 0) {
    const names = Object.keys(samples[0]?.usage ?? {});
    drawn.push(
      plotSvg({
        title: "Waiting votes",
        unit: "messages",
        series: [
          line("votes queue", BLUE, samples, (sample) => sample.votesQueue),
          line("outcomes queue", ORANGE, samples, (sample) => sample.outcomesQueue),
        ],
      }),
      plotSvg({
        title: "Counted",
        unit: "votes per second",
        series: [line("counted", GREEN, samples, (_, index) => change(samples, index, (one) => one.counted))],
      }),
      plotSvg({
        title: "CPU",
        unit: "per cent of a core",
        series: names.map((name, nth) =>
          line(name, COLORS[nth % COLORS.length] ?? GREY, samples, (_, index) => {
            const perSecond = change(samples, index, (one) => one.usage[name]?.cpuMs ?? 0);
            return perSecond === undefined ? undefined : perSecond / 10;
          }),
        ),
      }),
      plotSvg({
        title: "Memory",
        unit: "MiB",
        series: names.map((name, nth) =>
          line(
            name,
            COLORS[nth % COLORS.length] ?? GREY,
            samples,
            (sample) => (sample.usage[name]?.rssBytes ?? 0) / 2 ** 20,
          ),
        ),
      }),
    );
  }
  const answers = Object.entries(report.status).map(([code, count]) => ({ name: code, count, color: colorOf(code) }));
  drawn.push(sharesBar("Answers", [...answers, { name: "unanswered", count: report.unanswered, color: GREY }]));
  const half = report.processing;
  if (half !== undefined) {
    drawn.push(
      sharesBar("Outcomes", [
        { name: "counted", count: half.counted, color: GREEN },
        { name: "duplicate", count: half.duplicate, color: ORANGE },
        { name: "invalid", count: half.invalid, color: RED },
      ]),
    );
  }
  return drawn.join("\n");
}

/** Growth per second since the sample before. */
function change<T extends { readonly at: number }>(
  items: readonly T[],
  index: number,
  value: (item: T) => number,
): number | undefined {
  const [before, now] = [items[index - 1], items[index]];
  if (before === undefined || now === undefined || now.at <= before.at) return undefined;
  return ((value(now) - value(before)) * 1_000) / (now.at - before.at);
}

function colorOf(status: string): string {
  if (status.startsWith("2")) return GREEN;
  if (status === "400") return BLUE;
  return status === "429" ? ORANGE : RED;
}
