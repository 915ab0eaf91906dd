import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

/** A test that failed, or a file that could not be run. */
export interface Failure {
  readonly file: string;
  readonly name: string;
  /** The first line of the message. */
  readonly message: string;
}

const list = <T extends z.ZodType>(item: T) => z.union([z.array(item), item.transform((one) => [one])]).default([]);

const failure = z.object({ "@_message": z.string().default("") }).catch({ "@_message": "" });
const testcase = z.object({
  "@_name": z.string().default(""),
  "@_classname": z.string().default(""),
  failure: list(failure).optional(),
  error: list(failure).optional(),
});
const suite = z.object({ testcase: list(testcase) }).catch({ testcase: [] });
const report = z.object({ testsuites: z.object({ testsuite: list(suite) }).catch({ testsuite: [] }) });

const parser = new XMLParser({ ignoreAttributes: false, parseAttributeValue: false, htmlEntities: true });

/**
 * The tests that failed.
 *
 * @param xml a JUnit report as vitest writes it
 * @throws Error when it is not a JUnit report
 */
export function failuresOf(xml: string): Failure[] {
  const { testsuites } = report.parse(parser.parse(xml, true));
  return testsuites.testsuite.flatMap((one) =>
    one.testcase.flatMap((test) => {
      const [found] = [...(test.failure ?? []), ...(test.error ?? [])];
      if (found === undefined) return [];
      const [message = ""] = found["@_message"].trim().split("\n");
      return [{ file: test["@_classname"], name: test["@_name"], message }];
    }),
  );
}

const SHOWN = 20;

/**
 * The first twenty failures, as the last lines of a run.
 *
 * @param failures what failed
 * @param page the report that has all of them
 */
export function describeFailures(failures: readonly Failure[], page: string): string {
  if (failures.length === 0) return "";
  const lines = failures.slice(0, SHOWN).map(({ file, name, message }) => `  ${file}: ${name}\n      ${message}`);
  const more = failures.length > SHOWN ? [`  … and ${failures.length - SHOWN} more; ${page} has all`] : [];
  return ["Failed tests:", ...lines, ...more, ""].join("\n");
}
