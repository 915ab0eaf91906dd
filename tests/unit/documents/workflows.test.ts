import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "./pages.ts";

const workflow = z.looseObject({
  defaults: z.looseObject({ run: z.looseObject({ shell: z.string().optional() }) }).optional(),
  jobs: z.record(
    z.string(),
    z.looseObject({
      steps: z.array(
        z.looseObject({ name: z.string().optional(), run: z.string().optional(), shell: z.string().optional() }),
      ),
    }),
  ),
});

/**
 * Names of steps with a pipe whose first command may fail unseen. GitHub sets `pipefail` where a workflow asks for
 * `shell: bash`, and does not where it names no shell (GitHub Docs, "Workflow syntax", `jobs.<job_id>.steps[*].shell`).
 */
function unseenFailures(text: string): string[] {
  const { defaults, jobs } = workflow.parse(parse(text));
  return Object.values(jobs)
    .flatMap(({ steps }) => steps)
    .filter(({ run = "", shell = defaults?.run.shell }) => {
      const hasPipe = /[^|]\|[^|]/.test(run.replaceAll(/'[^']*'|"[^"]*"/g, ""));
      return hasPipe && shell !== "bash" && !/set -\S*o pipefail/.test(run);
    })
    .map(({ name = "a step without a name" }) => name);
}

describe("a step of a workflow fails if a command before a pipe fails", () => {
  test.each(globSync(".github/workflows/*.yml", { cwd: ROOT }))("%s", (path) => {
    expect(unseenFailures(readFileSync(join(ROOT, path), "utf8"))).toEqual([]);
  });

  test("and one that does not is found", () => {
    const of = (step: string) => `jobs:\n  a:\n    steps:\n      - name: x\n        ${step}`;
    expect(unseenFailures(of("run: one 2>&1 | tee y"))).toEqual(["x"]);
    expect(unseenFailures(of("run: one 2>&1 | tee y\n        shell: bash"))).toEqual([]);
    expect(unseenFailures(of(`run: one || two '|' three`))).toEqual([]);
  });
});
