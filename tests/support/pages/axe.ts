import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";

/** Minified: half as much to compile. */
const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/**
 * Rules of axe that look at where things are and how large they are. All others look at the document and at what is
 * hidden, so that another width changes nothing for them as long as it hides and shows nothing (axe-core 4.14,
 * lib/checks: color, mobile/target-size, keyboard/scrollable).
 */
const OF_LAYOUT = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"];
const VISIBLE = `[...document.body.querySelectorAll("*")].map((one) => (one.checkVisibility({ visibilityProperty: true }) ? 1 : 0)).join("")`;

/** What axe finds on a page, whatever its width. */
export interface Findings {
  /** Which elements are to be seen, one character for each. */
  readonly visible: string;
  readonly violations: readonly string[];
}

/**
 * Has axe look at a page.
 *
 * @param page as it is now
 * @param before what was found in another width: if the same elements were to be seen, the rules that cannot find
 *   anything else are left out
 */
export async function findings(page: Page, before?: Findings): Promise<Findings> {
  if (!(await page.evaluate<boolean>(`"axe" in window`))) await page.evaluate(AXE);
  const visible = await page.evaluate<string>(VISIBLE);
  const runOnly = before?.visible === visible ? { type: "rule", values: OF_LAYOUT } : { type: "tag", values: WCAG };
  // Not by axe for Playwright: it compiles axe again and opens an empty page each time, for frames, which no page has.
  const violations = await page.evaluate<string[]>(`axe
    .run(document, ${JSON.stringify({ runOnly, resultTypes: ["violations"] })})
    .then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | ")))`);
  return { visible, violations };
}
