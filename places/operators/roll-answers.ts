import type { RollState } from "../../operations/roll/change.ts";
import type { RollWork } from "../../shared/domain/roll.ts";
import type { RollAnswer } from "../../shared/messages/operators/rolls.ts";

/**
 * A roll as commands describe it.
 *
 * @param roll as the operators' API shows it
 */
export function stateOf({ law_id, voters, cached, complete, unfinished }: RollAnswer): RollState {
  return { lawId: law_id, voters, cached, complete, unfinished: unfinished.map(workOf) };
}

/**
 * Unfinished work as commands describe it.
 *
 * @param work as the operators' API shows it
 */
export function workOf({ kind, source_name, lines_done, is_running }: RollAnswer["unfinished"][number]): RollWork {
  return { kind, sourceName: source_name, linesDone: lines_done, isRunning: is_running };
}
