import { describe, expect, test } from "vitest";
import { addUp, summarizeJUnit, summaryLine } from "../../../commands/test/junit-summary.ts";

describe("summarizeJUnit", () => {
  test("counts every kind of test case over several suites", () => {
    const xml = `<?xml version="1.0"?><testsuites>
      <testsuite name="a"><testcase name="1"/><testcase name="2"><failure message="no"/></testcase></testsuite>
      <testsuite name="b"><testcase name="3"><skipped/></testcase><testcase name="4"><system-out>x</system-out></testcase></testsuite>
      <testsuite name="c"><testcase name="5"><error message="x"/></testcase></testsuite>
    </testsuites>`;
    expect(summarizeJUnit(xml)).toEqual({ passed: 2, failed: 2, skipped: 1 });
  });

  test("counts in nested suites, and if a suite is the root", () => {
    const xml = '<testsuite><testsuite><testcase name="1"/></testsuite><testcase name="2"/></testsuite>';
    expect(summarizeJUnit(xml)).toEqual({ passed: 2, failed: 0, skipped: 0 });
  });

  test.each([
    ["an empty list", "<testsuites/>"],
    ["an empty suite", '<testsuites><testsuite name="a"></testsuite></testsuites>'],
    ["blanks only", "<testsuites>\n</testsuites>"],
  ])("finds nothing in %s", (_what, xml) => {
    expect(summarizeJUnit(xml)).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });

  test("is not misled by markup inside a test's output", () => {
    const xml =
      "<testsuites><testsuite><testcase><system-out><![CDATA[<testcase><failure/>]]></system-out></testcase></testsuite></testsuites>";
    expect(summarizeJUnit(xml)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  test("refuses a text that is not a JUnit report", () => {
    expect(() => summarizeJUnit("<html><body/></html>")).toThrow("not a JUnit report");
    expect(() => summarizeJUnit("<testsuites><testsuite>")).toThrow();
  });
});

describe("the last line", () => {
  test("names skipped tests only when there are any", () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe("12 passed, 0 failed");
    expect(summaryLine({ passed: 1, failed: 2, skipped: 3 })).toBe("1 passed, 2 failed, 3 skipped");
  });

  test("adds up several reports", () => {
    const one = { passed: 1, failed: 2, skipped: 3 };
    expect(addUp([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
    expect(addUp([])).toEqual({ passed: 0, failed: 0, skipped: 0 });
  });
});
