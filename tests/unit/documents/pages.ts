import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");

/** A page that people read. */
export interface Page {
  /** From the project's root. */
  readonly path: string;
  readonly text: string;
}

/** Something on a page, with the place to look at when it is wrong. */
export interface Found {
  readonly where: string;
  readonly text: string;
}

/** Files of the project, as git lists them: committed ones, and new ones that git does not ignore. */
export function projectFiles(): string[] {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const listed = execFileSync("git", args, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 });
  // A file that was deleted and not yet committed is still listed.
  return listed.split("\n").filter((path) => path !== "" && existsSync(join(ROOT, path)));
}

/** Every Markdown page of the project but the templates of issues and pull requests, which name nothing. */
export function pages(): Page[] {
  return projectFiles()
    .filter((path) => path.endsWith(".md") && !path.startsWith(".github/"))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

interface Line extends Found {
  readonly isCode: boolean;
}

/** Lines with whether they are in a fenced piece of code. The fences count as code. */
function linesOf({ path, text }: Page): Line[] {
  let isCode = false;
  return text.split("\n").map((line, index) => {
    const isFence = /^\s*```/.test(line);
    if (isFence) isCode = !isCode;
    return { where: `${path}:${index + 1}`, text: line, isCode: isCode || isFence };
  });
}

/** The texts between single backticks, outside of pieces of code. A span may continue in the next line. */
export function codeSpans(page: Page): Found[] {
  const prose = linesOf(page).map((line) => ({ ...line, text: line.isCode ? "" : line.text }));
  const joined = prose.map(({ text }) => text).join("\n");
  return [...joined.matchAll(/`([^`]+)`/g)].map((match) => ({
    where: `${page.path}:${joined.slice(0, match.index).split("\n").length}`,
    text: (match[1] ?? "").replaceAll(/\s*\n\s*/g, " ").replaceAll("\\|", "|"),
  }));
}

/** Lines of shell: those of pieces of code, lines that end in a backslash joined, and code spans. */
export function shellLines(page: Page): Found[] {
  const lines: Found[] = [];
  let open: Found | undefined;
  for (const { where, text, isCode } of linesOf(page)) {
    if (!isCode) continue;
    const joined: Found = open === undefined ? { where, text } : { where: open.where, text: `${open.text} ${text}` };
    open = joined.text.endsWith("\\") ? { ...joined, text: joined.text.slice(0, -1) } : undefined;
    if (open === undefined) lines.push(joined);
  }
  return [...lines, ...codeSpans(page)];
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

/** Links to files and headings of the project. */
export function innerLinks(page: Page): Found[] {
  const joined = linesOf(page)
    .map(({ isCode, text }) => (isCode ? "" : text))
    .join("\n");
  return [...joined.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map((match) => ({
    where: `${page.path}:${joined.slice(0, match.index).split("\n").length}`,
    text: match[1] ?? "",
  }));
}

/** Lines of prose beyond 120 columns: not code, not tables, and not lines that are long because of a link. */
export function longLines(page: Page): string[] {
  return linesOf(page)
    .filter(({ text, isCode }) => !isCode && !/^\s*\|/.test(text))
    .filter(({ text }) => [...text].length > 120 && [...text.replaceAll(/\]\([^)]*\)/g, "]")].length > 120)
    .map(({ where }) => where);
}
