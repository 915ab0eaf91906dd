import type { Archive } from "../../../operations/archive/archive.ts";
import type { Process } from "../scheduler.ts";
import { CALL_FAULTS } from "./sqs.ts";

/**
 * The archive, which no restore of PostgreSQL takes back. A write may arrive although its answer does not.
 *
 * @param process who calls
 * @param texts what it keeps, by name
 */
export function simArchive(process: Process, texts: Map<string, string>): Archive {
  const call = <T>(label: string, effect: () => T) =>
    process.step(`archive: ${label}`, effect, { faults: CALL_FAULTS });
  return {
    put: (name, text, { once = false } = {}) =>
      call(`put ${name.split("/")[0]}`, () => {
        if (once && texts.has(name)) return false;
        texts.set(name, text);
        return true;
      }),
    get: (name) => call("get", () => texts.get(name)),
    has: (name) => call("is it there", () => texts.has(name)),
    names: (prefix, after = "") =>
      call("list", () => [...texts.keys()].filter((name) => name.startsWith(prefix) && name > after).sort()),
    remove: (name) => call("remove", () => void texts.delete(name)),
  };
}
