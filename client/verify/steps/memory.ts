import { equal } from "../bytes/text.ts";
import type { Remembered } from "../files/remembered.ts";
import { isNoteOf } from "../log/note.ts";
import type { Context } from "./context.ts";
import type { Walked } from "./walk.ts";

/**
 * Compares the log with what somebody has seen of it before (2.05).
 *
 * @param context key and report
 * @param remembered what was seen; those of other keys are no part of this check
 * @param walked the log
 * @returns those that the log contradicts
 */
export async function checkMemory(
  { report, key }: Context,
  remembered: readonly Remembered[],
  { size, roots }: Walked,
): Promise<Remembered[]> {
  const contradicted: Remembered[] = [];
  for (const one of remembered) {
    const { checkpoint } = one;
    if (!(await isNoteOf(checkpoint.note, key))) continue;
    const root = roots.get(checkpoint.size);
    if (root !== undefined && equal(root, checkpoint.root)) continue;
    contradicted.push(one);
    if (checkpoint.size > size) report.fail("2.05", { code: "rolled_back", size, remembered: checkpoint.size });
    else report.fail("2.05", { code: "forked", size: checkpoint.size });
  }
  report.ran("2.05");
  return contradicted;
}
