import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { UserError } from "../../terminal/errors.ts";
import type { startOptions } from "./supervisor.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const MAIN = join(import.meta.dirname, "main.ts");
const STOP_DEADLINE_MS = 60_000;

/** A local stack that a command starts and stops. */
export interface OwnStack {
  readonly dataDir: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a local stack on free ports with a new data directory. The stack ends when this process ends, for whatever
 * reason.
 *
 * @param queue where its queues keep messages
 * @param environment what is added to its environment
 * @throws UserError with its last words when it does not start
 */
export async function startOwnStack(
  queue: "disk" | "memory",
  environment: Readonly<Record<string, string>> = {},
): Promise<OwnStack> {
  const dataDir = await mkdtemp(join(tmpdir(), `referendum-load-${process.pid}-`));
  const remove = () => rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  try {
    const stack = await spawnStack({ dataDir, queue }, environment);
    return {
      dataDir,
      stop: async () => {
        await stack.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A supervisor that this process started. */
export interface StackProcess {
  readonly process: ChildProcess;
  /** Ends it, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a local stack and waits until it takes votes. The stack ends when this process ends, for whatever reason.
 *
 * @param options what to run; its data directory stays
 * @param environment what is added to its environment
 * @throws UserError with its last words when it does not start
 */
export async function spawnStack(
  options: z.input<typeof startOptions>,
  environment: Readonly<Record<string, string>> = {},
): Promise<StackProcess> {
  const child = spawn(process.execPath, [MAIN, JSON.stringify(options)], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Out of the terminal's process group: Ctrl-C is for the command, which stops its stack when it has ended.
    detached: true,
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-4_000);
  });
  const exited = once(child, "exit");
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(timer);
  };
  const ready = (async () => {
    if (child.stdout === null) return false;
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("{")) return true;
    return false;
  })();
  if (await ready) {
    child.stdout?.resume();
    return { process: child, stop };
  }
  await stop();
  throw new UserError(`The local stack did not start: ${said.trim()}`);
}
