import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { type Orphan, orphanLine } from "../../operations/receipts/lost-receipts.ts";
import { ORPHANS_HEADING } from "../../operations/receipts/restore-receipts.ts";
import { findOperators } from "../../places/find-operators.ts";
import type { OperatorsApi } from "../../places/operators/client.ts";
import { queueDepths } from "../../shared/messages/operators/queues.ts";
import * as receipts from "../../shared/messages/operators/receipts.ts";
import { confirm } from "../../terminal/confirm.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { perform } from "../perform.ts";
import { counted, type SlipOptions, withYes } from "../slip-options.ts";
import { refuseUnwritable } from "./accepted-ids.ts";

interface RestoreOptions extends CommonOptions, SlipOptions {
  readonly orphans?: string;
  readonly markLost?: true;
  readonly dryRun?: true;
}

/** What Ctrl-C leaves. */
const MARKING_INTERRUPTED =
  'Interrupted: some receipts may say "lost" already. Run restore-receipts again: it goes on with the others.';

/**
 * Adds `npm run ops -- restore-receipts`.
 *
 * @param program the ops command
 */
export function restoreReceiptsCommand(program: Command): void {
  withYes(
    withCommonOptions(
      program
        .command("restore-receipts")
        .description(
          "after PostgreSQL was restored to an earlier point: writes missing receipts, and lists receipts that PostgreSQL does not know",
        )
        .option("--orphans <file>", "where to write the list of receipts that PostgreSQL does not know (CSV)")
        .option(
          "--mark-lost",
          "after writing the list, marks those receipts as `lost`; their voters may vote again. It says how many, and asks",
        )
        .option("--dry-run", "says how many receipts are missing and how many are not known, and changes nothing")
        .addHelpText(
          "after",
          "\nBefore --mark-lost: freeze the laws, rebuild-roll --all, drain; no vote may be in a queue or dead-letter queue.",
        ),
    ),
  ).action(restore);
}

async function restore(options: RestoreOptions): Promise<void> {
  const { orphans: file, markLost: marks = false, dryRun = false } = options;
  if (marks && dryRun) throw new UserError("Give either --mark-lost or --dry-run.", 2);
  if (marks && file === undefined) {
    throw new UserError("--mark-lost needs --orphans FILE, so that a list of the lost votes remains.", 2);
  }
  if (file !== undefined && existsSync(file)) {
    throw new UserError(`${file} is there already, and such a list belongs to the record: name another file.`);
  }
  if (file !== undefined) refuseUnwritable(file);
  const { api } = await findOperators(options);
  if (marks) await refuseUnlessDrained(api);
  const found = dryRun ? await compared(api, options) : await restored(api, options);
  if (found === undefined) return;
  const list = await listOf(api, found.comparison);
  if (file !== undefined) await writeList(file, list, found.sha256);
  if (marks && list.length > 0 && !(await markedLost(api, found, list, options))) return;
  const { written } = found;
  print(options, { ...(dryRun ? { dryRun, missing: written } : { written }), orphans: list, markedLost: marks }, () =>
    [
      dryRun ? `${written} receipts are missing. Nothing was changed.` : `${written} missing receipts written.`,
      `${list.length} receipts say what PostgreSQL does not know, ${found.counted} of them "counted"` +
        (marks ? ': they say "lost" now.' : "."),
      ...(file === undefined ? list.map((orphan) => orphanLine(orphan).trimEnd()) : []),
    ].join("\n"),
  );
}

type Api = Pick<OperatorsApi, "look" | "perform">;

interface Found {
  /** Receipts that were written, or would be. */
  readonly written: number;
  readonly counted: number;
  readonly orphans: number;
  readonly sha256: string;
  readonly comparison: string;
}

const INTERRUPTED = "Interrupted: receipts that were written stay. Run the same command again.";

async function restored(api: Api, options: RestoreOptions): Promise<Found | undefined> {
  return perform(api, receipts.restoreReceipts, {}, { ...options, interrupted: () => INTERRUPTED });
}

async function compared(api: Api, options: RestoreOptions): Promise<Found | undefined> {
  const interrupted = () => "Interrupted: nothing was changed.";
  const found = await perform(api, receipts.compareReceipts, {}, { ...options, interrupted });
  return found && { ...found, written: found.missing };
}

async function listOf(api: Api, comparison: string): Promise<readonly Orphan[]> {
  const all: Orphan[] = [];
  for (;;) {
    const last = all.at(-1);
    const after = last && { request_id: last.request_id, status: last.status };
    const { orphans } = await api.look(receipts.listOrphans, { comparison, after });
    if (orphans.length === 0) return all;
    all.push(...orphans);
  }
}

/** What is marked is named by the hash of this file, so that the file is the record of it. */
async function writeList(file: string, orphans: readonly Orphan[], sha256: string): Promise<void> {
  const text = ORPHANS_HEADING + orphans.map(orphanLine).join("");
  if (createHash("sha256").update(text).digest("hex") !== sha256) {
    throw new UserError("The list has changed while it was read: run the same command again.");
  }
  await writeFile(file, text, { mode: 0o600, flag: "wx" });
}

/** @returns false when a second person has to want it too, and the user has been told */
async function markedLost(api: Api, found: Found, list: readonly Orphan[], options: RestoreOptions): Promise<boolean> {
  const { orphans, sha256 } = found;
  const laws = [...new Set(list.map(({ law_id }) => law_id))];
  const what =
    `${counted(orphans, "receipt")} of ${laws.join(", ")}, ${found.counted.toLocaleString("en")} of them "counted", will say ` +
    `"lost": their votes are not in PostgreSQL any more, and their voters may vote again. The list is ${options.orphans}.`;
  // One law is named by its id; of several, how many receipts there are tells this list from another.
  await confirm(options, { what, word: laws.length === 1 ? (laws[0] ?? "") : String(orphans) });
  const request = { orphans, sha256 };
  const result = await perform(api, receipts.markLost, request, { ...options, interrupted: () => MARKING_INTERRUPTED });
  return result !== undefined;
}

async function refuseUnlessDrained(api: Api): Promise<void> {
  const { depths } = await api.look(queueDepths, {});
  const left = Object.values(depths).reduce((total, { waiting, under_way }) => total + waiting + under_way, 0);
  if (left === 0) return;
  throw new UserError(
    `${left} messages are in the queues or dead-letter queues, so it is not known yet what is lost: npm run ops -- redrive, drain.`,
  );
}
