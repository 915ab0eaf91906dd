import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A program that ended. */
export interface Ended {
  readonly code: number;
  /** Its last lines on stdout and stderr, in the order in which they came. */
  readonly tail: readonly string[];
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Called with every line. */
  readonly onLine?: (line: string) => void;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

const KEPT_LINES = 200;

/**
 * Runs a program to its end.
 *
 * @param program a path, or a name on PATH
 * @param args its arguments
 * @returns how it ended; a program that cannot be started ends with code 127
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Ended> {
  const { onLine, signal, ...rest } = options;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...rest, ...(signal ? { signal } : {}) });
  const tail: string[] = [];
  const keep = (line: string) => {
    tail.push(line);
    if (tail.length > KEPT_LINES) tail.shift();
    onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on("line", keep);
  try {
    const [code] = await once(child, "close");
    return { code: typeof code === "number" ? code : 1, tail };
  } catch (error) {
    signal?.throwIfAborted();
    return { code: 127, tail: [...tail, error instanceof Error ? error.message : String(error)] };
  }
}
