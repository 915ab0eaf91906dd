import { resolve } from "node:path";
import type { StageName } from "../infra/stages.ts";
import { processExists } from "../machine/processes.ts";
import { explain, UserError } from "../terminal/errors.ts";
import { accountAddress } from "./aws.ts";
import { askLocalStack } from "./localstack/access.ts";
import { describeLocalStack } from "./localstack/describe.ts";
import { DEFAULT_ENDPOINT } from "./localstack/settings.ts";
import { composeState, readState, stateDirectory } from "./localstack/state.ts";
import { addressOf, readLocalDescription } from "./stack-description.ts";
import { ignoreUsersServers } from "./stack-environment.ts";
import { Target, type TargetAddress } from "./target.ts";

export interface FindOptions {
  readonly stage?: StageName | undefined;
  readonly data?: string | undefined;
  /**
   * Whether the API of a local stack must answer (default). `npm run doctor` also examines a stack whose API is down.
   */
  readonly askApi?: boolean;
  /** The AWS region of the stage; default: that of the environment, or of the stage's settings. */
  readonly region?: string | undefined;
  /** The profile of the AWS configuration; default: AWS's usual ways to log in. */
  readonly profile?: string | undefined;
}

const NOTHING_RUNS = "No local stack is running; start one with `npm start`";
const API_TIMEOUT_MS = 5_000;

/**
 * The data directory that commands use.
 *
 * @param data the value of `--data`
 */
export function dataDirectory(data?: string): string {
  return resolve(data ?? (process.env["REFERENDUM_DATA"] || ".local"));
}

/**
 * Finds a running stack.
 *
 * @param options which stage (default: local) and which data directory
 * @throws UserError saying in one sentence why there is none and what to do
 */
export async function findTarget(options: FindOptions = {}): Promise<Target> {
  if (options.stage !== undefined && options.stage !== "local")
    return new Target(await deployed(options.stage, options));
  const directory = dataDirectory(options.data);
  const stack = readLocalDescription(directory);
  const where = options.data === undefined ? "" : ` with --data ${options.data}`;
  if (stack === undefined) throw new UserError(`${NOTHING_RUNS}${where}.`);
  if (!processExists(stack.pids.supervisor)) {
    throw new UserError(`${NOTHING_RUNS}${where} (the one of ${directory} has ended without stopping in order).`);
  }
  ignoreUsersServers();
  if (options.askApi === false) return new Target(addressOf(stack));
  try {
    await fetch(new URL("api/v1/health", withSlash(stack.api_url)), { signal: AbortSignal.timeout(API_TIMEOUT_MS) });
  } catch (error) {
    throw new UserError(
      `The local stack runs (process ${stack.pids.supervisor}) but its API at ${stack.api_url} does not answer ` +
        `(${explain(error)}); npm run doctor says more.`,
    );
  }
  return new Target(addressOf(stack));
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

/** The stages that CloudFormation knows: LocalStack, and those of an AWS account. */
function deployed(stage: Exclude<StageName, "local">, options: FindOptions): Promise<TargetAddress> {
  return stage === "localstack" ? onLocalStack(options) : accountAddress(stage, dataDirectory(options.data), options);
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** The stack of `npm run localstack`, or another LocalStack with the addresses in DATABASE_URL and REDIS_URL. */
async function onLocalStack(options: FindOptions): Promise<TargetAddress> {
  const directory = stateDirectory(options.data);
  const state = readState(directory) ?? composeState(process.env["AWS_ENDPOINT_URL"] || DEFAULT_ENDPOINT, "answering");
  if ((await askLocalStack(state.endpoint)) === undefined) {
    throw new UserError(`LocalStack does not answer at ${state.endpoint}; start it with npm run localstack -- deploy.`);
  }
  const stack = await describeLocalStack(state, directory);
  return addressOf(stack);
}
