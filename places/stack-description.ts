import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { TargetAddress } from "./target.ts";

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
