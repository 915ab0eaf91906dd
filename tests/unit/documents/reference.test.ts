import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { listCommands } from "../../../bin/run.mjs";
import { ROUTES } from "../../../shared/messages/routes.ts";
import { SCRIPTS } from "./command-lines.ts";
import { codeSpans, innerLinks, pages, projectFiles, ROOT, shellLines } from "./pages.ts";
import { settingNames, variableNames } from "./setting-names.ts";

const PAGES = pages();
const pageAt = (path: string) => PAGES.find((page) => page.path === path)?.text ?? "";

describe("the reference pages are complete", () => {
  test("docs/settings.md has every setting", () => {
    const spans = PAGES.filter(({ path }) => path === "docs/settings.md").flatMap(codeSpans);
    const named = new Set(spans.map(({ text }) => text));
    expect([...settingNames()].filter((name) => name !== "stage" && !named.has(name))).toEqual([]);
  });

  test("docs/settings.md has every environment variable that somebody may set", () => {
    const named = codeSpans({ path: "docs/settings.md", text: pageAt("docs/settings.md") }).map(({ text }) => text);
    const variables = [...variableNames()];
    expect(variables.filter((name) => !named.includes(name))).toEqual([]);
    expect(variables).toContain("XDG_CACHE_HOME");
  });

  test("examples/README.md has every environment variable of the examples", () => {
    const programs = projectFiles().filter((file) => /^examples\/.*\.(?:mjs|sh)$/.test(file));
    const named = codeSpans({ path: "examples/README.md", text: pageAt("examples/README.md") }).map(({ text }) => text);
    const read = programs.flatMap((file) => {
      const text = readFileSync(join(ROOT, file), "utf8");
      const spread = [...text.matchAll(/const \{([^}]+)\} = process\.env/g)].flatMap(
        ([, list = ""]) => list.match(/\b[A-Z]{2,}[A-Z_]*\b/g) ?? [],
      );
      const single = [...text.matchAll(/process\.env\.([A-Z_]+)|\$\{([A-Z_]+):[-?]/g)];
      return [...spread, ...single.map(([, script, shell]) => script ?? shell ?? "")];
    });
    expect(read.filter((name) => !named.includes(name))).toEqual([]);
    expect(read).toContain("KEY");
  });

  test("docs/api.md has every route, and every status that the description has", () => {
    const page = pageAt("docs/api.md");
    expect(
      ROUTES.map(({ method, path }) => `${method} ${path}`).filter((route) => !page.includes(`\`${route}\``)),
    ).toEqual([]);
    const described = z
      .looseObject({
        paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.looseObject({}) }))),
      })
      .parse(JSON.parse(readFileSync(join(ROOT, "docs/openapi.json"), "utf8")));
    const statuses = Object.values(described.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ responses }) => Object.keys(responses)),
    );
    const missing = [...new Set(statuses)].filter((status) => !new RegExp(`\\b${status}\\b`).test(page));
    expect(missing).toEqual([]);
  });

  test("docs/README.md leads to every page of docs, and docs/decisions/README.md to every decision", () => {
    const contents = innerLinks({ path: "docs/README.md", text: pageAt("docs/README.md") }).map(({ text }) => text);
    const own = PAGES.map(({ path }) => path).filter((path) => /^docs\/[\w-]+\.md$/.test(path));
    expect(
      own.map((path) => basename(path)).filter((name) => name !== "README.md" && !contents.includes(name)),
    ).toEqual([]);
  });

  test("the runbook has every drill", async () => {
    const folder = "tests/integration/own-stack";
    const drills = (await readdir(join(ROOT, folder))).filter((name) => name.startsWith("drill-"));
    expect(drills.filter((name) => !pageAt("docs/runbook.md").includes(`](../${folder}/${name})`))).toEqual([]);
    expect(drills.length).toBeGreaterThan(0);
  });

  test("the README is short enough to be read", () => {
    expect(pageAt("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(90);
  });
});

describe("decisions", () => {
  const decisions = PAGES.filter(({ path }) => /^docs\/decisions\/\d{4}-/.test(path));

  test.each(decisions)("$path begins with its date and status, which the list repeats", ({ path, text }) => {
    const [, date, status] =
      /^# \d{4} .+\n\n\*(\d{4}-\d\d-\d\d), (in force|replaced by \[\d{4}\]\(.+\))\.\*\n/.exec(text) ?? [];
    expect(date, "a line such as *2026-11-23, in force.* below the title").toBeDefined();
    const row = pageAt("docs/decisions/README.md")
      .split("\n")
      .find((line) => line.includes(`](${basename(path)})`));
    expect(row).toContain(`| ${date} | ${status} |`);
  });
});

describe("the npm scripts", () => {
  test("keep npm's banner out of what is piped or written to a file", () => {
    const taken = /\bnpm (?:run|start|test)\b(?:[^'"|>&;#]|'[^']*'|"[^"]*"|2>&?\S+)*(?:\||(?<![0-9&])>)/;
    expect(taken.test("npm run voters -- generate --output - > voters.csv")).toBe(true);
    expect(taken.test("npm run x -- --json | jq .")).toBe(true);
    expect(taken.test('npm test -- --tags "a || b"')).toBe(false);
    const lines = PAGES.flatMap(shellLines).filter(({ text }) => taken.test(text) && !text.includes("--silent"));
    expect(lines.map(({ where, text }) => `${where}: ${text}`)).toEqual([]);
  });

  test.each(Object.entries(SCRIPTS))("%s goes through bin/run.mjs, to a command that exists", (_, script) => {
    const [, command = ""] = /^exec node bin\/run\.mjs (\S+)/.exec(script) ?? [];
    expect(["exec", ...listCommands(ROOT)]).toContain(command);
  });
});
