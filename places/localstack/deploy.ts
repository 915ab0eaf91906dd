import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { redisUrlParameters } from "../../infra/parameters.ts";
import { UserError } from "../../terminal/errors.ts";
import { progress } from "../../terminal/progress.ts";
import { cdk, lastWords } from "./cdk.ts";
import { leftovers } from "./leftovers.ts";
import { removePages, uploadPages } from "./pages.ts";
import { ACCOUNT, clientOptions, REGION, STACK_NAME } from "./settings.ts";
import { type LocalStackState, writeState } from "./state.ts";

export interface DeployOptions {
  readonly directory: string;
  readonly state: LocalStackState;
  /** Settings to change, as for `cdk -c settings=…`. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** The result of a deployment. */
export interface Deployed {
  readonly state: LocalStackState;
  /** False if the same application was already deployed. */
  readonly changed: boolean;
}

const SETTLED = /^(CREATE|UPDATE)_COMPLETE$/;

/**
 * Deploys the application to LocalStack and brings the database's schema up to date. Does nothing if the same template
 * with the same functions and addresses is already deployed.
 *
 * @throws UserError naming the resource that failed and why
 */
export async function deploy(options: DeployOptions): Promise<Deployed> {
  const { directory, state } = options;
  const assembly = join(directory, "cdk.out");
  await synthesize(assembly, options);
  const fingerprint = fingerprintOf(assembly, state);
  const there = await describeStack(state.endpoint, STACK_NAME);
  const known = state.deployed;
  if (known !== undefined && there?.id === known.stack_id && SETTLED.test(there.status)) {
    if (known.fingerprint === fingerprint) return { state, changed: false };
  }
  await bootstrap(state.endpoint);
  await deployStack(assembly, state);
  const deployed = await describeStack(state.endpoint, STACK_NAME);
  if (deployed === undefined) throw new UserError(`LocalStack says ${STACK_NAME} is deployed but does not know it.`);
  await migrate(state.endpoint, deployed.outputs["MigrateFunctionName"] ?? "");
  await uploadPages(state.endpoint, deployed.outputs["PagesBucketName"] ?? "", assembly, STACK_NAME);
  const after = { ...state, deployed: { stack_id: deployed.id, fingerprint } };
  writeState(directory, after);
  return { state: after, changed: true };
}

/**
 * Deletes the application from LocalStack.
 *
 * @throws UserError with CDK's last lines when it fails, or naming what is left
 */
export async function destroy(options: DeployOptions): Promise<void> {
  const assembly = join(options.directory, "cdk.out");
  await synthesize(assembly, options);
  const there = await describeStack(options.state.endpoint, STACK_NAME);
  const bucket = there?.outputs["PagesBucketName"];
  if (bucket !== undefined) await removePages(options.state.endpoint, bucket);
  const result = await cdk(options.state.endpoint, ["destroy", STACK_NAME, "--force", "--app", assembly]);
  if (result.code !== 0) throw new UserError(`${STACK_NAME} could not be deleted: ${lastWords(result)}`);
  writeState(options.directory, { ...options.state, deployed: undefined });
  const left = await leftovers("localstack", clientOptions(options.state.endpoint));
  if (left.length > 0) throw new UserError(`${STACK_NAME} is deleted, but these are left: ${left.join(", ")}.`);
}

async function synthesize(assembly: string, options: DeployOptions): Promise<void> {
  const settings = options.settings === undefined ? [] : ["-c", `settings=${JSON.stringify(options.settings)}`];
  const args = ["synth", "--quiet", "--output", assembly, "-c", "stage=localstack", ...settings];
  const result = await cdk(options.state.endpoint, args);
  if (result.code !== 0) throw new UserError(`The stage localstack could not be synthesized: ${lastWords(result)}`);
}

/** The template names the code of its functions by content hash, so it changes with the code as well. */
function fingerprintOf(assembly: string, state: LocalStackState): string {
  const template = readFileSync(join(assembly, `${STACK_NAME}.template.json`));
  const addresses = JSON.stringify([state.functions_redis_urls, state.functions_postgres_url]);
  return createHash("sha256").update(template).update(addresses).digest("hex");
}

async function bootstrap(endpoint: string): Promise<void> {
  const toolkit = await describeStack(endpoint, "CDKToolkit");
  if (toolkit !== undefined && SETTLED.test(toolkit.status)) return;
  process.stderr.write("Preparing LocalStack for CDK (bootstrap).\n");
  const args = ["bootstrap", `aws://${ACCOUNT}/${REGION}`, "-c", "stage=localstack"];
  const result = await cdk(endpoint, args);
  if (result.code !== 0) throw new UserError(`LocalStack could not be prepared for CDK: ${lastWords(result)}`);
}

async function deployStack(assembly: string, state: LocalStackState): Promise<void> {
  process.stderr.write(`Deploying ${STACK_NAME} to ${state.endpoint}.\n`);
  const parameters = [
    ...Object.entries(redisUrlParameters(state.functions_redis_urls)),
    ["DatabaseUrl", state.functions_postgres_url],
  ].flatMap(([name, value]) => ["--parameters", `${STACK_NAME}:${name}=${value}`]);
  let bar: ReturnType<typeof progress> | undefined;
  const onLine = (line: string) => {
    const [, done, total] = /\|\s*(\d+)\/(\d+)\s*\|/.exec(line) ?? [];
    if (done === undefined || total === undefined) return;
    bar ??= progress("resources", Number(total));
    bar.update(Number(done));
  };
  const args = ["deploy", STACK_NAME, "--app", assembly, "--require-approval", "never", "--progress", "events"];
  const result = await cdk(state.endpoint, [...args, ...parameters], { onLine });
  bar?.stop();
  if (result.code === 0) return;
  const reasons = await failures(state.endpoint);
  throw new UserError(`The deployment failed. ${reasons.length > 0 ? reasons.join("; ") : lastWords(result)}`);
}

/** The known facts about a stack. */
export interface StackState {
  readonly id: string;
  readonly status: string;
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Asks LocalStack for a stack.
 *
 * @param endpoint where LocalStack answers
 * @param name the stack's name
 * @param region the stack's region
 * @returns undefined when there is no stack of that name
 */
export async function describeStack(
  endpoint: string,
  name: string,
  region: string = REGION,
): Promise<StackState | undefined> {
  const client = new CloudFormationClient({ ...clientOptions(endpoint), region });
  try {
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
    const stack = Stacks?.[0];
    if (stack === undefined) return undefined;
    const outputs = (stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey ?? "", OutputValue ?? ""]);
    return { id: stack.StackId ?? "", status: stack.StackStatus ?? "", outputs: Object.fromEntries(outputs) };
  } catch (error) {
    if (error instanceof Error && error.name === "ValidationError") return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}

/**
 * The resources that failed in the last attempt, each with its reason.
 *
 * @param endpoint where LocalStack answers
 * @returns one line per resource; none when there is no such stack
 */
export async function failures(endpoint: string): Promise<string[]> {
  const client = new CloudFormationClient(clientOptions(endpoint));
  try {
    const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName: STACK_NAME }));
    const failed = (StackEvents ?? []).filter(
      ({ ResourceStatus, ResourceType }) =>
        ResourceStatus?.endsWith("_FAILED") === true && ResourceType !== "AWS::CloudFormation::Stack",
    );
    const lines = failed.map(
      ({ ResourceType, LogicalResourceId, ResourceStatus, ResourceStatusReason }) =>
        `${ResourceType} ${LogicalResourceId} ${ResourceStatus}: ${ResourceStatusReason ?? "no reason given"}`,
    );
    return [...new Set(lines)];
  } catch {
    return []; // There is no stack: the caller has CDK's message.
  } finally {
    client.destroy();
  }
}

async function migrate(endpoint: string, functionName: string): Promise<void> {
  const client = new LambdaClient(clientOptions(endpoint));
  try {
    const answer = await client.send(new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from("{}") }));
    if (answer.FunctionError === undefined) return;
    const said = Buffer.from(answer.Payload ?? []).toString("utf8");
    throw new UserError(`The database could not be migrated (${functionName}): ${said}`);
  } finally {
    client.destroy();
  }
}
