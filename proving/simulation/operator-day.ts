import { countFirstLaw } from "./counting.ts";
import { addFirstLaw } from "./draft.ts";
import type { OperatorCommand } from "./history.ts";
import { closeFirstLaw, openFirstLaw, reopenFirstLaw, setAllFrozen } from "./law-window.ts";
import { disable, loadAndSeal, rebuild, redriveAll, sealAll, settleAll } from "./operator.ts";
import { restore } from "./restoring.ts";
import { changeRolls, findOnRolls } from "./roll-change.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

type Run = (world: World, process: Process, command: OperatorCommand) => Promise<unknown>;

const RUN: Readonly<Record<OperatorCommand["command"], Run>> = {
  load: (world, process, { abortsAfter }) => loadAndSeal(world, process, abortsAfter),
  rebuild: (world, process, { abortsAfter }) => rebuild(world, process, abortsAfter),
  redrive: (world, process, { abortsAfter }) => redriveAll(world, process, abortsAfter),
  settle: (world, process, { abortsAfter }) => settleAll(world, process, abortsAfter),
  disable,
  draft: addFirstLaw,
  seal: (world, process, { abortsAfter }) => sealAll(world, process, abortsAfter),
  open: openFirstLaw,
  close: closeFirstLaw,
  reopen: reopenFirstLaw,
  count: (world, process, { abortsAfter }) => countFirstLaw(world, process, abortsAfter),
  freeze: (world, process) => setAllFrozen(world, process, true),
  unfreeze: (world, process) => setAllFrozen(world, process, false),
  restore,
  find: findOnRolls,
  add: (world, process, command) => changeRolls(world, process, "add", command),
  replace: (world, process, command) => changeRolls(world, process, "replace", command),
  strike: (world, process, command) => changeRolls(world, process, "strike", command),
};

/**
 * Runs the commands of a history, each at its time. The operator sees when one fails, and runs it again later or not.
 */
export function startOperator(world: World): void {
  for (const command of world.history.commands) {
    void world.scheduler
      .spawn(`operator: ${command.command}`, async (process) => {
        // A restore begins at the point in time to which PostgreSQL will be set back.
        await process.sleep(command.atMs - (command.agoMs ?? 0));
        await RUN[command.command](world, process, command);
      })
      .catch(() => undefined);
  }
}
