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
  /** Of a fenced piece of code, such as `sh`. */
  readonly language: string;
}

/** Does something once per page: every test looks at the same pages. */
function oncePerPage<T>(make: (page: Page) => T): (page: Page) => T {
  const made = new WeakMap<Page, { readonly value: T }>();
  return (page) => {
    const known = made.get(page) ?? { value: make(page) };
    made.set(page, known);
    return known.value;
  };
}

/** Lines with whether they are in a fenced piece of code. The fences count as code. */
const linesOf = oncePerPage(({ path, text }): Line[] => {
  let isCode = false;
  let language = "";
  return text.split("\n").map((line, index) => {
    const [fence, opened = ""] = /^\s*```(\S*)/.exec(line) ?? [];
    if (fence !== undefined) {
      isCode = !isCode;
      language = opened;
    }
    return { where: `${path}:${index + 1}`, text: line, isCode: isCode || fence !== undefined, language };
  });
});

/** What a pattern's first group that matched found in the prose of a page, in the order of the page. */
function foundInProse(page: Page, pattern: RegExp): Found[] {
  const joined = linesOf(page)
    .map(({ isCode, text }) => (isCode ? "" : text))
    .join("\n");
  let line = 1;
  let counted = 0;
  return [...joined.matchAll(pattern)].map((match) => {
    line += joined.slice(counted, match.index).split("\n").length - 1;
    counted = match.index;
    return { where: `${page.path}:${line}`, text: match.slice(1).find((group) => group !== undefined) ?? "" };
  });
}

/** The texts between single backticks, outside of pieces of code. A span may continue in the next line. */
export const codeSpans = oncePerPage((page): Found[] =>
  foundInProse(page, /`([^`]+)`/g).map(({ where, text }) => ({
    where,
    text: text.replaceAll(/\s*\n\s*/g, " ").replaceAll("\\|", "|"),
  })),
);

/** Lines of shell: those of pieces of code, lines that end in a backslash joined, and code spans. */
export const shellLines = oncePerPage((page): Found[] => [...codeLines(page, () => true), ...codeSpans(page)]);

/** The same without pieces of code in another language than shell, and without spans that are one word. */
export function commandLines(page: Page): Found[] {
  const spans = codeSpans(page).filter(({ text }) =>
    /^(?:\w+=\S+ )*(?:npm|npx|node|sh|bash|git|cp|curl) \S/.test(text),
  );
  return [...codeLines(page, (language) => /^(?:sh|bash|console)$/.test(language)), ...spans];
}

function codeLines(page: Page, isWanted: (language: string) => boolean): Found[] {
  const lines: Found[] = [];
  let open: Found | undefined;
  for (const { where, text, isCode, language } of linesOf(page)) {
    if (!isCode || !isWanted(language)) continue;
    const joined: Found = open === undefined ? { where, text } : { where: open.where, text: `${open.text} ${text}` };
    open = joined.text.endsWith("\\") ? { ...joined, text: joined.text.slice(0, -1) } : undefined;
    if (open === undefined) lines.push(joined);
  }
  return lines;
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(text: string): string[] {
  return [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

/** Links to files and headings of the project: inline, by reference (`[x]: page.md`), and in HTML. */
export function innerLinks(page: Page): Found[] {
  const links = /\]\(<?([^)\s>]+)|^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)|<\w+ [^>]*?(?:href|src)="([^"]+)"/gm;
  return foundInProse(page, links).filter(({ text }) => !/^(?:https?:|mailto:)/.test(text));
}

/** Lines of prose beyond 120 columns: not code, not tables, and not lines that are long because of a link. */
export function longLines(page: Page): string[] {
  return linesOf(page)
    .filter(({ text, isCode }) => !isCode && !/^\s*\|/.test(text))
    .filter(({ text }) => [...text].length > 120 && [...text.replaceAll(/\]\([^)]*\)/g, "]")].length > 120)
    .map(({ where }) => where);
}
