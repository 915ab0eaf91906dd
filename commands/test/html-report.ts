import { PAGE_STYLE } from "../../load/report/style.ts";
import { escapeMarkup } from "./escape.ts";

/** One test case, as the report shows it. */
export interface ReportedCase {
  name: string;
  state: "passed" | "failed" | "skipped" | "pending";
  durationMilliseconds: number;
  tags: readonly string[];
  errors: readonly string[];
}

/** One test file. Its errors are those outside of any test: the file could not be loaded, or a hook failed. */
export interface ReportedFile {
  project: string;
  path: string;
  errors: readonly string[];
  cases: readonly ReportedCase[];
}

/** A whole run. */
export interface Report {
  startedAt: string;
  durationMilliseconds: number;
  node: string;
  files: readonly ReportedFile[];
  unhandledErrors: readonly string[];
}

const STYLE = `${PAGE_STYLE}
body{max-width:70rem}summary h3{display:inline;font-weight:400}details{border-top:1px solid var(--grid)}
td:first-child,td:last-child,th{overflow-wrap:normal;white-space:nowrap}th:first-child,th:last-child{width:4.75em}th:last-child,td:last-child{text-align:end;padding-inline-end:0;font-variant-numeric:tabular-nums}
pre{overflow-x:auto;white-space:pre-wrap;margin:.3rem 0}.passed{color:var(--ok)}.failed{color:var(--bad)}.skipped,.pending{color:var(--fair)}
.tag{border:1px solid var(--rule);border-radius:1rem;font-size:.8rem;padding:0 .5rem;white-space:nowrap}
label{display:inline-block;max-width:100%;margin-inline-end:1rem;padding-block:.25rem}input{font:inherit;accent-color:var(--link)}
input[type=search]{background:var(--paper);color:var(--ink);border:1px solid var(--rule);padding:.3rem .5rem;box-sizing:border-box;width:20rem;max-width:100%}input[type=checkbox]{width:1.25rem;height:1.25rem;margin:0 .4rem 0 0;vertical-align:middle}`;

const SCRIPT = `
const box = document.getElementById("search"), only = document.getElementById("failures");
function show() {
  const wanted = box.value.toLowerCase();
  for (const row of document.querySelectorAll("tbody tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted) || (only.checked && row.dataset.state !== "failed");
  }
}
box.addEventListener("input", show); only.addEventListener("change", show);
const slowest = document.getElementById("slowest"), parents = [document.getElementById("files"), ...document.querySelectorAll("tbody")];
const ran = new Map(parents.map((parent) => [parent, [...parent.children]]));
slowest.addEventListener("change", () => {
  for (const [parent, children] of ran) {
    const order = slowest.checked ? [...children].sort((a, b) => b.dataset.ms - a.dataset.ms) : children;
    parent.append(...order);
  }
});`;

/**
 * A test report as one HTML page that needs no network and no other file.
 * @param report the run; every text in it is escaped here
 */
export function renderTestReport(report: Report): string {
  const cases = report.files.flatMap((file) => file.cases);
  const number = (state: ReportedCase["state"]) => cases.filter((one) => one.state === state).length;
  const broken = report.files.filter((file) => file.errors.length > 0).length + report.unhandledErrors.length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Tests: ${number("passed")} passed, ${number("failed")} failed</title><style>${STYLE}</style></head><body>
<main><h1>Tests</h1>
<p><b class="passed">${number("passed")} passed</b>, <b class="failed">${number("failed")} failed</b>,
<b class="skipped">${number("skipped") + number("pending")} skipped</b>, ${broken} ${broken === 1 ? "error" : "errors"} outside a test.
${seconds(report.durationMilliseconds)}, started ${escapeMarkup(report.startedAt)}, Node ${escapeMarkup(report.node)}.</p>
<p><label>Search <input id="search" type="search"></label> <label><input id="failures" type="checkbox">only failures</label>
<label><input id="slowest" type="checkbox">slowest first</label></p>
${report.unhandledErrors.length > 0 ? `<h2 class="failed">Errors outside a test</h2>${errorBlocks(report.unhandledErrors)}` : ""}
<h2>Files</h2>
<div id="files">${report.files.map(renderFile).join("\n")}</div></main>
<script>${SCRIPT}</script></body></html>
`;
}

function renderFile(file: ReportedFile): string {
  const failed = file.errors.length > 0 || file.cases.some((one) => one.state === "failed");
  const total = file.cases.reduce((sum, one) => sum + one.durationMilliseconds, 0);
  const isSkipped =
    file.cases.length > 0 && file.cases.every(({ state }) => state === "skipped" || state === "pending");
  const state = failed ? "failed" : isSkipped ? "skipped" : "passed";
  return `<details data-ms="${Math.round(total)}"${failed ? " open" : ""}><summary><h3><b class="${state}">${state}</b> ${escapeMarkup(file.project)} ·
${escapeMarkup(file.path)} · ${file.cases.length} ${file.cases.length === 1 ? "test" : "tests"} · ${seconds(total)}</h3></summary>
${errorBlocks(file.errors)}<table><thead><tr><th scope="col">State</th><th scope="col">Test</th><th scope="col">Time</th></tr></thead>
<tbody>${file.cases.map(renderCase).join("\n")}</tbody></table></details>`;
}

function renderCase(one: ReportedCase): string {
  const tags = one.tags.map((tag) => ` <span class="tag">${escapeMarkup(tag)}</span>`).join("");
  return `<tr data-state="${one.state}" data-ms="${Math.round(one.durationMilliseconds)}"><td class="${one.state}">${one.state}</td>
<td>${escapeMarkup(one.name)}${tags}${errorBlocks(one.errors)}</td><td>${seconds(one.durationMilliseconds)}</td></tr>`;
}

function errorBlocks(errors: readonly string[]): string {
  return errors.map((error) => `<pre class="failed">${escapeMarkup(error)}</pre>`).join("");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
