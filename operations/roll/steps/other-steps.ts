import type { z } from "zod";
import type * as rolls from "../../../shared/messages/operators/rolls.ts";
import { existingLaws, refuseUnknownLaws } from "../../laws/existing-laws.ts";
import type { Servers } from "../../servers.ts";
import { REBUILD } from "../change.ts";
import { countRolls, rolledLaws } from "../count.ts";
import { checkedCodes } from "../credentials.ts";
import { checkKeyOf, codeRule } from "../file/code-rule.ts";
import { loadMark } from "./load-steps.ts";
import { type StepContext, withStepRight, workAnswer } from "./step-ports.ts";

type Stop = z.output<typeof rolls.stopRollWork.request>;
type Stopped = z.output<typeof rolls.stopRollWork.result>["laws"];
type CountCursor = z.output<typeof rolls.countRolls.cursor>;

/**
 * Notes that nobody goes on with a load or rebuild. The rolls stay incomplete, and their votes wait.
 *
 * @param context the step
 * @param request the laws, and the file of the load
 * @returns the act that began the work, if there is such work
 */
export async function stopWork(
  { servers, rolls }: StepContext,
  { laws: lawIds, sha256 }: Stop,
): Promise<string | undefined> {
  const laws = await existingLaws(servers, lawIds);
  const keys = sha256 === undefined ? undefined : await servers.keys();
  const ports = rolls();
  // With the right to change the rolls: a step that is still under way has then ended.
  return withStepRight(ports, laws, async () => {
    let run: string | undefined;
    for (const law of laws) {
      const mark = sha256 === undefined || keys === undefined ? REBUILD : loadMark(sha256, law, keys);
      run = (await ports.work.stop(law.lawId, mark)) ?? run;
    }
    return run;
  });
}

/**
 * The unfinished work on the rolls of laws.
 *
 * @param context the step
 * @param lawIds the laws
 */
export async function unfinishedOf({ rolls }: StepContext, lawIds: readonly string[]): Promise<Stopped> {
  const { marks } = rolls();
  const found: Stopped = [];
  for (const lawId of lawIds)
    found.push({ law_id: lawId, unfinished: (await marks.unfinished(lawId)).map(workAnswer) });
  return found;
}

/**
 * Counts rolls until the step should end.
 *
 * @param context the step
 * @param wanted which laws; default: every law, and every roll without one
 * @param cursor where the step before ended
 * @throws Refusal when one of them is neither a law nor has a roll
 */
export async function countStep(
  { servers, deadline, clock }: StepContext,
  wanted: readonly string[] | undefined,
  cursor: CountCursor | undefined,
): Promise<CountCursor> {
  if (cursor === undefined && wanted !== undefined) await refuseUnknownLaws(servers, wanted);
  const left = [...(cursor?.left ?? new Set(wanted ?? (await rolledLaws(servers))))];
  const counted = [...(cursor?.counted ?? [])];
  do {
    const lawId = left.shift();
    if (lawId === undefined) break;
    for (const { unfinished, ...count } of await countRolls(servers, [lawId])) {
      counted.push({ ...count, unfinished: unfinished.map(workAnswer) });
    }
  } while (clock.now() < deadline);
  return { left, counted };
}

/**
 * Finds the codes that a law does not take.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param codes `code;code;…`
 * @returns whether it takes only codes of this stage, and the positions of those that it does not take, from 0
 */
export async function checkCodes(
  servers: Servers,
  lawId: string,
  codes: string,
): Promise<z.output<typeof rolls.checkCodes.result>> {
  const laws = await existingLaws(servers, [lawId]);
  const rule = codeRule(laws, await servers.keys());
  const refused = codes.split(";").flatMap((code, index) => (rule(code) === undefined ? [index] : []));
  return { checked: laws[0]?.codes === "checked", refused };
}

/**
 * Makes codes with the check that a law asks for.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param count how many
 * @returns undefined when the law takes any code
 */
export async function codesOf(servers: Servers, lawId: string, count: number): Promise<string[] | undefined> {
  const [law] = await existingLaws(servers, [lawId]);
  const key = law && checkKeyOf(law, await servers.keys());
  return key === undefined ? undefined : checkedCodes(count, key);
}
