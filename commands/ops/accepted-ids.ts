import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { decodeText } from "../../operations/roll/file/encoding.ts";
import { openRoll } from "../../operations/roll/file/source.ts";
import { parseRequestId } from "../../shared/domain/request-id.ts";
import { ACCEPTED_PER_CALL } from "../../shared/messages/operators/ledger.ts";
import { UserError } from "../../terminal/errors.ts";

/**
 * Reads a list of request ids: one per line, or the first column of a CSV file with its heading. An error does not
 * repeat a line that is not a request id, because a roll file may have been named by mistake.
 *
 * @param file its path, or - for standard input
 * @yields the ids, in groups of as many as one call takes
 * @throws UserError when there is no such file, or it has no id, or it has something other than ids
 */
export async function* acceptedIds(file: string): AsyncGenerator<readonly string[]> {
  const list = await openRoll(file === "-" ? process.stdin : file);
  let [chunk, line, total]: [string[], number, number] = [[], 0, 0];
  let rest = "";
  for await (const piece of decodeText(list.bytes(), list.name)) {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const text of lines) {
      take(text);
      if (chunk.length === ACCEPTED_PER_CALL) yield next();
    }
  }
  take(rest);
  if (chunk.length > 0) yield next();
  if (total === 0) throw new UserError(`There is no request id in ${list.name}.`);

  function take(text: string): void {
    line++;
    const [field = ""] = text.replace(/^\ufeff/, "").split(/[,;\t]/);
    const id = field.trim().replace(/^"(.*)"$/, "$1");
    if (id === "" || id === "request_id") return;
    if (parseRequestId(id) === undefined) {
      throw new UserError(`Line ${line} of ${list.name} does not begin with a request id: is it the right file?`);
    }
    chunk.push(id);
    total++;
  }

  function next(): string[] {
    const full = chunk;
    chunk = [];
    return full;
  }
}

/** Fails at once if a file cannot be read, and not after minutes of work. */
export function refuseUnreadable(file: string): void {
  if (file === "-") return;
  if (!existsSync(file)) throw new UserError(`There is no file ${file}.`);
  if (!statSync(file).isFile()) throw new UserError(`${file} is not a file.`);
}

/** Fails at once if a file cannot be written, and not after minutes of work. */
export function refuseUnwritable(file: string): void {
  const folder = dirname(file);
  if (!existsSync(folder)) throw new UserError(`There is no folder ${folder}; make it first.`);
}
