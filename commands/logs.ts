import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, watchFile } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { dataDirectory } from "../places/find-target.ts";
import { printable } from "../shared/domain/printable.ts";
import { UserError } from "../terminal/errors.ts";
import { wholeNumberOption } from "../terminal/options.ts";

/** Written by services, and shown only when asked for by name, so that they do not hide what the functions say. */
const SERVICES = ["redis", "postgres", "dynamodb", "front"];
const LOOK_EVERY_MS = 300;
const TAIL_BYTES = 256 * 1024;

interface Options {
  readonly data?: string;
  readonly follow?: boolean;
  readonly lines: number;
}

/** `npm run logs -- [name] [--follow]`: what the functions and services of the local stack wrote. */
export function logsCommand(): Command {
  return new Command("npm run logs --")
    .description(
      "Prints the logs of all functions, of one function, or of a service (redis, postgres, dynamodb, front).",
    )
    .argument("[name]", "a function or a service; default: every function")
    .option("--data <directory>", "data directory of the local stack (default: REFERENDUM_DATA or .local)")
    .option("-f, --follow", "keeps printing new lines until Ctrl-C")
    .option("-n, --lines <number>", "how many lines of each log", wholeNumberOption(0, 100_000), 50)
    .action((name: string | undefined, options: Options) => show(name, options));
}

function show(name: string | undefined, options: Options): void {
  const directory = join(dataDirectory(options.data), "logs");
  const all = existsSync(directory)
    ? readdirSync(directory)
        .filter((file) => file.endsWith(".log"))
        .map((file) => file.slice(0, -4))
    : [];
  if (all.length === 0)
    throw new UserError(`There are no logs in ${directory}; a local stack (npm start) writes them.`);
  if (name !== undefined && !all.includes(name))
    throw new UserError(`There is no log ${name}; there are ${all.join(", ")}.`);
  const shown = name === undefined ? all.filter((log) => !SERVICES.includes(log)) : [name];
  const width = Math.max(...shown.map((log) => log.length));
  for (const log of shown) {
    const path = join(directory, `${log}.log`);
    const prefix = name === undefined ? `${log.padEnd(width)} | ` : "";
    let at = printEnd(path, options.lines, prefix);
    if (options.follow !== true) continue;
    watchFile(path, { interval: LOOK_EVERY_MS }, ({ size }) => {
      // A log that was truncated is read from its start.
      if (size < at) at = 0;
      const text = read(path, at, size);
      const end = text.lastIndexOf("\n") + 1;
      at += Buffer.byteLength(text.slice(0, end));
      for (const line of text.slice(0, end).split("\n").slice(0, -1))
        process.stdout.write(`${prefix}${printable(line)}\n`);
    });
  }
}

/** Prints the last lines; gives where the file ended. */
function printEnd(path: string, lines: number, prefix: string): number {
  const { size } = statSync(path);
  const text = read(path, Math.max(0, size - TAIL_BYTES), size);
  const shown = text.split("\n").filter((line) => line !== "");
  for (const line of lines === 0 ? [] : shown.slice(-lines)) process.stdout.write(`${prefix}${printable(line)}\n`);
  return size;
}

function read(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  const fd = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, from)).toString("utf8");
  } finally {
    closeSync(fd);
  }
}
