import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync, watchFile } from "node:fs";
import { join } from "node:path";

const LOOK_EVERY_MS = 300;
const TAIL_BYTES = 256 * 1024;

/** The logs of a directory, by name. @param directory where they are */
export function logNames(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith(".log"))
    .map((file) => file.slice(0, -4));
}

/** All lines of a log, including those that were moved to a second file when the log became too long. */
export function wholeLog(directory: string, name: string): string[] {
  const paths = [`${name}.log.1`, `${name}.log`].map((file) => join(directory, file));
  return paths.filter((path) => existsSync(path)).flatMap((path) => linesOf(readFileSync(path, "utf8")));
}

/**
 * The last lines of a log.
 *
 * @param keep which lines count
 * @param count how many of them
 * @returns the lines, and where the file ended
 */
export function logEnd(
  directory: string,
  name: string,
  keep: (line: string) => boolean,
  count: number,
): { readonly lines: readonly string[]; readonly at: number } {
  const path = join(directory, `${name}.log`);
  const { size } = statSync(path);
  // Reads larger and larger parts from the end, because many lines may not count.
  for (let bytes = TAIL_BYTES; ; bytes *= 8) {
    const from = Math.max(0, size - bytes);
    const lines = linesOf(read(path, from, size))
      .slice(from === 0 ? 0 : 1)
      .filter(keep);
    if (lines.length >= count || from === 0) return { lines: count === 0 ? [] : lines.slice(-count), at: size };
  }
}

/**
 * Reports every line that is added to a log from now on.
 *
 * @param at where it ended when it was read
 * @param onLines told the new lines
 */
export function followLog(
  directory: string,
  name: string,
  at: number,
  onLines: (lines: readonly string[]) => void,
): void {
  const path = join(directory, `${name}.log`);
  let end = at;
  watchFile(path, { interval: LOOK_EVERY_MS }, ({ size }) => {
    // A truncated log is read from its start.
    if (size < end) end = 0;
    const text = read(path, end, size);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    end += Buffer.byteLength(whole);
    onLines(linesOf(whole));
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

function read(path: string, from: number, to: number): string {
  const buffer = Buffer.alloc(Math.max(0, to - from));
  const fd = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, from)).toString("utf8");
  } finally {
    closeSync(fd);
  }
}
