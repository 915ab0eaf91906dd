import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { vi } from "vitest";
import { run } from "../../../terminal/run.ts";
import { type OperatorsServer, startOperatorsServer } from "./operators-server.ts";
import { startTestTarget, type TestTarget } from "./test-target.ts";

/** How a command ended. */
export interface Typed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Commands that are typed in this process, at a stack that they take for a local one that runs. */
export interface CommandLine {
  readonly stack: TestTarget;
  readonly door: OperatorsServer;
  /** The options that name the stack. */
  readonly here: readonly string[];
  /** The path of a file in the stack's data directory. */
  path(name: string): string;
  stop(): Promise<void>;
}

/** Starts the stores and the operators' API, and describes them as a local stack does. */
export async function startCommandLine(): Promise<CommandLine> {
  const stack = await startTestTarget();
  const door = await startOperatorsServer(stack.target);
  const { address } = stack.target;
  const file = {
    api_url: address.apiUrl,
    credentials_file: address.credentialsFile,
    postgres_url: address.postgres.connectionString,
    redis_url: address.redis.url,
    sqs_endpoint: address.endpoints?.sqs,
    dynamodb_endpoint: address.endpoints?.dynamoDb,
    lambda_endpoint: address.endpoints?.lambda,
    secretsmanager_endpoint: address.endpoints?.secretsManager,
    region: address.region,
    outputs: { ...address.outputs, OperatorsApiUrl: door.url },
    stage: "local",
    law_id: "",
    pids: { supervisor: process.pid },
    data_dir: address.dataDir,
  };
  const path = (name: string) => join(stack.directory, name);
  writeFileSync(path("stack.json"), JSON.stringify(file));
  const stop = async () => {
    await door.stop();
    await stack.stop();
  };
  return { stack, door, here: ["--data", stack.directory], path, stop };
}

/**
 * Runs a command in this process.
 *
 * @param make its program
 * @param args what is typed after its name
 */
export async function type(make: () => Command, ...args: readonly string[]): Promise<Typed> {
  let [out, err] = ["", ""];
  const capture = (add: (text: string) => void) => (text: string | Uint8Array) => {
    add(String(text));
    return true;
  };
  vi.spyOn(process.stdout, "write").mockImplementation(capture((text) => (out += text)));
  vi.spyOn(process.stderr, "write").mockImplementation(capture((text) => (err += text)));
  process.exitCode = undefined;
  await run(make(), ["node", "command", ...args]);
  const code = Number(process.exitCode ?? 0);
  vi.restoreAllMocks();
  process.exitCode = undefined;
  return { code, out, err };
}
