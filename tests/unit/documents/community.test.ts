import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "./pages.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** GitHub's form for issues, as far as it is used here (GitHub Docs, "Syntax for GitHub's form schema"). */
const issueForm = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  labels: z.array(z.string()),
  body: z
    .array(
      z.discriminatedUnion("type", [
        z.strictObject({ type: z.literal("markdown"), attributes: z.strictObject({ value: z.string() }) }),
        z.strictObject({
          type: z.enum(["textarea", "input"]),
          id: z.string().regex(/^[\w-]+$/),
          attributes: z.strictObject({
            label: z.string(),
            description: z.string().optional(),
            render: z.string().optional(),
          }),
          validations: z.strictObject({ required: z.boolean() }).optional(),
        }),
      ]),
    )
    .min(1),
});

describe("what a stranger finds", () => {
  test.each(["CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"])(
    "%s is there",
    (path) => expect(existsSync(join(ROOT, path))).toBe(true),
  );

  test.each(globSync(".github/ISSUE_TEMPLATE/*.yml", { cwd: ROOT }).filter((path) => !path.endsWith("config.yml")))(
    "%s is a form that GitHub can show, and names every field once",
    (path) => {
      const form = issueForm.parse(parse(read(path)));
      const ids = form.body.flatMap((field) => ("id" in field ? [field.id] : []));
      expect(new Set(ids).size).toBe(ids.length);
    },
  );

  test("CODEOWNERS names paths that exist, and owners for each", () => {
    const rules = read(".github/CODEOWNERS")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(/\s+/));
    for (const [path = "", ...owners] of rules) {
      expect(path === "*" || existsSync(join(ROOT, path)), path).toBe(true);
      expect(owners.length, path).toBeGreaterThan(0);
      for (const owner of owners) expect(owner).toMatch(/^@[\w-]+\/[\w-]+$/);
    }
  });

  test("renovate.json names packages that the project has", () => {
    const manifest = z
      .looseObject({
        dependencies: z.record(z.string(), z.string()),
        devDependencies: z.record(z.string(), z.string()),
      })
      .parse(JSON.parse(read("package.json")));
    const packages = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    const { packageRules } = z
      .looseObject({ packageRules: z.array(z.looseObject({ matchPackageNames: z.array(z.string()) })) })
      .parse(JSON.parse(read("renovate.json")));
    const unknown = packageRules
      .flatMap((rule) => rule.matchPackageNames)
      .filter(
        (name) => !packages.some((own) => own === name || (name.endsWith("/**") && own.startsWith(name.slice(0, -2)))),
      );
    expect(unknown).toEqual([]);
  });
});
