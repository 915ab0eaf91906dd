/** Where a command was told to work, as the options of the command line name it. */
export interface Place {
  readonly stage?: unknown;
  readonly data?: unknown;
}

/** Commands that take a stage, up to the end of their subcommand. */
const OF_STAGE = /npm run (?:laws|voters|ops) -- [a-z-]+|npm run doctor(?! --)/g;
/** Commands of a local stack. */
const OF_DATA = /npm run status(?! --)|npm run logs --/g;

/**
 * Adds the stage or data directory that was typed to the commands in a text, so that they can be typed as they stand.
 *
 * @param text a message that names commands
 * @param place the options that were typed
 */
export function onPlace(text: string, place: Place): string {
  const [stage, data] = [optionOf("stage", place.stage), optionOf("data", place.data)];
  const lines = text.split("\n").map((line) => {
    // Whoever wrote the line has named the place.
    if (/ --(?:stage|data) /.test(line)) return line;
    const staged = line.replace(OF_STAGE, (command) => withOptions(command, `${stage}${data}`));
    return staged.replace(OF_DATA, (command) => withOptions(command, data));
  });
  return lines.join("\n");
}

function withOptions(command: string, options: string): string {
  if (options === "") return command;
  return command.includes(" --") ? `${command}${options}` : `${command} --${options}`;
}

function optionOf(name: string, value: unknown): string {
  if (typeof value !== "string") return "";
  return ` --${name} ${/^[\w./:@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`;
}
