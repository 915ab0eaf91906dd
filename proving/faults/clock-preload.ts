/**
 * Loaded before everything else into each Node process of a stack (`--import`): its clock runs as many milliseconds
 * ahead as a file says, and follows when the file changes. Timers do not notice, as with a real clock that is set.
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

// A function's process is given the template's environment and nothing else, so this is handed on by hand.
const { fork } = childProcess;
childProcess.fork = ((path: string, args: readonly string[], options: childProcess.ForkOptions) =>
  fork(path, args, {
    ...options,
    execArgv: [...(options.execArgv ?? []), "--import", import.meta.url],
    env: { ...(options.env ?? process.env), [CLOCK_FILE]: file },
  })) as typeof fork;
syncBuiltinESMExports();
