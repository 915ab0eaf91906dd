import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { afterAll, describe, expect, test } from "vitest";
import { listCommands } from "../../../bin/run.mjs";
import { settingsOf } from "../../../infra/stages.ts";
import { complaint, npmCommands, programOf, SCRIPTS } from "./command-lines.ts";
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

/** Options of npm, Artillery and the AWS command line that pages name alone. */
const OPTIONS_OF_TOOLS = new Set(["--loglevel", "--target", "--endpoint-url", "--no-deletion-protection"]);

/** The long options of a program and of all its subcommands. */
function optionsOf(program: Command): string[] {
  const own = program.options.flatMap(({ long }) => (long == null ? [] : [long]));
  return [...own, "--help", ...program.commands.flatMap(optionsOf)];
}

/** The words of a text, and what hyphens join. */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set([...(text.match(/\w+/g) ?? []), ...(text.match(/\w+(?:-\w+)+/g) ?? [])]);
}

describe("the pages", () => {
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

  test("name only npm scripts, subcommands and options that exist", async () => {
    const programs = new Map(
      await Promise.all(listCommands(ROOT).map(async (name) => [name, await programOf(name)] as const)),
    );
    const typed = PAGES.flatMap(shellLines).flatMap(({ where, text }) =>
      npmCommands(text).map((command) => ({ where, ...command })),
    );
    const wrong = check("commands", typed, ({ script, args }) => {
      const line = SCRIPTS[script];
      if (line === undefined) return script.includes("…") ? undefined : `there is no npm script ${script}`;
      const [name = "", ...own] = line.replace("exec node bin/run.mjs ", "").split(" ");
      const program = programs.get(name);
      return program === undefined ? undefined : complaint(program, [...own, ...args]);
    });
    expect(wrong).toEqual([]);
    expect(typed.length).toBeGreaterThan(150);
  });

  test("name only options that some command has, also beside no command", async () => {
    const programs = await Promise.all(listCommands(ROOT).map(programOf));
    const options = new Set(programs.flatMap(optionsOf));
    const named = PAGES.flatMap(codeSpans).flatMap(({ where, text }) => {
      const option = /^--[a-z][a-z-]*/.exec(text)?.[0];
      return option === undefined ? [] : [{ where, option }];
    });
    const wrong = check("options alone", named, ({ option }) =>
      options.has(option) || OPTIONS_OF_TOOLS.has(option) ? undefined : `no command has ${option}`,
    );
    expect(wrong).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  test("name only settings that exist", () => {
    const names = settingNames();
    const groups = new Set([...names].map((name) => name.split(".")[0]));
    const named = PAGES.flatMap(codeSpans).filter(
      ({ text }) =>
        /^[a-z]\w*(?:\.(?:\w+|<name>))+$/i.test(text) &&
        !/\.(?:ts|mjs|md)$/.test(text) &&
        groups.has(text.split(".")[0]),
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

  test("name only files and tests that exist", () => {
    const files = projectFiles();
    const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
    const names = new Set(files.map((file) => basename(file)));
    const paths = PAGES.flatMap(codeSpans).filter(({ text }) => /^[\w./*<>-]+$/.test(text) && text.includes("/"));
    const inside = paths.filter(({ text }) => folders.has(text.split("/")[0]) && !/[<>]/.test(text));
    // A page beside the code names its neighbours by their path from there.
    const missing = check("paths", inside, ({ where, text }) =>
      [ROOT, join(ROOT, dirname(where))].some((cwd) => globSync(text, { cwd }).length > 0)
        ? undefined
        : `there is no ${text}`,
    );
    expect(missing).toEqual([]);
    const shortened = paths.filter(({ text }) => text.endsWith(".test.ts") && !folders.has(text.split("/")[0]));
    const unknown = check("paths", shortened, ({ text }) =>
      files.some((file) => file.endsWith(`/${text}`)) ? undefined : `there is no test ${text}`,
    );
    expect(unknown).toEqual([]);
    const bare = PAGES.flatMap(codeSpans).filter(({ text }) => /^[\w-]+(?:\.\w+)?\.(?:ts|mjs|yml|sql)$/.test(text));
    expect(check("file names", bare, ({ text }) => (names.has(text) ? undefined : `no file ${text}`))).toEqual([]);
  });

  test("select only names that tests have", () => {
    const tests = projectFiles().filter((file) => file.startsWith("tests/") && file.endsWith(".test.ts"));
    const sources = tests.map((file) => readFileSync(join(ROOT, file), "utf8"));
    const selected = PAGES.flatMap(shellLines).flatMap(({ where, text }) =>
      npmCommands(text).flatMap(({ script, args }) => {
        const pattern = args[args.indexOf("-t") + 1];
        return script === "test" && args.includes("-t") && pattern !== undefined ? [{ where, text: pattern }] : [];
      }),
    );
    const wrong = check("test names", selected, ({ text }) =>
      text === "NAME" || sources.some((source) => new RegExp(text).test(source))
        ? undefined
        : `no test is called ${text}`,
    );
    expect(wrong).toEqual([]);
  });

  test("name only identifiers and variables that the code has", () => {
    const names = wordsOf(sourceText());
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
    const names = wordsOf(sourceText());
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
    ["npm run voters -- lode --file x.csv", "no subcommand"],
    ["npm run voters -- load --flie x.csv", "no option --flie"],
    ["npm run voters -- load --file", "needs a value"],
    ["npm run laws -- --stage dev add L1", "must come first"],
    ["npm run bench -- --part page", "--part cannot be page"],
  ])("%s", async (line, why) => {
    const [command] = npmCommands(line);
    expect(complaint(await programOf(command?.script ?? ""), command?.args ?? [])).toContain(why);
  });

  test("in a line of shell with other commands, quotes and a comment", () => {
    expect(npmCommands(`TARGET=aws npm test && npm run laws -- add X --title "A & B" # npm run nothing`)).toEqual([
      { script: "test", args: [] },
      { script: "laws", args: ["add", "X", "--title", "A & B"] },
    ]);
  });

  test("in the length of a line, but not in code, tables and links", () => {
    const long = "word ".repeat(30);
    expect(longLines(page(`${long}\n\`\`\`\n${long}\n\`\`\`\n| ${long} |\nsee [x](${"y".repeat(120)})`))).toEqual([
      "docs/x.md:1",
    ]);
  });
});
