import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

/** The number of test cases in a JUnit report, by result. */
export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
}

const NOTHING: Summary = { passed: 0, failed: 0, skipped: 0 };
const ROOTS = ["testsuites", "testsuite"];
const OUTCOMES: Record<string, keyof Summary> = { failure: "failed", error: "failed", skipped: "skipped" };
const parser = new XMLParser({ preserveOrder: true });

/** An element as the parser gives it: its name is the key of its children. */
const elements = z.array(z.record(z.string(), z.unknown()));

/**
 * Counts the test cases of a JUnit report, in nested suites as well.
 * @param xml the file's content
 * @throws {Error} when it is not a JUnit report
 */
export function summarizeJUnit(xml: string): Summary {
  const top = children(parser.parse(xml, true)).filter(({ name }) => ROOTS.includes(name));
  if (top.length === 0) throw new Error("This is not a JUnit report: it has no test suites.");
  return addUp(top.map(({ content }) => countIn(content)));
}

function countIn(content: unknown): Summary {
  return addUp(
    children(content).map((child) => {
      if (child.name !== "testcase") return countIn(child.content);
      const [outcome] = children(child.content).flatMap(({ name }) => OUTCOMES[name] ?? []);
      return { ...NOTHING, [outcome ?? "passed"]: 1 };
    }),
  );
}

function children(content: unknown): { name: string; content: unknown }[] {
  const parsed = elements.safeParse(content);
  if (!parsed.success) return [];
  return parsed.data.flatMap((element) => Object.entries(element).map(([name, inner]) => ({ name, content: inner })));
}

/**
 * The sum of several reports.
 * @param summaries one per report
 */
export function addUp(summaries: readonly Summary[]): Summary {
  return summaries.reduce(
    (sum, one) => ({
      passed: sum.passed + one.passed,
      failed: sum.failed + one.failed,
      skipped: sum.skipped + one.skipped,
    }),
    NOTHING,
  );
}

/**
 * The last line of a test run: `N passed, N failed`, with `, N skipped` when there are any.
 * @param summary what to say
 */
export function summaryLine({ passed, failed, skipped }: Summary): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
