import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { family } from "../../machine/processes.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/**
 * Does something while a process and its children stand still: they exist and hold their connections, and answer
 * nothing.
 *
 * @param pid the process
 * @param work what to do meanwhile
 */
export async function whileStopped(pid: number, work: () => Promise<void>): Promise<void> {
  const pids = family(pid);
  for (const one of pids) process.kill(one, "SIGSTOP");
  try {
    await work();
  } finally {
    for (const one of [...new Set([...pids, ...family(pid)])]) process.kill(one, "SIGCONT");
  }
}

/** The result of a command. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  kill(signal: NodeJS.Signals): void;
  /** The first line that it prints on standard output; rejected when it ends without one. */
  readonly firstLine: Promise<string>;
  readonly ended: Promise<Ended>;
}

/**
 * Runs one of the project's commands as `npm run` does, and waits for its end.
 *
 * @param name the file in bin/
 * @param args its arguments
 * @param input its standard input
 * @param environment what is added to its environment
 */
export function runCommand(
  name: string,
  args: readonly string[],
  input = "",
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return startCommand(name, args, input, environment).ended;
}

/**
 * Starts one of the project's commands as `npm run` does. Its caller ends it.
 *
 * @param name the file in bin/
 * @param args its arguments
 * @param input its standard input
 * @param environment what is added to its environment
 */
export function startCommand(
  name: string,
  args: readonly string[],
  input = "",
  environment: Readonly<Record<string, string>> = {},
): Running {
  const node = join(ROOT, "node_modules/node/bin/node");
  const { FORCE_COLOR: _, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const child = spawn(node, [join(ROOT, `bin/${name}.ts`), ...args], { cwd: ROOT, env, stdio: "pipe" });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      output[stream] += chunk;
    });
  }
  // A command that ends without reading its input is no failure here.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout.on("data", () => {
      const [line, rest] = output.stdout.split("\n", 2);
      if (line !== undefined && rest !== undefined) resolve(line);
    });
    ended.then(({ stderr }) => reject(new Error(`it ended without a line: ${stderr}`)), reject);
  });
  firstLine.catch(() => undefined);
  return { kill: (signal) => void child.kill(signal), firstLine, ended };
}
