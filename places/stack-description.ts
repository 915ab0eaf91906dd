import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { STAGE_NAMES } from "../infra/stages.ts";
import type { TargetAddress } from "./target.ts";

const processId = z.number().int();

/**
 * The facts about a running stack that commands and tests need: the addresses of its services and its outputs. The
 * local stack writes them to `<data>/stack.json` and prints them (`npm start -- --json`). For LocalStack, they are read
 * from LocalStack.
 */
export const stackDescription = z.object({
  stage: z.enum(STAGE_NAMES),
  api_url: z.url(),
  /** The operators' API; absent in a description that an earlier release wrote. */
  operators_url: z.url().optional(),
  credentials_file: z.string(),
  /** The sample law; empty if there is none. */
  law_id: z.string(),
  postgres_url: z.string(),
  redis_url: z.string(),
  sqs_endpoint: z.string(),
  dynamodb_endpoint: z.string(),
  lambda_endpoint: z.string(),
  secretsmanager_endpoint: z.string(),
  region: z.string(),
  /** The outputs of its CloudFormation stacks. */
  outputs: z.record(z.string(), z.string()),
  data_dir: z.string(),
});
export type StackDescription = z.output<typeof stackDescription>;

/** Further facts about a local stack: its processes and its data directory. */
export const localDescription = stackDescription.extend({
  stage: z.literal("local"),
  pids: z.object({
    supervisor: processId.positive(),
    front: processId.optional(),
    redis: processId.optional(),
    postgres: processId.optional(),
    dynamodb: processId.optional(),
    functions: z.record(z.string(), z.array(processId)).default({}),
  }),
  postgres_dir: z.string().optional(),
  queue_storage: z.enum(["disk", "memory"]).default("disk"),
  started_at: z.iso.datetime().optional(),
});
export type LocalDescription = z.output<typeof localDescription>;

/** Only the part that says which process runs a stack, so that files of every release can be read. */
const supervised = z.looseObject({ pids: z.looseObject({ supervisor: processId.positive() }) });

/** The file in a data directory that describes the stack running on it. It is removed when the stack stops. */
export const STACK_FILE = "stack.json";

/**
 * Reads the description of the stack on a data directory.
 *
 * @param directory the data directory
 * @returns undefined when there is none. A killed stack leaves its description, so check its supervisor
 */
export function readLocalDescription(directory: string): LocalDescription | undefined {
  return localDescription.safeParse(readStackFile(directory)).data;
}

/**
 * Reads the supervisor of the stack on a data directory from its description, which may be of another release.
 *
 * @param directory the data directory
 * @returns its process id; undefined when there is no description
 */
export function readSupervisorPid(directory: string): number | undefined {
  return supervised.safeParse(readStackFile(directory)).data?.pids.supervisor;
}

function readStackFile(directory: string): unknown {
  const file = join(directory, STACK_FILE);
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // A stack died while it wrote the file.
  }
}

/**
 * The address of a stack whose AWS services are emulated, for commands and tests.
 *
 * @param stack its description
 */
export function addressOf(stack: StackDescription): TargetAddress {
  return {
    stage: stack.stage,
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
  };
}
