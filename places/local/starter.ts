import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PROJECT_ROOT } from "../../infra/bundles.ts";
import { makeTemporaryDirectory } from "../../machine/temporary-directory.ts";
import { explain, UserError } from "../../terminal/errors.ts";
import { type LocalDescription, localDescription } from "../stack-description.ts";
import type { StartOptions } from "./supervisor.ts";

const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 60_000;
const KEPT_LOG_LINES = 200;

/** Differences from an empty stack on free ports. */
export interface StarterOptions extends Partial<Pick<StartOptions, "fresh" | "port" | "queue" | "sample">> {
  /**
   * A data directory to start on, which is kept. Absent: a temporary one, which is removed when the stack has stopped.
   */
  readonly dataDir?: string | undefined;
  /** Settings that replace the stage's, for example `{ api: { throttleRate: 20 } }`. */
  readonly settings?: object | undefined;
  /** Variables that are added to the environment of its processes. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The release that is started: a folder with its sources. Default: this one. */
  readonly root?: string | undefined;
}

/** A local stack that this process has started. */
export interface StartedStack {
  readonly description: LocalDescription;
  /** The supervisor. */
  readonly process: ChildProcess;
  /** The last lines that it wrote to stderr. */
  recentLog(): string;
  /** Stops it, waits until it is gone, and removes a temporary data directory. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a local stack and waits until it takes votes. The stack ends when this process ends, for whatever reason.
 *
 * @param options differences from the default
 * @throws UserError with the stack's last lines when it is not ready within two minutes
 */
export async function startStack(options: StarterOptions = {}): Promise<StartedStack> {
  const { settings, environment, root = PROJECT_ROOT, dataDir: kept, ...rest } = options;
  const dataDir = kept ?? (await makeTemporaryDirectory("stack"));
  const startOptions = { ...rest, dataDir, settings: JSON.stringify(settings ?? {}) };
  const child = spawn(process.execPath, [join(root, "places/local/main.ts"), JSON.stringify(startOptions)], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Outside of the terminal's process group: Ctrl-C is for the command, which stops its stack at its end.
    detached: true,
  });
  const log: string[] = [];
  keepLines(child.stderr, log);
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    await endProcess(child, signal);
    if (kept === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const description = await firstDescription(child);
    return { description, process: child, recentLog: () => log.join("\n"), stop };
  } catch (error) {
    await stop();
    throw new UserError(`The local stack did not start: ${explain(error)}. Its last lines:\n${log.join("\n")}`);
  }
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

/**
 * Waits for the line of JSON that a stack prints when it takes votes.
 *
 * @param child a process whose standard output is piped here
 * @throws Error when it ends before, or is not ready within two minutes
 */
export async function firstDescription(child: ChildProcess): Promise<LocalDescription> {
  const { stdout } = child;
  if (stdout === null) throw new Error("it has no standard output");
  const deadline = AbortSignal.timeout(START_DEADLINE_MS);
  const ended = once(child, "exit", { signal: deadline }).then(([code, signal]) => {
    throw new Error(`it ended with ${signal ?? `code ${code}`}`);
  });
  const ready = (async () => {
    for await (const line of createInterface({ input: stdout, signal: deadline })) {
      if (line.startsWith("{")) return localDescription.parse(JSON.parse(line));
    }
    return await ended;
  })();
  try {
    return await Promise.race([ready, ended]);
  } catch (error) {
    if (deadline.aborted) throw new Error(`it was not ready after ${START_DEADLINE_MS / 1000} s`);
    throw error;
  } finally {
    ready.catch(() => undefined);
    ended.catch(() => undefined);
    stdout.resume();
  }
}

function keepLines(stream: NodeJS.ReadableStream | null, kept: string[]): void {
  if (stream === null) return;
  createInterface({ input: stream }).on("line", (line) => {
    kept.push(line);
    if (kept.length > KEPT_LOG_LINES) kept.shift();
  });
}
