import { describe, expect, test } from "vitest";
import { escapeMarkup } from "../../../commands/test/escape.ts";
import { type Report, renderTestReport } from "../../../commands/test/html-report.ts";

const ATTACK = `<script>alert("x")</script>&'`;
const ESCAPED = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;";

function reportWith(text: string): Report {
  return {
    startedAt: text,
    durationMilliseconds: 1234,
    node: text,
    unhandledErrors: [text],
    files: [
      {
        project: text,
        path: text,
        errors: [text],
        cases: [
          { name: text, state: "failed", durationMilliseconds: 5, tags: [text], errors: [text] },
          { name: "fine", state: "passed", durationMilliseconds: 20, tags: [], errors: [] },
        ],
      },
    ],
  };
}

describe("renderTestReport", () => {
  test("escapes every text it is given", () => {
    const html = renderTestReport(reportWith(ATTACK));
    expect(html).not.toContain(ATTACK);
    expect(html.split(ESCAPED)).toHaveLength(10);
  });

  test("loads nothing from elsewhere", () => {
    const html = renderTestReport(reportWith("text"));
    expect(html).not.toMatch(/\b(src|href)=|@import|url\(/);
  });

  test("shows how many tests passed and failed, and opens the files with failures", () => {
    const html = renderTestReport(reportWith("text"));
    expect(html).toContain("<title>Tests: 1 passed, 1 failed</title>");
    expect(html).toMatch(/<details data-ms="25" open>/);
    expect(html).toContain("1.23 s");
  });

  test.each([
    [["passed", "skipped"], "passed"],
    [["passed", "failed"], "failed"],
    [["skipped", "pending"], "skipped"],
  ] as const)("calls a file with %j %s", (states, expected) => {
    const cases = states.map((state) => ({ name: "a", state, durationMilliseconds: 1, tags: [], errors: [] }));
    const file = { project: "unit", path: "a.test.ts", errors: [], cases };
    const html = renderTestReport({ ...reportWith("text"), files: [file] });
    expect(html).toContain(`<summary><h3><b class="${expected}">${expected}</b> unit`);
  });
});

test("escapeMarkup leaves out colours and characters that XML cannot hold, and keeps the rest", () => {
  const esc = String.fromCharCode(27);
  expect(escapeMarkup(`${esc}[31mred${esc}[0m\u0000\u0007 é\n\t😀 \ud800`)).toBe("red é\n\t😀 \ufffd");
});
