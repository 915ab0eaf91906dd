import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";

const ROOT = resolve(import.meta.dirname, "../..");
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 45_000;
const KEPT_LOG_LINES = 200;

/** Folders of test stacks; the number after it is the process that owns it (`npm run clean` removes the dead ones'). */
export const TEST_STACK_PREFIX = "referendum-test-";

/** What `npm start -- --json` prints: the part that tests rely on, the rest is kept. */
export const stackDescription = z.looseObject({
  api_url: z.url(),
  credentials_file: z.string(),
  law_id: z.string(),
  postgres_url: z.string(),
  redis_url: z.string(),
  sqs_endpoint: z.string(),
  dynamodb_endpoint: z.string(),
  outputs: z.record(z.string(), z.string()),
  data_dir: z.string(),
});
export type StackDescription = z.infer<typeof stackDescription>;

/** How a test's stack differs from `npm start`. */
export interface StackOptions {
  /** Settings that replace the stage's, for example `{ api: { throttleRate: 20 } }`. */
  settings?: Record<string, unknown>;
  /** A data directory to start on again; without one, a new temporary one that is removed on stop. */
  dataDir?: string;
  /** The release that is started: a folder with its sources. Default: this one. */
  root?: string;
  /** More arguments for bin/local.ts. */
  args?: string[];
}

/** A stack that a test started. */
export interface RunningStack {
  description: StackDescription;
  process: ChildProcess;
  /** The last lines it wrote to stderr, for a failure's message. */
  recentLog(): string;
  /** Stops it with SIGTERM (or a signal of choice), waits until it is gone and removes its temporary directory. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts the whole system as `npm start` does, on free ports. The stack ends with the process that started it, even
 * when that is killed: it watches the channel that connects both.
 * @throws {Error} with the stack's last log lines when it is not ready within two minutes
 */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), `${TEST_STACK_PREFIX}${process.pid}-`)));
  const root = options.root ?? ROOT;
  const args = [join(root, "bin/local.ts"), "--json", "--port", "0", "--data", dataDir];
  if (options.settings) args.push("--settings", JSON.stringify(options.settings));
  const child = spawn(join(ROOT, "node_modules/node/bin/node"), [...args, ...(options.args ?? [])], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log: string[] = [];
  const exited = once(child, "exit");
  if (child.stderr) keepLines(child.stderr, log);

  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    }
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const description = await firstDescription(child, exited);
    return { description, process: child, recentLog: () => log.join("\n"), stop };
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The test stack did not start: ${reason}\nIts last lines:\n${log.join("\n")}`);
  }
}

/**
 * Waits for the line of JSON that a stack prints when it is ready.
 * @param exited resolves when the process has ended
 * @throws {Error} when it ends before, or is not ready within two minutes
 */
export async function firstDescription(child: ChildProcess, exited: Promise<unknown[]>): Promise<StackDescription> {
  if (!child.stdout) throw new Error("it has no standard output");
  const lines = createInterface({ input: child.stdout });
  const ready = (async () => {
    for await (const line of lines) {
      if (line.startsWith("{")) return stackDescription.parse(JSON.parse(line));
    }
    throw new Error("it ended without its line of JSON");
  })();
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      ready,
      exited.then(([code, signal]) => {
        throw new Error(`it exited with ${signal ?? `code ${code}`}`);
      }),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not ready after ${START_TIMEOUT_MS / 1000} s`)), START_TIMEOUT_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    child.stdout.resume();
  }
}

function keepLines(stream: NodeJS.ReadableStream, kept: string[]): void {
  createInterface({ input: stream }).on("line", (line) => {
    kept.push(line);
    if (kept.length > KEPT_LOG_LINES) kept.shift();
  });
}
