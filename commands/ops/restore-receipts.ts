import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { waitUntilEmpty } from "../../operations/queues/depths.ts";
import { beginComparison, endComparison } from "../../operations/receipts/comparison.ts";
import { markLost, type Orphan, orphanLine } from "../../operations/receipts/lost-receipts.ts";
import {
  ORPHANS_HEADING,
  orphansPage,
  type RestoreState,
  restoreStep,
} from "../../operations/receipts/restore-receipts.ts";
import { withTarget } from "../../places/find-target.ts";
import type { Target } from "../../places/target.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { refuseUnwritable } from "./accepted-ids.ts";

interface RestoreOptions extends CommonOptions {
  readonly orphans?: string;
  readonly markLost?: true;
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
        "after PostgreSQL was restored to an earlier point: writes missing receipts, and lists receipts that PostgreSQL does not know",
      )
      .option("--orphans <file>", "where to write the list of receipts that PostgreSQL does not know (CSV)")
      .option("--mark-lost", "after writing the list, marks those receipts as `lost`; their voters may vote again")
      .addHelpText(
        "after",
        "\nBefore --mark-lost: freeze the laws, rebuild-roll --all, drain; no vote may be in a queue or dead-letter queue.",
      ),
  ).action(restore);
}

async function restore(options: RestoreOptions): Promise<void> {
  const { orphans: file, markLost: marks = false } = options;
  if (marks && file === undefined) {
    throw new UserError("--mark-lost needs --orphans FILE, so that a list of the lost votes remains.", 2);
  }
  if (file !== undefined && existsSync(file)) {
    throw new UserError(`${file} is there already, and such a list belongs to the record: name another file.`);
  }
  if (file !== undefined) refuseUnwritable(file);
  await withTarget(options, async (target) => {
    if (marks) await refuseUnlessDrained(target);
    const bars = progressByStep();
    const { written, orphans } = await restored(target, bars.show).finally(bars.stop);
    if (file !== undefined) await writeFile(file, toCsv(orphans), { mode: 0o600, flag: "wx" });
    if (marks) await markLost(target, orphans);
    const counted = orphans.filter((orphan) => orphan.status === "counted").length;
    print(options, { written, orphans, markedLost: marks }, () =>
      [
        `${written} missing receipts written.`,
        `${orphans.length} receipts say what PostgreSQL does not know, ${counted} of them "counted"` +
          (marks ? ': they say "lost" now.' : "."),
        ...(file === undefined ? orphans.map((orphan) => Object.values(orphan).join(",")) : []),
      ].join("\n"),
    );
  });
}

/** How long queues on AWS must look empty, because their counts are approximate. */
const EMPTY_WITHIN_MS = 30_000;

async function refuseUnlessDrained(target: Target): Promise<void> {
  const left = await waitUntilEmpty(
    target,
    ["votes", "outcomes", "votesDeadLetters", "outcomesDeadLetters"],
    EMPTY_WITHIN_MS,
  );
  if (left === 0) return;
  throw new UserError(
    `${left} messages are in the queues or dead-letter queues, so it is not known yet what is lost: npm run ops -- redrive, drain.`,
  );
}

const STEP_MS = 5_000;
const PAGE = 10_000;

/** Restores receipts step by step, and gathers those that PostgreSQL does not know. */
async function restored(target: Target, show: (what: string, done: number) => void) {
  const id = randomUUID();
  await beginComparison(target.pool, id);
  try {
    let state: RestoreState | undefined;
    do {
      state = await restoreStep(target, { id, writes: true }, state, performance.now() + STEP_MS);
      show("receipts read", state.receipts.read);
    } while (state.phase !== "done");
    const orphans: Orphan[] = [];
    for (let page = await orphansPage(target, id, undefined, PAGE); page.length > 0; ) {
      orphans.push(...page);
      page = await orphansPage(target, id, page.at(-1), PAGE);
    }
    return { written: state.written, orphans };
  } finally {
    await endComparison(target.pool, id);
  }
}

function toCsv(orphans: readonly Orphan[]): string {
  return ORPHANS_HEADING + orphans.map(orphanLine).join("");
}
