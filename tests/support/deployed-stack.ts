import { existsSync } from "node:fs";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { runProgram } from "../../machine/programs.ts";
import { withTarget } from "../../places/find-target.ts";
import { deploy } from "../../places/localstack/deploy.ts";
import { describeLocalStack } from "../../places/localstack/describe.ts";
import { readState, stateDirectory } from "../../places/localstack/state.ts";
import { down, up } from "../../places/localstack/up.ts";
import { SAMPLE_VOTERS } from "../../places/sample-credentials.ts";
import type { StackDescription } from "../../places/stack-description.ts";

/** A stack that tests use and that is not a local one. */
export interface DeployedStack {
  readonly description: StackDescription;
  /** Stops everything that was started for this run. */
  stop(): Promise<void>;
}

/**
 * The stack on LocalStack, which is deployed now unless it is current.
 * @throws {Error} naming what did not start or which resource failed
 */
export async function stackOnLocalStack(): Promise<DeployedStack> {
  const directory = stateDirectory();
  const before = readState(directory);
  const running = await up({ directory });
  const { state } = await deploy({ directory, state: running });
  const description = await describeLocalStack(state, directory);
  await withTarget({ stage: "localstack" }, async ({ laws }) => {
    if ((await laws.list()).some(({ lawId }) => lawId === description.law_id)) return;
    await command("laws", "add", description.law_id, "--title", "The sample law", "--stage", "localstack");
    await command("voters", "load", "--sample", "--law", description.law_id, "--stage", "localstack");
    const sealed = ["seal", description.law_id, "--expect", String(SAMPLE_VOTERS)];
    await command("voters", ...sealed, "--stage", "localstack");
  });
  return {
    description,
    async stop() {
      if (before === undefined) await down(directory);
    },
  };
}

/** Runs a command as a person would type it. */
async function command(name: string, ...args: string[]): Promise<void> {
  const { code, tail } = await runProgram(process.execPath, [join(PROJECT_ROOT, "bin", `${name}.ts`), ...args]);
  if (code !== 0) throw new Error(`npm run ${name} -- ${args.join(" ")} failed: ${tail.join(" ")}`);
}

/**
 * The stack of a stage in an AWS account. Its PostgreSQL and Redis are reachable only within its VPC: DATABASE_URL and
 * REDIS_URL name them through forwarded ports (docs/targets.md).
 * @param stage which one
 */
export async function stackOnAws(stage: "dev" | "prod"): Promise<DeployedStack> {
  const { DATABASE_URL, REDIS_URL } = process.env;
  if (!DATABASE_URL || !REDIS_URL) {
    throw new Error(
      "TARGET=aws needs DATABASE_URL and REDIS_URL, which name the VPC's servers through port forwarding.",
    );
  }
  return await withTarget({ stage }, async ({ address }) => {
    const service = (name: string) => `https://${name}.${address.region}.amazonaws.com`;
    const description: StackDescription = {
      api_url: address.apiUrl,
      credentials_file: existsSync(address.credentialsFile) ? address.credentialsFile : "",
      law_id: "",
      postgres_url: DATABASE_URL,
      redis_url: REDIS_URL,
      sqs_endpoint: service("sqs"),
      dynamodb_endpoint: service("dynamodb"),
      lambda_endpoint: service("lambda"),
      secretsmanager_endpoint: service("secretsmanager"),
      outputs: { ...address.outputs },
      data_dir: address.dataDir,
      stage,
      region: address.region,
    };
    return { description, stop: async () => undefined };
  });
}
