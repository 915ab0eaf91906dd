import { constants } from "node:os";
import { SingleBar } from "cli-progress";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import { STAGE_NAMES, type StageName } from "../infra/stages.ts";
import { printable } from "./printable.ts";
import { onStopSignals } from "./stop-signals.ts";

/** A failure that the person at the keyboard can do something about: one clear sentence, no stack trace. */
export class UserError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "UserError";
    this.exitCode = exitCode;
  }
}

/** What every command takes. */
export interface CommonOptions {
  readonly stage?: StageName;
  readonly data?: string;
  readonly json?: boolean;
}

/**
 * Adds the options that every command takes: which stage, which data directory, and JSON instead of text.
 *
 * @param command the command
 */
export function withCommonOptions(command: Command): Command {
  return command
    .option("--stage <stage>", `${STAGE_NAMES.join(", ")} (default: the local stack that is running)`, parseStage)
    .option("--data <directory>", "data directory of the local stack (default: REFERENDUM_DATA or .local)")
    .option("--json", "prints one line of JSON on standard output");
}

function parseStage(text: string): StageName {
  const stage = STAGE_NAMES.find((name) => name === text);
  if (stage === undefined) throw new InvalidArgumentError(`use one of ${STAGE_NAMES.join(", ")}.`);
  return stage;
}

/**
 * Reads a whole number from the command line.
 *
 * @param lowest the smallest that is taken
 * @param highest the largest that is taken
 * @returns a parser for commander
 */
export function wholeNumberOption(lowest: number, highest = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll(/[_ ,]/g, ""));
    if (!/^[0-9_ ,]+$/.test(text) || !Number.isSafeInteger(value) || value < lowest || value > highest) {
      const range = highest === Number.MAX_SAFE_INTEGER ? `of at least ${lowest}` : `from ${lowest} to ${highest}`;
      throw new InvalidArgumentError(`use a whole number ${range}.`);
    }
    return value;
  };
}

/**
 * Collects an option that may be given several times.
 *
 * @param value the value just read
 * @param before the values before it
 */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/**
 * Runs a command line and sets the exit code: 0, 2 for a wrong command line, else that of the failure. Failures are one
 * sentence on stderr; REFERENDUM_DEBUG=1 adds the stack trace.
 *
 * @param program the commands
 * @param argv the command line; default: this process's
 */
export async function run(program: Command, argv: readonly string[] = process.argv): Promise<void> {
  // A reader that has seen enough (`… | head`) is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    throw error;
  });
  // What is wrong with an argument is said in its own words.
  const output = { writeErr: (text: string) => void process.stderr.write(printable(text)) };
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput(output).showHelpAfterError("(--help says more)");
  }
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError)) process.stderr.write(`${printable(explain(error))}\n`);
    if (process.env["REFERENDUM_DEBUG"] !== undefined && error instanceof Error) console.error(error.stack);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UserError ? error.exitCode : 1;
}

/** Network errors that mean: the other side is not there. */
const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EHOSTUNREACH",
  "EPIPE",
  "57P01",
  "57P03",
]);

/**
 * Says in a sentence what went wrong.
 *
 * @param error anything thrown
 */
export function explain(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return explain(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UserError) return error.message;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  if ((code !== undefined && AWAY.has(code)) || /max retries per request|connection is closed/i.test(error.message)) {
    return `A service of the stack does not answer (${error.message}); npm run doctor says which.`;
  }
  if (code === "42P01") return `The database has no schema yet (${error.message}); restart the stack or run migrate.`;
  if (code === "28P01" || code === "28000")
    return `PostgreSQL refused the login (${error.message}); check DATABASE_URL.`;
  if (error.name === "AbortError") return "Interrupted.";
  if (/credentials/i.test(error.name)) return `There are no usable AWS credentials (${error.message}).`;
  return error.message === "" ? `${error.name}${code === undefined ? "" : ` (${code})`}` : error.message;
}

/** A figure that grows while the user waits. */
export interface Progress {
  /** @param value how much is done so far */
  update(value: number): void;
  stop(): void;
}

/** Work that takes less than this shows no bar. */
const PATIENCE_MS = 2_000;
/** Without a terminal, a line this often. */
const LINE_EVERY_MS = 10_000;

/**
 * Shows progress on stderr once the work takes longer than two seconds: a bar on a terminal, else a line now and then.
 *
 * @param what what is counted, for example `voters`
 * @param total how many there will be; undefined when that is not known
 */
export function progress(what: string, total?: number): Progress {
  const startedMs = Date.now();
  let bar: SingleBar | undefined;
  let lineDueMs = startedMs + LINE_EVERY_MS;
  const rate = (value: number) => Math.round(value / Math.max(0.001, (Date.now() - startedMs) / 1000));
  const ofTotal = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
  return {
    update(value) {
      const now = Date.now();
      if (now - startedMs < PATIENCE_MS) return;
      if (process.stderr.isTTY) {
        const format =
          total === undefined
            ? `{value} ${what}, {speed}/s`
            : `{bar} {percentage} % {value}/{total} ${what}, {speed}/s, {eta_formatted} left`;
        if (bar === undefined) {
          bar = new SingleBar({
            format,
            stream: process.stderr,
            hideCursor: true,
            clearOnComplete: true,
            etaBuffer: 50,
          });
          bar.start(total ?? 0, value, { speed: rate(value) });
        } else bar.update(value, { speed: rate(value) });
      } else if (now >= lineDueMs) {
        lineDueMs = now + LINE_EVERY_MS;
        process.stderr.write(`${value.toLocaleString("en")}${ofTotal} ${what}, ${rate(value)}/s\n`);
      }
    },
    stop() {
      bar?.stop();
    },
  };
}

/**
 * Prints a result: one line of JSON with `--json`, else text. No control character of what is stored reaches the terminal.
 *
 * @param options the command's options
 * @param result what `--json` prints
 * @param text the same in words
 */
export function print(options: CommonOptions, result: unknown, text: () => string): void {
  const shown = options.json === true ? JSON.stringify(snakeCased(result)) : text();
  process.stdout.write(`${printable(shown)}\n`);
}

/** JSON of this system has names like the API's. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [snakeCase(name), snakeCased(field)]));
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * A signal that fires on Ctrl-C or SIGTERM, so that work can end in order. A second Ctrl-C ends the process at once.
 *
 * @returns the signal, and a function that stops listening
 */
export function interruptible(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const release = onStopSignals((name, insisted) => {
    const exitCode = 128 + constants.signals[name];
    if (insisted) process.exit(exitCode);
    process.stderr.write("\nStopping in order; once more to stop at once.\n");
    controller.abort(new UserError("Interrupted.", exitCode));
  });
  return { signal: controller.signal, release };
}
