import { open, readFile, rm } from "node:fs/promises";
import type { z } from "zod";
import { Refusal } from "../shared/domain/refusal.ts";

/**
 * Reads a file of JSON.
 *
 * @param path where it is
 * @param schema what it must be
 * @param what its name in messages, with its article
 * @throws Refusal when it cannot be read or is something else; the message has nothing of its content
 */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>, what: string): Promise<T> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why =
      error.code === "ENOENT" ? "there is no such file" : `it cannot be read (${error.code ?? error.message})`;
    throw new Refusal(`${path}: ${why}. Name ${what}.`);
  });
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") ?? "";
  const where = field === "" ? "" : ` (field ${field})`;
  throw new Refusal(`${path} is not ${what} of this release, or is damaged${where}. Use another copy of it.`);
}

/** Undefined for what is not JSON: the schema refuses it. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A file to be written: its path and its text. */
export type NewFile = readonly [path: string, text: string];

/**
 * Writes files that do not exist yet, readable by their owner only; all of them or none.
 *
 * @param files the files
 * @throws Refusal when one of them exists
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  const written: string[] = [];
  try {
    for (const [path, text] of files) {
      const file = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? new Refusal(`${path} exists already. Name another place, or move it.`) : error;
      });
      written.push(path);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
    }
  } catch (error) {
    for (const path of written) await rm(path, { force: true });
    throw error;
  }
}

/** JSON for a file that people read. */
export function fileText(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
