import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";
import { type ReportedCase, type ReportedFile, renderTestReport } from "./html-report.ts";

const REPORT_FILE = `${process.env["REFERENDUM_REPORTS"] || "reports"}/tests.html`;

/** Writes reports/tests.html at the end of a run. vitest's HTML report can only be viewed through a server. */
export default class HtmlReporter implements Reporter {
  readonly #startedAt = Date.now();

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<SerializedError>): void {
    const html = renderTestReport({
      startedAt: new Date(this.#startedAt).toISOString(),
      durationMilliseconds: Date.now() - this.#startedAt,
      node: process.version,
      files: modules.map(fileOf),
      unhandledErrors: unhandledErrors.map(textOf),
    });
    mkdirSync(dirname(REPORT_FILE), { recursive: true });
    writeFileSync(REPORT_FILE, html);
  }
}

function fileOf(module: TestModule): ReportedFile {
  return {
    project: module.project.name,
    path: module.relativeModuleId,
    errors: [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())].map(textOf),
    cases: [...module.children.allTests()].map(caseOf),
  };
}

function caseOf(test: TestCase): ReportedCase {
  const result = test.result();
  return {
    name: test.fullName,
    state: result.state,
    durationMilliseconds: test.diagnostic()?.duration ?? 0,
    tags: test.tags,
    errors: (result.errors ?? []).map(textOf),
  };
}

function textOf(error: SerializedError): string {
  return [error.stack ?? `${error.name ?? "Error"}: ${error.message}`, error.diff].filter(Boolean).join("\n\n");
}
