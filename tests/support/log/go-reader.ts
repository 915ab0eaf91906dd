import { spawn } from "node:child_process";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { z } from "zod";
import { runProgram } from "../../../machine/programs.ts";

const SOURCE = join(import.meta.dirname, "go");

/** A reader of logs that is made of Go's packages, or the reason why there is none. */
export type GoReader = { readonly program: string } | { readonly absent: string };

/**
 * Builds the reader. Go keeps what it has built.
 *
 * @param directory where the program goes
 * @throws Error when Go is there with its packages, and cannot build it
 */
export async function goReader(directory: string): Promise<GoReader> {
  // The packages are those that go.sum names, wherever they come from.
  const env = { ...process.env, GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local" };
  const go = (...args: readonly string[]) => runProgram("go", args, { cwd: SOURCE, env });
  if ((await go("version")).code !== 0) return { absent: "there is no Go on PATH" };
  const download = await go("mod", "download");
  if (download.code !== 0) return { absent: `Go could not get its packages: ${download.tail.at(-1)}` };
  const program = join(directory, "readlog");
  const built = await go("build", "-o", program, ".");
  if (built.code !== 0) throw new Error(`Go could not build the reader:\n${built.tail.join("\n")}`);
  return { program };
}

const Found = z.object({
  origin: z.string(),
  size: z.number(),
  root: z.string(),
  entries: z.array(z.string()),
  consistent: z.array(z.number()),
  included: z.number(),
});

/**
 * Lets the reader check a whole log.
 *
 * @param program the reader
 * @param address where the log is
 * @param key its verifier key
 * @returns what it found
 * @throws Error with its words when something is wrong with the log
 */
export async function readByGo(program: string, address: string, key: string): Promise<z.output<typeof Found>> {
  const child = spawn(program, [address, key], { stdio: ["ignore", "pipe", "pipe"] });
  const code = new Promise((resolve, reject) => child.once("close", resolve).once("error", reject));
  const [output, errors] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  if ((await code) !== 0) throw new Error(errors.trim());
  return Found.parse(JSON.parse(output.toString()));
}
