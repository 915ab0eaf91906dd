import { type Command, CommanderError } from "commander";
import { printable } from "../shared/domain/printable.ts";
import { explain, UserError } from "./errors.ts";
import { onPlace, type Place } from "./on-place.ts";

/**
 * Runs a command line and sets the exit code: 0 for success, 2 for a wrong command line, otherwise the code of the
 * failure. A failure is one sentence on stderr; REFERENDUM_DEBUG=1 adds the stack trace.
 *
 * @param program the commands
 * @param argv the command line; default: this process's
 */
export async function run(program: Command, argv: readonly string[] = process.argv): Promise<void> {
  // A process may run several command lines, as tests do.
  process.stdout.off("error", endWithReader).on("error", endWithReader);
  // Commander has already printed the message about a wrong argument.
  const output = { writeErr: (text: string) => void process.stderr.write(printable(text)) };
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput(output).showHelpAfterError("(--help says more)");
  }
  let place: Place = {};
  program.hook("preAction", (_program, action) => {
    place = action.opts();
  });
  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError)) process.stderr.write(`${printable(onPlace(explain(error), place))}\n`);
    if (process.env["REFERENDUM_DEBUG"] !== undefined && error instanceof Error) console.error(error.stack);
  }
}

/** A reader may close the pipe early (`… | head`). That is not a failure of the command. */
function endWithReader(error: NodeJS.ErrnoException): never {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
  throw error;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UserError ? error.exitCode : 1;
}
