import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { listCommands } from "../../../bin/run.mjs";
import { complaint, npmCommands, programOf, SCRIPTS, splitCommands, subcommandsOf } from "./command-lines.ts";
import { codeSpans, pages, ROOT, shellLines } from "./pages.ts";

const PAGES = pages();
const LINES = PAGES.flatMap(shellLines);
/** Everything that commands import is read once, here: no other file of these tests needs it. */
const PROGRAMS = new Map(
  await Promise.all(listCommands(ROOT).map(async (name) => [name, await programOf(name)] as const)),
);

/** Options of npm, Artillery and the AWS command line that pages name alone. */
const OPTIONS_OF_TOOLS = new Set(["--loglevel", "--target", "--endpoint-url", "--no-deletion-protection"]);

/** A program and all its subcommands. */
function withSubcommands(program: Command): Command[] {
  return [program, ...program.commands.flatMap(withSubcommands)];
}

function programAt(name: string): Command {
  const program = PROGRAMS.get(name);
  if (program === undefined) throw new Error(`There is no bin/${name}.ts`);
  return program;
}

describe("the pages name only", () => {
  test("npm scripts, subcommands and options that exist", () => {
    const typed = LINES.flatMap(({ where, text }) => npmCommands(text).map((command) => ({ where, ...command })));
    const wrong = typed.flatMap(({ where, script, args }) => {
      const line = SCRIPTS[script];
      if (line === undefined) return script.includes("…") ? [] : [`${where}: there is no npm script ${script}`];
      const [name = "", ...own] = line.replace("exec node bin/run.mjs ", "").split(" ");
      const program = PROGRAMS.get(name);
      const problem = program === undefined ? undefined : complaint(program, [...own, ...args]);
      return problem === undefined ? [] : [`${where}: ${problem}`];
    });
    expect(wrong).toEqual([]);
    expect(typed.length).toBeGreaterThan(150);
  });

  test("subcommands and options that exist, also without npm run", () => {
    const named = PAGES.flatMap(codeSpans).flatMap(({ where, text }) => {
      const [name = "", ...args] = splitCommands(text)[0] ?? [];
      const program = PROGRAMS.get(name);
      return program === undefined || args.length === 0 ? [] : [{ where, text, problem: complaint(program, args) }];
    });
    // A sentence names only what it is about.
    const wrong = named.filter(({ problem }) => problem !== undefined && !/ needs /.test(problem));
    expect(wrong).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  test("options that some command has, also beside no command", () => {
    const options = new Set(
      [...PROGRAMS.values()]
        .flatMap(withSubcommands)
        .flatMap((program) => ["--help", ...program.options.map(({ long }) => long)]),
    );
    const named = PAGES.flatMap(codeSpans).flatMap(({ where, text }) => {
      const option = /^--[a-z][a-z-]*/.exec(text)?.[0];
      return option === undefined ? [] : [{ where, option }];
    });
    const unknown = named.filter(({ option }) => !options.has(option) && !OPTIONS_OF_TOOLS.has(option));
    expect(unknown).toEqual([]);
    expect(named.length).toBeGreaterThan(50);
  });

  test("commands of bin/run.mjs that exist, with their options", () => {
    const typed = LINES.flatMap(({ where, text }) => splitCommands(text).map((words) => ({ where, words }))).filter(
      ({ words }) => words[0] === "node" && words[1] === "bin/run.mjs" && words.length > 2,
    );
    for (const { where, words } of typed) {
      const [, , name = "", ...args] = words;
      expect([...PROGRAMS.keys(), "exec", "…"], where).toContain(name);
      if (PROGRAMS.has(name)) expect(complaint(programAt(name), args), where).toBeUndefined();
    }
    expect(typed.length).toBeGreaterThan(0);
  });
});

test("docs/commands.md has every npm script and every subcommand", () => {
  const typed = PAGES.filter(({ path }) => path === "docs/commands.md")
    .flatMap(shellLines)
    .flatMap(({ text }) => npmCommands(text));
  const lines = typed.map(({ script, args }) => `${script} ${args[0] ?? ""}`);
  const missing = Object.keys(SCRIPTS).filter((script) => !typed.some((command) => command.script === script));
  for (const [name, program] of PROGRAMS) {
    if (!(name in SCRIPTS)) continue;
    const absent = subcommandsOf(program).filter((subcommand) => {
      const isDefault = name === "load" && subcommand === "run";
      return !isDefault && !lines.includes(`${name} ${subcommand}`);
    });
    missing.push(...absent.map((subcommand) => `${name} ${subcommand}`));
  }
  expect(missing).toEqual([]);
});

describe("the help of", () => {
  const programs = [...PROGRAMS.values()].flatMap(withSubcommands);

  test("every command lists options and subcommands in 80 columns", () => {
    const long = programs.flatMap((program) =>
      program
        .helpInformation()
        .split("\n")
        .filter((line) => /^ {2}/.test(line) && line.length > 80)
        .map((line) => `${program.name()}: ${line}`),
    );
    expect(long).toEqual([]);
  });

  test("laws change calls no value a default, because what is not named stays", () => {
    const [change] = programAt("laws").commands.filter((command) => command.name() === "change");
    expect(change?.helpInformation()).toContain("--results");
    expect(change?.helpInformation()).not.toMatch(/steps\s+\(default\)|theirs\s+\(default\)/);
  });

  test("voters check says when it exits with 1", () => {
    const [check] = programAt("voters").commands.filter((command) => command.name() === "check");
    let shown = "";
    check?.configureOutput({ writeOut: (text) => (shown += text) }).outputHelp();
    expect(shown).toContain("4 some are not, 1 none is or the file cannot be read");
  });
});

describe("a command's mistake is found", () => {
  test.each([
    ["npm run voters -- lode --file x.csv", "no subcommand"],
    ["npm run voters -- load --flie x.csv", "no option --flie"],
    ["npm run voters -- load --file", "needs a value"],
    ["npm run laws -- --stage dev add L1", "must come first"],
    ["npm run bench -- --part page", "--part cannot be page"],
    ["npm run laws -- add L1 --opens 2026-11-24T08:00:00-05:00", "add needs --title"],
    ["npm run voters -- seal L1", "seal needs --expect"],
  ])("%s", (line, why) => {
    const [command] = npmCommands(line);
    expect(complaint(programAt(command?.script ?? ""), command?.args ?? [])).toContain(why);
  });

  test("in a line of shell with other commands, quotes and a comment", () => {
    expect(npmCommands(`TARGET=aws npm test && npm run laws -- add X --title "A & B" # npm run nothing`)).toEqual([
      { script: "test", args: [] },
      { script: "laws", args: ["add", "X", "--title", "A & B"] },
    ]);
  });
});
