import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { ROOT } from "./pages.ts";

const manifest = z
  .looseObject({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")));

/** The npm scripts by name. */
export const SCRIPTS: Readonly<Record<string, string>> = manifest.scripts;

/**
 * The commander program behind `bin/<name>.ts`, which is a door of a few lines: it imports one function and calls it.
 *
 * @throws Error when the door does not look like that
 */
export async function programOf(name: string): Promise<Command> {
  const door = readFileSync(join(ROOT, "bin", `${name}.ts`), "utf8");
  const [, factory, module] =
    /import \{ (\w+Command) \} from "\.\.\/(commands\/[^"]+)"/.exec(door) ??
    /const \{ (\w+Command) \} = await import\("\.\.\/(commands\/[^"]+)"\)/.exec(door) ??
    [];
  if (factory === undefined || module === undefined) throw new Error(`bin/${name}.ts imports no command`);
  const exported: Readonly<Record<string, unknown>> = await import(join(ROOT, module));
  const make = exported[factory];
  const program: unknown = typeof make === "function" ? make() : undefined;
  if (!(program instanceof Command)) throw new Error(`${factory} of ${module} makes no commander program`);
  return program;
}

/** An npm command as somebody would type it: the script, and what is passed on to its program. */
export interface NpmCommand {
  readonly script: string;
  readonly args: readonly string[];
}

/**
 * The npm commands of this project in a line of shell.
 *
 * @param line a line, which may have several commands, comments and other programs in it
 */
export function npmCommands(line: string): NpmCommand[] {
  return splitCommands(line).flatMap((words) => {
    const at = words.findIndex((word) => !/^\w+=/.test(word));
    if (words[at] !== "npm") return [];
    const rest = words.slice(at + 1);
    const cut = rest.indexOf("--");
    const own = (cut === -1 ? rest : rest.slice(0, cut)).filter((word) => !word.startsWith("-"));
    const [verb = "", script = ""] = own;
    const name = verb === "run" ? script : verb;
    if (verb !== "run" && verb !== "start" && verb !== "test") return [];
    return [{ script: name, args: cut === -1 ? own.slice(verb === "run" ? 2 : 1) : rest.slice(cut + 1) }];
  });
}

/** Words of each command of a line, without quotes; `&&`, `;` and `|` separate commands and `#` begins a comment. */
export function splitCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"';|&#]|(?<=\S)#)+|&&|[;|&]|#.*$/g)) {
    if (word.startsWith("#")) break;
    if (/^(?:&&|[;|&])$/.test(word)) commands.push([]);
    else commands.at(-1)?.push(word.replaceAll(/["']/g, ""));
  }
  return commands;
}

/**
 * What is wrong with a command line, or undefined: an unknown subcommand, an unknown option, an option without the
 * value that it needs, an option that is missing, a subcommand that does not come first. An ellipsis stands for
 * something that the reader puts in.
 */
export function complaint(program: Command, args: readonly string[]): string | undefined {
  const [first = "…", ...others] = args;
  const named = program.commands.find((command) => command.name() === first);
  if (named !== undefined) return complaint(named, others);
  const subcommands = subcommandsOf(program);
  if (subcommands.length > 0 && !isPlaceholder(first) && !first.startsWith("-")) {
    return `"${first}" is no subcommand of ${program.name()}`;
  }
  const hidden = others.find((word) => subcommands.includes(word));
  if (hidden !== undefined) return `${hidden} must come first`;
  // A program that names its subcommands may have a default one, whose options are typed without its name.
  const options = [program, ...program.commands].flatMap((command) => command.options);
  for (let at = 0; at < args.length; at++) {
    const [flag = "", inline] = (args[at] ?? "").split("=", 2);
    if (!/^--?[a-z]/.test(flag) || flag === "--help" || flag === "-h") continue;
    const option = options.find(({ long, short }) => long === flag || short === flag);
    if (option === undefined) return `${program.name()} has no option ${flag}`;
    if (option.required && inline === undefined && ++at >= args.length) return `${flag} needs a value`;
    const value = inline ?? args[at] ?? "";
    if (option.argChoices !== undefined && !option.argChoices.includes(value)) return `${flag} cannot be ${value}`;
  }
  return missingOption(program, args);
}

/**
 * An option without which the program does nothing. A line that names only the subcommand, or ends with an ellipsis,
 * leaves its options to the reader.
 */
function missingOption(program: Command, args: readonly string[]): string | undefined {
  if (args.length === 0 || args.some(isPlaceholder) || args.includes("--help")) return undefined;
  const has = (flag: string) => args.some((word) => word === flag || word.startsWith(`${flag}=`));
  const absent = program.options.find(({ long, mandatory }) => mandatory && long != null && !has(long));
  if (absent !== undefined) return `${program.name()} needs ${absent.long}`;
  // What `laws add` asks for when it runs: either of two ways to say what voters are asked.
  const isAddLaw = program.name() === "add" && program.parent?.name().includes("laws") === true;
  if (!isAddLaw || has("--title") || (has("--title-fr") && has("--title-en"))) return undefined;
  return "add needs --title, or --title-fr and --title-en";
}

function isPlaceholder(word: string): boolean {
  return /^…$|^\[/.test(word);
}

/** Names of the subcommands of a program, without the built-in help. */
export function subcommandsOf(program: Command): string[] {
  return program.commands.map((command) => command.name()).filter((name) => name !== "help");
}
