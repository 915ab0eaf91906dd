import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { processExists } from "../../machine/processes.ts";
import { ignoreUsersServers } from "../../places/stack-environment.ts";
import { UserError } from "../../terminal/errors.ts";
import { cleanTemporaryDirectories } from "../clean/clean.ts";
import { lintPrograms } from "../lint.ts";
import { type StepResult, Steps } from "../program-steps.ts";
import { escapeMarkup } from "./escape.ts";
import { describeFailures, failuresOf } from "./failures.ts";
import { addUp, type Summary, summarizeJUnit, summaryLine } from "./junit-summary.ts";
import { onLocalStack } from "./localstack-run.ts";
import { takeReportsFolder } from "./reports-folder.ts";
import { TEST_TAGS } from "./tags.ts";
import { describeTestTarget, findTestTarget } from "./target.ts";
import { exceptionsOf } from "./target-exceptions.ts";
import { refuseUnknownOptions } from "./vitest-options.ts";

/** The request on the command line of `npm test`. */
export interface TestRequest {
  /** Files or parts of their paths, and options that only vitest knows. An empty list means all files. */
  filters: string[];
  testNamePattern?: string | undefined;
  /** Tag expressions, all of which must hold. */
  tags: string[];
  without: string[];
  projects: string[];
  localstack: boolean;
  coverage?: boolean | undefined;
  testTimeoutMilliseconds?: number | undefined;
}

/** The folder of the reports, so that a pipeline that runs the suite on two targets can keep both. */
const REPORTS = process.env["REFERENDUM_REPORTS"] || "reports";
const VITEST = "node_modules/vitest/vitest.mjs";

/** Whether a request is for all tests: only then are types, lint and coverage floors part of the run. */
export function isWholeRun(request: TestRequest): boolean {
  const selections = [request.filters, request.tags, request.without, request.projects];
  return selections.every((list) => list.length === 0) && !request.testNamePattern && !request.localstack;
}

/**
 * Turns a request into vitest's own arguments and environment.
 * @param request what was asked for
 */
export function vitestCommand(request: TestRequest): { args: string[]; env: NodeJS.ProcessEnv } {
  const whole = isWholeRun(request);
  const tags = [...request.tags, ...request.without.map((tag) => `!${tag}`)];
  const projects =
    request.localstack && request.projects.length === 0 ? ["integration", "localstack"] : request.projects;
  const args = ["run", ...request.filters];
  if (request.testNamePattern) args.push("--testNamePattern", request.testNamePattern);
  if (tags.length > 0) args.push(`--tagsFilter=${tags.map((tag) => `(${tag})`).join(" && ")}`);
  for (const project of projects) args.push("--project", project);
  if (request.coverage ?? whole) args.push("--coverage");
  const env: NodeJS.ProcessEnv = {};
  if (!whole) env.REFERENDUM_COVERAGE_FLOORS = "off";
  if (request.localstack) env.TARGET = "localstack";
  if (request.testTimeoutMilliseconds) env.REFERENDUM_TEST_TIMEOUT = String(request.testTimeoutMilliseconds);
  return { args, env };
}

/**
 * Runs the requested tests and prints `N passed, N failed` as its last line.
 * @param request what to run
 * @param root the project's folder
 * @returns the exit code: 0 only when every step succeeded and at least one test ran
 */
export async function runTests(request: TestRequest, root: string): Promise<number> {
  process.chdir(root);
  refuseEscapedPath(root);
  refuseUnknownTags([...request.tags, ...request.without]);
  await refuseUnknownOptions(request.filters);
  const giveBack = takeReportsFolder(REPORTS);
  try {
    return await runInFolder(request, root);
  } finally {
    giveBack();
  }
}

/**
 * vitest looks for packages below the folder whose name it has decoded like a URL's. Everything else runs there.
 *
 * @param root the project's folder
 * @throws UserError when its path has a percent sign
 */
export function refuseEscapedPath(root: string): void {
  if (!root.includes("%")) return;
  throw new UserError(
    `The tests cannot run in ${root}, because vitest takes "%" in a folder's name for an escaped character: move or ` +
      "rename the folder. npm start works there.",
  );
}

/** vitest would notice as well, but once per file and after a minute. */
function refuseUnknownTags(expressions: readonly string[]): void {
  const known = TEST_TAGS.map(({ name }) => name);
  for (const expression of expressions) {
    const names = expression.match(/[\w/:.*-]+/g) ?? [];
    const unknown = names.filter((name) => !["and", "or", "not"].includes(name) && !known.includes(name));
    if (unknown.length > 0) {
      throw new UserError(`There is no tag ${unknown.join(", ")}; the tags are ${known.join(", ")}.`, 2);
    }
  }
}

async function runInFolder(request: TestRequest, root: string): Promise<number> {
  clearReports();
  await cleanTemporaryDirectories(tmpdir(), processExists);
  const steps = new Steps();
  const tool = (name: string) => join(root, "node_modules/.bin", name);
  if (isWholeRun(request)) {
    const types = { name: "types (tsc)", program: tool("tsc"), args: ["--noEmit"] };
    await steps.runTogether([types, ...lintPrograms(root)]);
  }
  const { args, env } = vitestCommand(request);
  const name = env.REFERENDUM_COVERAGE_FLOORS === "off" || request.coverage === false ? "tests" : "tests and coverage";
  let where = "";
  const test = async () => {
    where = await chooseTarget(request, env);
    await steps.run(`${name} (vitest)`, process.execPath, [join(root, VITEST), ...args], env);
  };
  if (request.localstack) await onLocalStack(steps, root, test);
  else await test();
  if (isWholeRun(request) || request.localstack) writeChecks(steps.results);
  await cleanTemporaryDirectories(tmpdir(), processExists);
  return conclude(steps, where);
}

/** Finds out where integration tests run, prints that with the tests that cannot run there, and tells vitest. */
async function chooseTarget(request: TestRequest, env: NodeJS.ProcessEnv): Promise<string> {
  const { projects } = request;
  if (projects.length > 0 && !projects.includes("integration") && !projects.includes("localstack")) {
    ignoreUsersServers();
    return "";
  }
  const target = await findTestTarget({ ...process.env, ...env });
  if (target.kind === "local") ignoreUsersServers();
  env.TARGET = target.kind;
  if (target.kind === "local" && isWholeRun(request)) env.REFERENDUM_TESTS_TOGETHER = "1";
  if (target.kind === "localstack") env.AWS_ENDPOINT_URL = target.endpoint;
  const where = describeTestTarget(target);
  process.stdout.write(`\nIntegration tests run against ${where}.\n`);
  for (const { files, only, reason } of exceptionsOf(target.kind)) {
    process.stdout.write(`  not ${files}${only === undefined ? "" : ` (${only})`}: ${reason}\n`);
  }
  return where;
}

function clearReports(): void {
  for (const name of ["junit.xml", "junit-checks.xml", "tests.html"]) rmSync(join(REPORTS, name), { force: true });
}

/** Types, lint and coverage floors can fail a run like a test, so each of them is one test in the reports. */
function writeChecks(results: readonly StepResult[]): void {
  const cases = results.map(({ name, ok, durationMilliseconds }) => {
    const failure = ok ? "" : '<failure message="The step failed; its output says why."/>';
    const seconds = (durationMilliseconds / 1000).toFixed(3);
    return `<testcase classname="checks" name="${escapeMarkup(name)}" time="${seconds}">${failure}</testcase>`;
  });
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="checks">\n${cases.join("\n")}\n</testsuite></testsuites>\n`;
  writeFileSync(join(REPORTS, "junit-checks.xml"), xml);
}

function conclude(steps: Steps, where: string): number {
  const reports = readdirSync(REPORTS).filter((name) => /^junit.*\.xml$/.test(name));
  const summaries = new Map(reports.map((name) => [name, readSummary(join(REPORTS, name))]));
  const summary = addUp([...summaries.values()].filter((one) => one !== undefined));
  const tests = summaries.get("junit.xml");
  const failedSteps = steps.results.filter((step) => !step.ok).map((step) => step.name);
  process.stdout.write(`\nReports: ${["tests.html", ...reports].map((name) => join(REPORTS, name)).join(", ")}\n`);
  if (where !== "") process.stdout.write(`Integration tests ran against ${where}.\n`);
  if (tests !== undefined && tests.failed > 0) {
    process.stdout.write(
      describeFailures(failuresOf(readFileSync(join(REPORTS, "junit.xml"), "utf8")), join(REPORTS, "tests.html")),
    );
  }
  if (failedSteps.length > 0) process.stdout.write(`Failed: ${failedSteps.join(", ")}\n`);
  const noTests = tests === undefined || tests.passed + tests.failed === 0;
  if (steps.stoppedExitCode !== undefined) process.stdout.write("The run was stopped before its end.\n");
  else if (noTests)
    process.stdout.write(`No test was executed. Is the file, name or tag spelt right?${whyNone(where)}\n`);
  process.stdout.write(`${summaryLine(summary)}\n`);
  if (steps.stoppedExitCode !== undefined) return steps.stoppedExitCode;
  return failedSteps.length > 0 || noTests || summary.failed > 0 ? 1 : 0;
}

/** A test may have been left out because of where the run was; the beginning of the output lists those. */
function whyNone(where: string): string {
  if (where === "" || where === describeTestTarget({ kind: "local" })) return "";
  return ` Some tests do not run against ${where}: they are listed above. TARGET=local runs them on a local stack.`;
}

/** The summary of a report; undefined if the run ended before the report was complete. */
function readSummary(file: string): Summary | undefined {
  const xml = readFileSync(file, "utf8");
  try {
    return summarizeJUnit(xml);
  } catch (error) {
    process.stdout.write(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}
