import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { STAGE_NAMES } from "../infra/stages.ts";
import type { TargetAddress } from "./target.ts";

const processId = z.number().int();

/**
 * A running stack as commands and tests need to know it: where its services answer and what it deployed. The local stack
 * writes it to `<data>/stack.json` and prints it (`npm start -- --json`); for LocalStack it is read from there.
 */
export const stackDescription = z.object({
  stage: z.enum(STAGE_NAMES),
  api_url: z.url(),
  credentials_file: z.string(),
  /** The sample law; empty where there is none. */
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

/** What only a local stack can say of itself: its processes and where its data are. */
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

/** As little of it as says which process runs a stack, whatever release wrote it. */
const supervised = z.looseObject({ pids: z.looseObject({ supervisor: processId.positive() }) });

/** The file of a data directory that says what runs on it. It is removed when the stack stops. */
export const STACK_FILE = "stack.json";

/**
 * Reads what runs on a data directory.
 *
 * @param directory the data directory
 * @returns undefined when no stack says that it runs there. One that was killed may still say so: look at its supervisor
 */
export function readLocalDescription(directory: string): LocalDescription | undefined {
  return localDescription.safeParse(readStackFile(directory)).data;
}

/**
 * The supervisor of the stack that runs on a data directory, by its own word; a stack of another release says it too.
 *
 * @param directory the data directory
 * @returns its process id; undefined when no stack says that it runs there
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
    return undefined; // Half written by a stack that died.
  }
}

/**
 * How commands and tests reach a stack whose AWS services are emulated.
 *
 * @param stack what it says of itself
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
