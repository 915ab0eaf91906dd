import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import { readRoll } from "../../operations/roll/file/read.ts";
import type { RollFile } from "../../operations/roll/file/source.ts";
import * as rolls from "../../shared/messages/operators/rolls.ts";
import type { OperatorsApi } from "./client.ts";

/** The operators' API, as making and checking codes needs it. */
export type CodeDoor = Pick<OperatorsApi, "look">;

/** The codes of a roll file that a law does not take. */
export interface CheckedCodes {
  /** False: the law takes any code. */
  readonly isChecked: boolean;
  /** The lines of codes that it does not take. */
  readonly refused: ReadonlySet<number>;
}

/**
 * Checks the codes of a roll file by the rule of a law. Only the stage can: the key of checks stays there. Codes travel
 * without their voters.
 *
 * @param door the API
 * @param lawId the law
 * @param file the file
 * @param options interruption
 * @throws Refusal when there is no such law, or the file as a whole cannot be read
 */
export async function checkCodesOf(
  door: CodeDoor,
  lawId: string,
  file: RollFile,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CheckedCodes> {
  const refused = new Set<number>();
  let isChecked = true;
  let waiting: { readonly line: number; readonly code: string }[] = [];
  const flush = async () => {
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const codes = batch.map(({ code }) => code).join(";");
    const answer = await door.look(rolls.checkCodes, { law_id: lawId, codes }, { signal });
    isChecked = answer.checked;
    for (const position of answer.refused) refused.add(batch[position]?.line ?? 0);
  };
  for await (const lines of readRoll(file, ANY_CODE)) {
    signal?.throwIfAborted();
    for (const line of lines) {
      if (line.kind !== "voter") continue;
      waiting.push(line.voter);
      if (waiting.length === rolls.MOST_CODES) await flush();
      if (!isChecked) return { isChecked, refused };
    }
  }
  await flush();
  return { isChecked, refused };
}

/**
 * Finds out how to make codes that a law takes.
 *
 * @param door the API
 * @param lawId the law
 * @returns a function that lets the stage make codes with their checks; undefined when the law takes any code
 * @throws Refusal when there is no such law
 */
export async function codeMaker(
  door: CodeDoor,
  lawId: string,
): Promise<((count: number) => Promise<readonly string[]>) | undefined> {
  const ask = (count: number) => door.look(rolls.makeCodes, { law_id: lawId, count });
  if ((await ask(1)).codes === null) return undefined;
  return async (count) => {
    const made: string[] = [];
    while (made.length < count) {
      const { codes } = await ask(Math.min(rolls.MOST_CODES, count - made.length));
      made.push(...(codes ?? "").split(";"));
    }
    return made;
  };
}
