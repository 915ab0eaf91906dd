import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { settingsOf } from "../../../infra/stages.ts";
import { splitCommands } from "./command-lines.ts";
import { fileComplaint, filesNamed } from "./files.ts";
import { anchorsOf, codeSpans, innerLinks, longLines, pages, projectFiles, ROOT, shellLines } from "./pages.ts";
import { settingNames } from "./setting-names.ts";

const PAGES = pages();
const pageAt = (path: string) => PAGES.find((page) => page.path === path)?.text ?? "";
const counts = new Map<string, number>();

/** Collects the mistakes, and counts what was checked. */
function check<T extends { readonly where: string }>(what: string, found: readonly T[], wrong: (one: T) => unknown) {
  counts.set(what, (counts.get(what) ?? 0) + found.length);
  return found.flatMap((one) => {
    const problem = wrong(one);
    return problem === undefined ? [] : [`${one.where}: ${problem}`];
  });
}

afterAll(() => {
  const said = [...counts].map(([what, count]) => `${count} ${what}`).join(", ");
  process.stderr.write(`Checked in ${PAGES.length} pages: ${said}.\n`);
});

/** Names of AWS and PostgreSQL that the runbook has operators look at. */
const THEIRS = new Set(["errorCode", "pg_locks", "AVAILABLE"]);

/** The words of a text, and what hyphens join. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set([...(text.match(/\w+/g) ?? []), ...(text.match(/\w+(?:-\w+)+/g) ?? [])]);
}

describe("the pages", () => {
  const names = wordsOf(sourceText());

  test("link only to files and headings that exist", () => {
    const broken = PAGES.flatMap((page) =>
      check("links", innerLinks(page), ({ text }) => {
        const [path = "", anchor] = text.split("#");
        const target = path === "" ? page.path : relative(ROOT, resolve(ROOT, dirname(page.path), path));
        if (!existsSync(join(ROOT, target))) return `there is no file ${text}`;
        const known = anchor === undefined || anchorsOf(readFileSync(join(ROOT, target), "utf8")).includes(anchor);
        return known ? undefined : `there is no heading ${text}`;
      }),
    );
    expect(broken).toEqual([]);
  });

  test("name only settings that exist", () => {
    const names = settingNames();
    const groups = new Set([...names].map((name) => name.split(".")[0]));
    // A wrong first part is found by the last one.
    const last = new Set([...names].map((name) => name.split(".").at(-1)));
    const named = PAGES.flatMap(codeSpans).filter(
      ({ text }) =>
        /^[a-z]\w*(?:\.(?:\w+|<name>))+$/i.test(text) &&
        !/\.(?:ts|mjs|md)$/.test(text) &&
        (groups.has(text.split(".")[0]) || last.has(text.split(".").at(-1))),
    );
    const wrong = check("settings", named, ({ text }) => {
      const known = [...names].some((name) => name === text || name.startsWith(`${text}.`));
      return known ? undefined : `there is no setting ${text}`;
    });
    expect(wrong).toEqual([]);
    const overrides = PAGES.flatMap(shellLines).flatMap(({ where, text }) =>
      [...text.matchAll(/settings[= ]'(\{.*?\})'/g)].map(([, json = ""]) => ({ where, json })),
    );
    const refused = check("settings in commands", overrides, ({ json }) => {
      try {
        settingsOf("dev", JSON.parse(json));
        return undefined;
      } catch (error) {
        return error;
      }
    });
    expect(refused).toEqual([]);
  });

  test("name only files and folders that exist, in commands too", () => {
    const found = PAGES.flatMap((page) => check("files", filesNamed(page), fileComplaint));
    expect(found).toEqual([]);
    expect(counts.get("files")).toBeGreaterThan(300);
  });

  test("select only names that tests have", () => {
    const tests = projectFiles().filter((file) => file.startsWith("tests/") && file.endsWith(".test.ts"));
    const titles = tests.flatMap((file) => titlesIn(readFileSync(join(ROOT, file), "utf8")));
    const selected = PAGES.flatMap(shellLines).flatMap(({ where, text }) =>
      splitCommands(text).flatMap((words) => {
        const pattern = words[words.indexOf("-t") + 1];
        const runsTests = words.includes("vitest") || (words.includes("npm") && words.includes("test"));
        return runsTests && words.includes("-t") && pattern !== undefined ? [{ where, text: pattern }] : [];
      }),
    );
    const wrong = check("test names", selected, ({ text }) =>
      text === "NAME" || titles.some((title) => new RegExp(text).test(title)) ? undefined : `no test is called ${text}`,
    );
    expect(wrong).toEqual([]);
  });

  test("name only identifiers and variables that the code has", () => {
    const identifiers = PAGES.flatMap(codeSpans).filter(({ text }) =>
      /^(?:[a-z]+[A-Z]\w*|[a-z]+_[a-z_]+|[A-Z]{2,}_[A-Z_]+|[A-Z]{5,})(?:\(\))?$/.test(text),
    );
    const wrong = check("identifiers", identifiers, ({ text }) => {
      const name = text.replace("()", "");
      return names.has(name) || THEIRS.has(name) ? undefined : `nothing is called ${name}`;
    });
    expect(wrong).toEqual([]);
  });

  test("name in the glossary what the code has", () => {
    const rows = (pageAt("docs/glossary.md").match(/^\| .*/gm) ?? []).slice(1);
    const spans = rows.flatMap((row) => {
      const [term = "", , code = ""] = row.split("|").slice(1);
      return [...code.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => ({ where: `glossary, ${term.trim()}`, text }));
    });
    const single = spans.filter(({ text }) => /^[\w-]+$/.test(text));
    const wrong = check("terms", single, ({ text }) => (names.has(text) ? undefined : `nothing is called ${text}`));
    expect(wrong).toEqual([]);
    expect(single.length).toBeGreaterThan(30);
    const terms = rows.map((row) => row.split("|")[1]?.trim().toLowerCase() ?? "");
    expect(terms).toEqual(terms.toSorted((one, other) => one.localeCompare(other, "en")));
  });

  test("open blocks of code with one word, so that no line of code stands beside it", () => {
    const opened = PAGES.flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => (/^\s*```\S+\s+\S/.test(line) ? [`${path}:${index + 1}`] : [])),
    );
    expect(opened).toEqual([]);
  });

  test("have lines of prose of at most 120 columns", () => {
    expect(PAGES.flatMap(longLines)).toEqual([]);
  });
});

/** The titles of tests and of their groups, also of those that are made of a table. */
function titlesIn(source: string): string[] {
  const titles = /(?:\b(?:test|describe)(?:\.\w+)*\(|\)\()\s*(?:"([^"\n]+)"|`([^`]+)`)/g;
  return [...source.matchAll(titles)].map(([, quoted, template]) => quoted ?? template ?? "");
}

/** The text of everything that names something: code, SQL, pipelines, manifests. */
function sourceText(): string {
  return projectFiles()
    .filter((file) => /\.(?:ts|mjs|sql|yml|json|py)$/.test(file) && !file.startsWith("tests/unit/documents/"))
    .map((file) => readFileSync(join(ROOT, file), "utf8"))
    .join("\n");
}

describe("a page's mistake is found", () => {
  const page = (text: string) => ({ path: "docs/x.md", text });

  test.each([
    ["`oldfolder/gone.ts`", "oldfolder/gone.ts"],
    ["see `gone.json`", "gone.json"],
    ["see `gone.sh` and `README.md`", "gone.sh"],
    ["type `npm test -- tests/unit/gone.test.ts`", "tests/unit/gone.test.ts"],
    ["```sh\nnpx vitest run --project unit tests/unit/gone\n```", "tests/unit/gone"],
    ["```sh\nA=1 node bin/gone.mjs && node bin/run.mjs\n```", "bin/gone.mjs"],
    ["```sh\nsh examples/curl/gone.sh > out.txt\n```", "examples/curl/gone.sh"],
  ])("in the name of a file: %s", (text, gone) => {
    expect(filesNamed(page(text)).flatMap((found) => fileComplaint(found) ?? [])).toEqual([`there is no ${gone}`]);
  });

  test.each(["[x](gone.md)", "See [x].\n\n[x]: gone.md", 'An <a class="y" href="gone.md">x</a>'])(
    "in the link %s",
    (text) => {
      expect(innerLinks(page(text))).toMatchObject([{ text: "gone.md" }]);
    },
  );

  test("in a link to what is a comment in a piece of code, and no heading", () => {
    expect(anchorsOf("# A page\n\n```sh\n# no heading\n```\n\n## One more\n")).toEqual(["a-page", "one-more"]);
  });

  test("in the length of a line, but not in code, tables and links", () => {
    const long = "word ".repeat(30);
    expect(longLines(page(`${long}\n\`\`\`\n${long}\n\`\`\`\n| ${long} |\nsee [x](${"y".repeat(120)})`))).toEqual([
      "docs/x.md:1",
    ]);
  });
});
