import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { type CommonOptions, print, progress, UserError, withCommonOptions } from "../cli.ts";
import { withTarget } from "../find-target.ts";
import { type Orphan, removeOrphans, restoreReceipts } from "./restore-receipts.ts";

interface RestoreOptions extends CommonOptions {
  readonly orphans?: string;
  readonly remove?: true;
}

/**
 * Adds `npm run ops -- restore-receipts`.
 *
 * @param program the ops command
 */
export function restoreReceiptsCommand(program: Command): void {
  withCommonOptions(
    program
      .command("restore-receipts")
      .description(
        "after PostgreSQL was restored to an earlier point: writes the receipts that its audit has, and lists those it does not know",
      )
      .option("--orphans <file>", "where to write the list of receipts that PostgreSQL does not know (CSV)")
      .option("--remove", "deletes those from DynamoDB once the list is written; their voters may vote again"),
  ).action(restore);
}

async function restore(options: RestoreOptions): Promise<void> {
  if (options.remove !== undefined && options.orphans === undefined) {
    throw new UserError("--remove needs --orphans FILE, so that the list of what is deleted stays.", 2);
  }
  await withTarget(options, async (target) => {
    let bar = progress("receipts");
    let doing = "";
    const { written, orphans } = await restoreReceipts(target, (what, done) => {
      if (what !== doing) {
        bar.stop();
        bar = progress(what);
        doing = what;
      }
      bar.update(done);
    }).finally(() => bar.stop());
    if (options.orphans !== undefined) await writeFile(options.orphans, toCsv(orphans), { mode: 0o600 });
    if (options.remove !== undefined) await removeOrphans(target, orphans);
    const counted = orphans.filter((orphan) => orphan.status === "counted").length;
    print(options, { written, orphans, removed: options.remove !== undefined }, () =>
      [
        `${written} missing receipts written.`,
        `${orphans.length} receipts say what PostgreSQL does not know, ${counted} of them "counted"` +
          (options.remove === undefined ? "." : ": deleted."),
        ...(options.orphans === undefined ? orphans.map((orphan) => Object.values(orphan).join(",")) : []),
      ].join("\n"),
    );
  });
}

function toCsv(orphans: readonly Orphan[]): string {
  return [
    "request_id,law_id,status",
    ...orphans.map((one) => `${one.request_id},${one.law_id},${one.status}`),
    "",
  ].join("\n");
}
