import { Command } from "commander";
import { collect } from "../../terminal/options.ts";
import { withCommonOptions } from "../common-options.ts";
import { EXIT_PENDING } from "../proposed.ts";
import { openingCommands } from "./bring-opening.ts";
import { concludeCommands } from "./conclude.ts";
import { destructionCommands } from "./destroy.ts";
import { drainCommand } from "./drain.ts";
import { exportBoxCommand } from "./export-box.ts";
import { freezeCommands } from "./freeze.ts";
import { journalCommand } from "./journal.ts";
import { proposalCommands } from "./proposals.ts";
import { rebuildRollCommand } from "./rebuild-roll.ts";
import { reconcile } from "./reconcile.ts";
import { redriveCommand } from "./redrive.ts";
import { restoreActsCommand } from "./restore-acts.ts";
import { restoreLogCommand } from "./restore-log.ts";
import { restoreReceiptsCommand } from "./restore-receipts.ts";
import { setAsideCommand } from "./set-aside.ts";
import { settleCommand } from "./settle.ts";

/** `npm run ops`. */
export function opsCommand(): Command {
  const program = new Command("npm run ops --")
    .description("Checks and repairs a running stack.")
    // The names of its subcommands leave 35 of 80 columns, where Commander does not wrap by default.
    .configureHelp({ minWidthToWrap: 30 });
  withCommonOptions(
    program
      .command("reconcile")
      .description("checks the ledger: PostgreSQL, Redis, DynamoDB and the queues against the invariants")
      .option("--law <id>", "only this law; may be repeated", collect)
      .option("--accepted <file>", "a file of request ids that were accepted, one per line; - is standard input")
      .addHelpText(
        "after",
        `\nExit codes: 0 clean, 1 something is wrong, ${EXIT_PENDING} no verdict yet because votes are still in the queues.`,
      ),
  ).action(reconcile);
  redriveCommand(program);
  rebuildRollCommand(program);
  freezeCommands(program);
  drainCommand(program);
  restoreActsCommand(program);
  restoreLogCommand(program);
  restoreReceiptsCommand(program);
  settleCommand(program);
  setAsideCommand(program);
  exportBoxCommand(program);
  openingCommands(program);
  concludeCommands(program);
  destructionCommands(program);
  proposalCommands(program);
  journalCommand(program);
  return program;
}
