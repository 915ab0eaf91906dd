import type { RollChangeKind } from "../../shared/domain/roll-row.ts";
import { changeRoll, findVoter, prepareRollChange } from "../../shared/messages/operators/roll-changes.ts";
import { perform, workOnRolls } from "./door.ts";
import type { OperatorCommand } from "./history.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/**
 * Adds a voter of the history to every sealed roll, gives the voter's person the voter's code in the place of another
 * one, or strikes the person off.
 *
 * @param world the servers
 * @param process the operator
 * @param kind what to do
 * @param command which voter
 */
export async function changeRolls(
  world: World,
  process: Process,
  kind: RollChangeKind,
  { voter: index = 0 }: OperatorCommand,
): Promise<void> {
  const voter = world.history.voters[index % world.history.voters.length];
  if (voter === undefined) return;
  workOnRolls(world, process);
  const voters = kind === "strike" ? `1,${voter.nas}` : `1,${voter.nas},${voter.code}`;
  for (const { lawId: law_id } of world.laws) {
    const { draft } = await perform(world, process, prepareRollChange, { law_id, kind, voters });
    await perform(world, process, changeRoll, { law_id, kind, draft, voters: 1 });
  }
}

/**
 * Looks for a voter of the history on every sealed roll.
 *
 * @param world the servers
 * @param process the operator
 * @param command which voter
 */
export async function findOnRolls(
  world: World,
  process: Process,
  { voter: index = 0 }: OperatorCommand,
): Promise<void> {
  const voter = world.history.voters[index % world.history.voters.length];
  if (voter === undefined) return;
  const voters = `1,${voter.nas}`;
  for (const { lawId: law_id } of world.laws) {
    const { draft } = await perform(world, process, prepareRollChange, { law_id, kind: "find", voters });
    await perform(world, process, findVoter, { law_id, draft });
  }
}
