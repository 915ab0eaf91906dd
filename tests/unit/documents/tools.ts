import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createCLI } from "vitest/node";
import { z } from "zod";
import { ROOT } from "./pages.ts";

/** Long options of a subcommand of another tool, or undefined when the tool has no such subcommand. */
type Options = (subcommand: string) => ReadonlySet<string> | undefined;

const cdkOptions = z.record(
  z.string(),
  z.looseObject({ alias: z.union([z.string(), z.array(z.string())]).optional() }),
);
const cdk = z
  .looseObject({
    globalOptions: cdkOptions,
    commands: z.record(z.string(), z.looseObject({ options: cdkOptions.default({}) })),
  })
  .parse(JSON.parse(readFileSync(join(ROOT, "node_modules/aws-cdk/lib/cli/cli-type-registry.json"), "utf8")));

/** The names of oclif's flags in a source file of Artillery, which is too slow to start for its help. */
function artilleryFlags(file: string): string[] {
  const source = readFileSync(join(ROOT, "node_modules/artillery/lib", file), "utf8");
  return [...source.matchAll(/^\s+'?([\w-]+)'?: Flags\./gm)].map(([, name = ""]) => name);
}

const TOOLS: Readonly<Record<string, Options>> = {
  artillery: (subcommand) =>
    existsSync(join(ROOT, "node_modules/artillery/lib/cmds", `${subcommand}.ts`))
      ? new Set(["cli/common-flags.ts", "cmds/run.ts", `cmds/${subcommand}.ts`].flatMap(artilleryFlags))
      : undefined,
  cdk: (subcommand) => {
    const command = cdk.commands[subcommand];
    return command && new Set([...Object.keys(cdk.globalOptions), ...Object.keys(command.options)]);
  },
  // Vitest names some of its options in camel case, and takes both forms.
  vitest: () =>
    new Set(
      createCLI().globalCommand.options.flatMap(({ rawName }) => {
        const [, name] = /--(?:no-)?([\w-]+)/.exec(rawName) ?? [];
        return name === undefined ? [] : [name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)];
      }),
    ),
};

/**
 * What is wrong with a command of another tool, or undefined: a subcommand or a long option that the installed version
 * does not have.
 *
 * @param words the command's words
 * @returns undefined also for a program that is none of these tools
 */
export function toolComplaint(words: readonly string[]): string | undefined {
  const [tool = "", ...args] = words.slice(words.findIndex((word) => word !== "npx" && !/^\w+=/.test(word)));
  const [subcommand = "…"] = args;
  const known = TOOLS[tool];
  if (known === undefined || subcommand === "…") return undefined;
  const options = known(subcommand);
  if (options === undefined) return `${tool} has no ${subcommand}`;
  const unknown = args
    .flatMap((word) => /^--(?:no-)?([\w-]+)/.exec(word)?.[1] ?? [])
    .find((name) => name !== "help" && !options.has(name));
  return unknown === undefined ? undefined : `${tool} ${subcommand} has no option --${unknown}`;
}
