import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { UserError } from "../cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const STOP_DEADLINE_MS = 60_000;

/** A local stack of a load run's own. */
export interface OwnStack {
  readonly dataDir: string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/**
 * Starts a local stack on free ports with a data directory of its own. It ends with this process, whatever ends that.
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
  const args = ["--json", "--port", "0", "--data", dataDir, "--queue", queue, "--no-sample"];
  const child = spawn(process.execPath, [join(ROOT, "bin/local.ts"), ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // Out of the terminal's process group: Ctrl-C is for the load run, which stops its stack when it has ended.
    detached: true,
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = `${said}${text}`.slice(-4_000);
  });
  const exited = once(child, "exit");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
      await exited;
      clearTimeout(timer);
    }
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const ready = (async () => {
    if (child.stdout === null) return false;
    for await (const line of createInterface({ input: child.stdout })) if (line.startsWith("{")) return true;
    return false;
  })();
  if (await ready) {
    child.stdout?.resume();
    return { dataDir, stop };
  }
  await stop();
  throw new UserError(`The local stack did not start: ${said.trim()}`);
}
