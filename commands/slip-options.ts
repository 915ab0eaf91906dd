import type { Command } from "commander";

/** Options of commands that do what cannot be undone. */
export interface SlipOptions {
  readonly yes?: true;
}

/**
 * Adds `--yes`.
 *
 * @param command a command that asks before it acts
 */
export function withYes(command: Command): Command {
  return command.option("--yes", "does it without asking, for scripts");
}

/**
 * A number with its noun.
 *
 * @param count how many
 * @param noun the noun for one
 * @param plural the noun for any other number
 */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}
