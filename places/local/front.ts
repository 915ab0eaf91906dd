/**
 * The front's process: HTTP front, queues, event source mappings, the ingest function, and the parent of the other
 * functions' processes. The supervisor starts and watches it. When the supervisor dies, the front finishes its work and
 * ends the services as well.
 */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { dataDirOf } from "./data-dir.ts";
import type { FromFront, FrontConfig, ServicePids, ToFront } from "./front-protocol.ts";
import { Stack } from "./stack.ts";

let stack: Stack | undefined;
let pids: ServicePids = {};
let stopping = false;

process.on("message", (message: ToFront) => {
  switch (message.type) {
    case "config":
      start(message.config).catch(fail);
      break;
    case "pids":
      pids = message.pids;
      break;
    case "stop":
      void stop(0);
      break;
  }
});
// The supervisor is gone and cannot stop the services, so this process does it.
process.on("disconnect", () => void stop(0, true));
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void stop(0));

async function start(config: FrontConfig): Promise<void> {
  stack = await Stack.start(
    config,
    (name) => openLog(config, name),
    () => pids,
  );
  tell({ type: "started", outputs: stack.outputs, functions: stack.functionPids() });
}

function openLog(config: FrontConfig, name: string): { fd: number; close(): void } {
  const fd = openSync(join(dataDirOf(config.dataDir).logs, `${name}.log`), "a", 0o600);
  return { fd, close: () => closeSync(fd) };
}

async function stop(code: number, withServices = false): Promise<void> {
  if (stopping) return;
  stopping = true;
  try {
    await stack?.stop();
  } finally {
    if (withServices) {
      for (const [name, pid] of Object.entries(pids)) {
        if (pid !== undefined && pid > 0 && name !== "supervisor")
          endQuietly(pid, name === "postgres" ? "SIGINT" : "SIGTERM");
      }
    }
    process.exit(code);
  }
}

function endQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has already ended.
    console.error(`process ${pid}: ${error instanceof Error ? error.message : error}`);
  }
}

function fail(error: unknown): void {
  console.error(error);
  tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
  void stop(1);
}

function tell(message: FromFront): void {
  if (process.connected) process.send?.(message);
}
