import { existsSync, statSync } from "node:fs";
import type { RollSource } from "../../operations/roll/file/source.ts";
import { UserError } from "../../terminal/errors.ts";

/**
 * The source of a roll that a person named.
 *
 * @param file its path, or - for standard input
 * @throws UserError when there is no such file
 */
export function rollSource(file: string): RollSource {
  if (file === "-") return process.stdin;
  if (!existsSync(file)) throw new UserError(`There is no file ${file}.`);
  if (!statSync(file).isFile()) throw new UserError(`${file} is not a file.`);
  return file;
}
