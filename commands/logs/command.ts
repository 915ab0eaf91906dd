import { join } from "node:path";
import { Command, Option } from "commander";
import { dataDirectory } from "../../places/find-target.ts";
import { printable } from "../../shared/domain/printable.ts";
import { UserError } from "../../terminal/errors.ts";
import { wholeNumberOption } from "../../terminal/options.ts";
import { type Entry, entryJson, entryText, inOrder, readEntry } from "./entry.ts";
import { followLog, logEnd, logNames, wholeLog } from "./files.ts";

/** Logs of services. They are shown only when they are named, so that they do not hide the functions' lines. */
const SERVICES = ["redis", "postgres", "dynamodb", "front"];
const DEBUG_HINT =
  'Lines that name a request are written at the level DEBUG only: npm start -- --settings \'{"logLevel":"DEBUG"}\'.';

interface Options {
  readonly data?: string;
  readonly follow?: boolean;
  readonly lines: number;
  readonly request?: string;
  readonly metrics?: boolean;
  readonly raw?: boolean;
  readonly json?: boolean;
}

/** `npm run logs -- [name] [--follow]`: the logs of the local stack's functions and services. */
export function logsCommand(): Command {
  return new Command("npm run logs --")
    .description(
      "Prints the functions' logs, in order: time, level, function and message. With a name it prints the log of one " +
        "function, or of a service (redis, postgres, dynamodb, front).",
    )
    .argument("[name]", "a function or a service; default: every function")
    .option("--data <directory>", "data directory of the local stack (default: REFERENDUM_DATA or .local)")
    .option("-f, --follow", "keeps printing new lines until Ctrl-C")
    .option(
      "-n, --lines <number>",
      "how many lines of each log, counted from its end",
      wholeNumberOption(0, 100_000),
      50,
    )
    .option("--request <id>", "only the lines of one submission, from all stages (written at the level DEBUG)")
    .option("--metrics", "also the lines of metrics")
    .addOption(
      new Option("--raw", "lines as they were written, including those of metrics").conflicts(["json", "request"]),
    )
    .option("--json", "one line of JSON per line, on standard output")
    .action((name: string | undefined, options: Options) => show(name, options));
}

function show(name: string | undefined, options: Options): void {
  const directory = join(dataDirectory(options.data), "logs");
  const all = logNames(directory);
  if (all.length === 0)
    throw new UserError(`There are no logs in ${directory}; a local stack (npm start) writes them.`);
  if (name !== undefined && !all.includes(name))
    throw new UserError(`There is no log ${name}; there are ${all.join(", ")}.`);
  const shown = name === undefined ? all.filter((log) => !SERVICES.includes(log)) : [name];
  const width = Math.max(...shown.map((log) => log.length));
  const print = (entry: Entry) => process.stdout.write(`${lineOf(entry, width, options)}\n`);
  const wanted = filterOf(options);

  const ends = new Map<string, number>();
  const logs = shown.map((log) => {
    const keep = (line: string) => wanted(readEntry(log, line));
    // All of a submission's lines are wanted, however long ago they were written.
    const end = logEnd(directory, log, keep, options.request === undefined ? options.lines : 0);
    ends.set(log, end.at);
    const lines = options.request === undefined ? end.lines : wholeLog(directory, log).filter(keep);
    return lines.map((line) => readEntry(log, line));
  });
  for (const entry of inOrder(logs)) print(entry);
  if (options.follow === true) {
    for (const log of shown) {
      followLog(directory, log, ends.get(log) ?? 0, (lines) => {
        for (const entry of lines.map((line) => readEntry(log, line)).filter(wanted)) print(entry);
      });
    }
  } else if (options.request !== undefined && logs.every((lines) => lines.length === 0)) {
    throw new UserError(`No line of ${shown.join(", ")} names ${options.request}. ${DEBUG_HINT}`);
  }
}

function filterOf({ request, metrics, raw }: Options): (entry: Entry) => boolean {
  return ({ kind, fields }) => {
    if (request !== undefined) return fields["request_id"] === request;
    return kind !== "metrics" || metrics === true || raw === true;
  };
}

function lineOf(entry: Entry, width: number, { raw, json }: Options): string {
  if (json === true) return printable(JSON.stringify(entryJson(entry)));
  if (raw === true) return printable(`${entry.source.padEnd(width)} | ${entry.raw}`);
  return entryText(entry, width);
}
