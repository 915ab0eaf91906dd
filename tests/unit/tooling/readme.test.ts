import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { listCommands } from "../../../bin/run.mjs";

const ROOT = resolve(import.meta.dirname, "../../..");
const manifest = z
  .looseObject({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

async function documents(): Promise<string[]> {
  const docs = await readdir(join(ROOT, "docs"), { recursive: true });
  const all = [...docs.map((name) => join("docs", name)), "README.md", "CONTRIBUTING.md", "SECURITY.md"];
  return all.filter((name) => name.endsWith(".md"));
}

const textOf = (document: string) => readFileSync(join(ROOT, document), "utf8");

/** npm scripts that a text tells people to run. */
function scriptsIn(text: string): string[] {
  const named = [...text.matchAll(/npm run (?:--?\w+ )*([a-z][a-z:-]*)/g)].map(([, name = ""]) => name);
  const short = [...text.matchAll(/`npm (start|test)\b|^ *npm (start|test)\b/gm)].map(([, a, b]) => a ?? b ?? "");
  return [...named, ...short];
}

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

describe("the documents", () => {
  test("name only npm scripts that exist", async () => {
    const unknown = (await documents()).flatMap((document) =>
      scriptsIn(textOf(document))
        .filter((name) => !(name in manifest.scripts))
        .map((name) => `${document}: npm run ${name}`),
    );
    expect(unknown).toEqual([]);
  });

  test("link only to files and headings that exist", async () => {
    const broken = (await documents()).flatMap((document) =>
      [...textOf(document).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? document : relative(ROOT, resolve(ROOT, dirname(document), path));
        if (!existsSync(join(ROOT, target))) return [`${document}: ${link}`];
        return anchor && !anchorsOf(textOf(target)).includes(anchor) ? [`${document}: ${link}`] : [];
      }),
    );
    expect(broken).toEqual([]);
  });

  test("name every drill in the runbook", async () => {
    const folder = "tests/integration/own-stack";
    const drills = (await readdir(join(ROOT, folder))).filter((name) => name.startsWith("drill-"));
    const runbook = textOf("docs/runbook.md");
    expect(drills.filter((name) => !runbook.includes(`](../${folder}/${name})`))).toEqual([]);
    expect(drills.length).toBeGreaterThan(0);
  });
});

describe("the npm scripts", () => {
  test("all go through bin/run.mjs, to a command that exists", () => {
    const commands = listCommands(ROOT);
    for (const [name, script] of Object.entries(manifest.scripts)) {
      const [, command] = /^exec node bin\/run\.mjs (\S+)/.exec(script) ?? [];
      expect({ name, known: command === "exec" || commands.includes(command ?? "") }).toEqual({ name, known: true });
    }
  });

  test("stand in the README, each one", () => {
    const readme = scriptsIn(textOf("README.md"));
    expect(Object.keys(manifest.scripts).filter((name) => !readme.includes(name))).toEqual([]);
  });
});
