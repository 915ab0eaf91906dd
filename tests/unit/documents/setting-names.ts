import { readFileSync } from "node:fs";
import { join } from "node:path";
import { settingsOf } from "../../../infra/stages.ts";
import { projectFiles, ROOT } from "./pages.ts";

/** Variables that nobody sets by hand, with who sets them. */
const INTERNAL: Readonly<Record<string, string>> = {
  CDK_DEFAULT_ACCOUNT: "the AWS CDK, from the credentials",
  FORCE_COLOR: "npm test, for the programs that it starts in a terminal",
  GITHUB_REPOSITORY: "GitHub Actions",
  GITHUB_SERVER_URL: "GitHub Actions",
  LOAD_ACCEPTED: "npm run load, for its generator",
  LOAD_STATS: "npm run load, for its generator",
  LOCAL_WORKER_ID: "Artillery, for each of its workers",
  NODE_COMPILE_CACHE: "the local stack and vitest.config.ts, for the processes that they start",
  NO_PROXY: "bin/run.mjs; it keeps what is already there",
  PATH: "the system",
  POWERTOOLS_LOG_LEVEL: "bin/simulate.ts, for the handlers in its process",
  POWERTOOLS_METRICS_DISABLED: "bin/bench.ts, for the handlers in its process",
  REFERENDUM_COVERAGE_FLOORS: "npm test, when only some tests run",
  REFERENDUM_MUTANT: "npm run simulate -- --mutants, for a process with a mistake",
  REFERENDUM_TESTS_TOGETHER: "npm test, when every test runs",
};

/** The environment variables of this machine that programs read. Functions get theirs from the template. */
export function variableNames(): Set<string> {
  const programs = projectFiles().filter(
    (file) => /\.(?:ts|mjs)$/.test(file) && !/^(?:functions|shared|examples)\/|\/plugin\/|^tests\/unit\//.test(file),
  );
  const names = programs.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const one = [...text.matchAll(/\bprocess\.env(?:\.|\[")([A-Z][A-Z\d_]+)/g)].map(([, name = ""]) => name);
    const several = [...text.matchAll(/const \{([^}]+)\} = process\.env/g)].flatMap(
      ([, list = ""]) => list.match(/[A-Z][A-Z\d_]+/g) ?? [],
    );
    return [...one, ...several];
  });
  return new Set(names.filter((name) => INTERNAL[name] === undefined));
}

/** Every setting of a stage as a path, optional ones included. */
export function settingNames(): Set<string> {
  const everything = settingsOf("prod", {
    office: { logo: "-" },
    aws: {
      alarms: { emails: ["operators@example.org"] },
      ingestConcurrency: { votingDay: { minimum: 1, start: "-", end: "-" } },
      domain: { name: "-", certificateArn: "-", mutualTlsTruststore: "s3://-" },
      pages: { enabled: false, domain: { name: "-", certificateArn: "arn:aws:acm:us-east-1:-" } },
    },
  });
  const names = (value: unknown, path: string): string[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([name, one]) => names(one, path === "" ? name : `${path}.${name}`))
      : [path.replace(/^functions\.\w+\./, "functions.<name>.")];
  return new Set(names(everything, ""));
}
