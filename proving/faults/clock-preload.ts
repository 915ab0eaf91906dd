/**
 * Loaded first into each Node process of a stack (`--import`). The clock of the process is ahead by the milliseconds in
 * a file, and follows when the file changes. Timers are not affected, as when a real clock is set.
 */
import childProcess from "node:child_process";
import { readFileSync, watchFile } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { CLOCK_FILE, CLOCK_FOLLOWS_MS } from "./clock.ts";

const file = process.env[CLOCK_FILE] ?? "";
const RealDate = Date;
let aheadMs = readAhead();
watchFile(file, { interval: CLOCK_FOLLOWS_MS, persistent: false }, () => {
  aheadMs = readAhead();
});

function readAhead(): number {
  return Number(readFileSync(file, "utf8"));
}

globalThis.Date = new Proxy(RealDate, {
  construct: (date, given, target) =>
    Reflect.construct(date, given.length === 0 ? [RealDate.now() + aheadMs] : given, target),
  get: (date, name, receiver) => (name === "now" ? () => RealDate.now() + aheadMs : Reflect.get(date, name, receiver)),
});

// A function's process gets only the template's environment, so this variable is added here.
const { fork } = childProcess;
childProcess.fork = ((path: string, args: readonly string[], options: childProcess.ForkOptions) =>
  fork(path, args, {
    ...options,
    execArgv: [...(options.execArgv ?? []), "--import", import.meta.url],
    env: { ...(options.env ?? process.env), [CLOCK_FILE]: file },
  })) as typeof fork;
syncBuiltinESMExports();
