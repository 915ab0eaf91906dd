/**
 * A function's execution environment: a process that loads the bundle and takes events from the front
 * (process-pool.ts), which sends one at a time, or several to a function that answers requests. It ends with the front.
 */
import { pathToFileURL } from "node:url";
import { yieldTo } from "../../../machine/processes.ts";
import { type FunctionIdentity, invocationContext } from "./context.ts";
import type { FromFunction, ToFunction } from "./protocol.ts";
import { installSdkDefaults } from "./sdk-defaults.ts";
import type { SqsAnswer } from "./sqs-call.ts";

type Handler = (event: unknown, context: unknown) => unknown;

const calls = new Map<number, (answer: SqsAnswer | undefined) => void>();
let lastCall = 0;
let handler: Handler | undefined;
let identity: FunctionIdentity | undefined;

// Node.js has read it; a function sees what Lambda and its template give it.
delete process.env.NODE_COMPILE_CACHE;
yieldTo(0, Number(process.argv[2] ?? 0));
process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToFunction) => void receive(message));
installSdkDefaults(
  (action, body) =>
    new Promise((resolve) => {
      lastCall += 1;
      calls.set(lastCall, resolve);
      tell({ type: "sqs", call: lastCall, action, body });
    }),
);

async function receive(message: ToFunction): Promise<void> {
  switch (message.type) {
    case "start":
      identity = message.identity;
      try {
        handler = handlerOf(await import(pathToFileURL(message.modulePath).href), message.exportName);
        tell({ type: "ready" });
      } catch (error) {
        console.error(error);
        process.exitCode = 1;
        process.disconnect();
      }
      break;
    case "event":
      await run(message.id, message.event);
      break;
    case "sqs":
      calls.get(message.call)?.(message.answer ?? undefined);
      calls.delete(message.call);
      break;
  }
}

async function run(id: number, event: unknown): Promise<void> {
  if (handler === undefined || identity === undefined) return;
  try {
    const value = (await handler(event, invocationContext(identity, performance.now()))) ?? null;
    tell({ type: "returned", id, value });
  } catch (error) {
    console.error(error);
    const known = error instanceof Error ? error : new Error(String(error));
    tell({ type: "failed", id, errorType: known.name, message: known.message });
  }
}

function tell(message: FromFunction): void {
  if (process.connected) process.send?.(message);
}

function handlerOf(module: Record<string, unknown>, name: string): Handler {
  const found = module[name];
  if (typeof found !== "function") throw new Error(`the bundle exports no function ${name}`);
  return (event, context) => Reflect.apply(found, undefined, [event, context]);
}
