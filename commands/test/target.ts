import { z } from "zod";
import { askLocalStack } from "../../places/localstack/access.ts";
import { DEFAULT_ENDPOINT } from "../../places/localstack/settings.ts";
import { readState, stateDirectory } from "../../places/localstack/state.ts";

/**
 * Where the integration suite runs. This file is the only place that decides it.
 *
 * - `TARGET=local`: a local stack that the tests start themselves (the default)
 * - `TARGET=localstack`, or `AWS_ENDPOINT_URL` set, or LocalStack answering at 127.0.0.1:4566: the stack deployed there
 * - `TARGET=aws`: the stage `STAGE` (default dev) of the AWS account whose credentials are in the environment
 */
export type TestTarget =
  | { kind: "local" }
  | { kind: "localstack"; endpoint: string }
  | { kind: "aws"; stage: "dev" | "prod" };

const targetName = z.enum(["local", "localstack", "aws"]).optional();
const stageName = z.enum(["dev", "prod"]).default("dev");

/**
 * Finds out where the integration suite has to run.
 * @param env the environment to read TARGET, AWS_ENDPOINT_URL and STAGE from
 * @throws {Error} when TARGET is unknown, or when it names a LocalStack that does not answer
 */
export async function findTestTarget(env: NodeJS.ProcessEnv = process.env): Promise<TestTarget> {
  const wanted = targetName.safeParse(env.TARGET || undefined);
  if (!wanted.success) throw new Error(`TARGET is "${env.TARGET}"; use "local", "localstack" or "aws".`);
  if (wanted.data === "local") return { kind: "local" };
  if (wanted.data === "aws") {
    const stage = stageName.safeParse(env.STAGE || undefined);
    if (!stage.success) throw new Error(`STAGE is "${env.STAGE}"; use "dev" or "prod".`);
    return { kind: "aws", stage: stage.data };
  }
  const started = wanted.data === "localstack" ? readState(stateDirectory())?.endpoint : undefined;
  const endpoint = env.AWS_ENDPOINT_URL || started || DEFAULT_ENDPOINT;
  if ((await askLocalStack(endpoint)) !== undefined) return { kind: "localstack", endpoint };
  if (wanted.data === "localstack" || env.AWS_ENDPOINT_URL) {
    throw new Error(
      `LocalStack does not answer at ${endpoint}. Start it (npm run localstack -- up, or ` +
        "docker compose -f docker-compose.localstack.yml up -d --wait), or set TARGET=local.",
    );
  }
  return { kind: "local" };
}

/**
 * Says where the suite runs, for the first and the last lines of a run.
 * @param target where
 */
export function describeTestTarget(target: TestTarget): string {
  if (target.kind === "local") return "a local stack";
  if (target.kind === "localstack") return `LocalStack at ${target.endpoint}`;
  return `the stage ${target.stage} in AWS`;
}
