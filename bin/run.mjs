#!/usr/bin/env node
/**
 * The door to every npm script: `node bin/run.mjs <command> [arguments…]`.
 *
 * Plain JavaScript without dependencies, because it has to run on whatever Node (20 or newer) a machine has, before
 * anything is installed. It installs the dependencies when they are missing or no longer those of package-lock.json,
 * then runs `bin/<command>.ts` with the Node 24 that is one of those dependencies: the version Lambda runs.
 * `node bin/run.mjs exec <tool> [arguments…]` does the same for a tool of node_modules/.bin (tsc, biome, cdk).
 *
 * It writes to stderr only, so that what a command prints (`--json`) can be piped.
 */
import { spawn } from "node:child_process";
import { readdirSync, realpathSync } from "node:fs";
import { constants as osConstants } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, filesOf, pathWithTools, say } from "./install.mjs";
import { missingRedis } from "./redis.mjs";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const LOWEST_NODE_MAJOR = 20;
/** @type {NodeJS.Signals[]} */
const FORWARDED_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Commands that exist: one for each `bin/*.ts`.
 * @param {string} root the project's folder
 * @returns {string[]} names in alphabetical order
 */
export function listCommands(root) {
  return readdirSync(join(root, "bin"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => name.slice(0, -3))
    .sort();
}

/**
 * Splits the command line into the command and the arguments that are passed on to it unchanged.
 * @param {string[]} args what follows `run.mjs`
 * @param {string[]} commands what `listCommands` found
 * @returns {{ command: string, rest: string[] } | { tool: string, rest: string[] } | { problem: string }}
 */
export function parseArguments(args, commands) {
  const usage = `Usage: node bin/run.mjs <command> [arguments…]\nCommands: ${commands.join(", ")}, exec <tool>`;
  const [command, ...rest] = args;
  if (command === undefined) return { problem: usage };
  if (command === "--help" || command === "-h") return { problem: usage };
  if (command === "exec") {
    const [tool, ...toolArguments] = rest;
    if (tool === undefined || !/^[a-z][a-z0-9-]*$/.test(tool)) return { problem: usage };
    return { tool, rest: toolArguments };
  }
  if (!commands.includes(command)) return { problem: `There is no command "${command}".\n${usage}` };
  return { command, rest };
}

/**
 * Runs a program until it ends, passing signals on, and ends the same way.
 * @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env
 */
function run(program, args, env) {
  const child = spawn(program, args, {
    stdio: "inherit",
    env: { ...env, PATH: pathWithTools(ROOT, env.PATH) },
  });
  // A terminal sends Ctrl-C to the child as well. The child tells a copy from a second Ctrl-C
  // (terminal/stop-signals.ts).
  for (const signal of FORWARDED_SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    say(
      `${program} could not be started: ${error.message}. Is the name right? If so, delete node_modules and try again.`,
    );
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
      return;
    }
    for (const name of FORWARDED_SIGNALS) process.removeAllListeners(name);
    process.exitCode = 128 + (osConstants.signals[signal] ?? 0);
    process.kill(process.pid, signal);
  });
}

/**
 * Adds this machine to NO_PROXY. With NODE_USE_ENV_PROXY=1, Node would otherwise ask a proxy for the local stack.
 * @param {NodeJS.ProcessEnv} env @returns {NodeJS.ProcessEnv}
 */
export function withoutProxyForLoopback(env) {
  const excepted = [env.no_proxy || env.NO_PROXY, "127.0.0.1", "localhost", "::1"].filter(Boolean).join(",");
  return { ...env, NO_PROXY: excepted, no_proxy: excepted };
}

/**
 * Has Node.js keep what it compiles, so that the next command loads the same sources in half the time; not for `clean`,
 * which would write anew what it has just removed.
 * @param {NodeJS.ProcessEnv} env @param {string | undefined} command @returns {NodeJS.ProcessEnv}
 */
export function withCompileCache(env, command) {
  if (command === "clean") return env;
  return { NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "referendum", "compiled"), ...env };
}

/**
 * Why the project cannot run here, if it cannot.
 * @param {string} root the project's folder
 * @param {string} platform Node's name of the system
 * @param {string | undefined} glibc the version of the C library, if it is the GNU one
 * @returns {string | undefined} one sentence
 */
export function unfit(root, platform, glibc) {
  if (root.includes(delimiter)) {
    return (
      `The project cannot run in ${root}, because "${delimiter}" in a folder's name separates the entries of PATH: ` +
      "move or rename the folder."
    );
  }
  if (platform === "linux" && glibc === undefined) {
    return (
      "This system's C library is not the GNU one (Alpine has musl), and the PostgreSQL and Node.js that npm installs " +
      "need it: use a system such as Debian, Ubuntu or Fedora, or a container of one (node:24-bookworm)."
    );
  }
  return undefined;
}

/** @returns {string | undefined} */
function glibcVersion() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } } | undefined} */ (process.report?.getReport());
  return report?.header?.glibcVersionRuntime;
}

async function main() {
  const parsed = parseArguments(process.argv.slice(2), listCommands(ROOT));
  if ("problem" in parsed) {
    say(parsed.problem);
    process.exitCode = 2;
    return;
  }
  if (Number(process.versions.node.split(".")[0]) < LOWEST_NODE_MAJOR) {
    throw new Error(`Node ${process.versions.node} is too old: install Node.js ${LOWEST_NODE_MAJOR} or newer.`);
  }
  const why = unfit(ROOT, process.platform, glibcVersion());
  if (why !== undefined) throw new Error(why);
  const { command, rest } = "command" in parsed ? parsed : { command: undefined, rest: [] };
  if (command === "local" && !rest.some((one) => one === "--help" || one === "-h")) {
    const machine = { path: process.env.PATH ?? "", isRoot: process.getuid?.() === 0, platform: process.platform };
    const missing = missingRedis(machine);
    if (missing !== undefined) throw new Error(missing);
  }
  await ensureInstalled(ROOT);
  const env = withCompileCache(withoutProxyForLoopback(process.env), command);
  if ("tool" in parsed) run(join(ROOT, "node_modules", ".bin", parsed.tool), parsed.rest, env);
  else run(filesOf(ROOT).node, [join(ROOT, "bin", `${parsed.command}.ts`), ...parsed.rest], env);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
