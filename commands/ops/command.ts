import { Command } from "commander";
import { existingLaws } from "../../operations/laws/existing-laws.ts";
import { setFrozen } from "../../operations/laws/freeze.ts";
import { queueDepths, waitUntilEmpty } from "../../operations/queues/depths.ts";
import { deadLettersOf, QUEUE_NAMES, type QueueName, redriveQueue } from "../../operations/queues/redrive-queue.ts";
import type { Rebuilt } from "../../operations/roll/rebuild-roll.ts";
import { rebuildRolls } from "../../operations/roll/rebuild-rolls.ts";
import { withTarget } from "../../places/find-target.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { collect, wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { explainIncomplete, tellFeeding } from "../voters/words.ts";
import { reconcile } from "./reconcile.ts";
import { restoreReceiptsCommand } from "./restore-receipts.ts";
import { settleCommand } from "./settle.ts";

/** The exit code of "not yet": votes are still in the queues. */
const EXIT_PENDING = 3;

/** `npm run ops`. */
export function opsCommand(): Command {
  const program = new Command("npm run ops --").description("Checks and repairs a running stack.");
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
  withCommonOptions(
    program
      .command("redrive [queue]")
      .description(`sends dead letters back to their queue; queue: ${QUEUE_NAMES.join(" or ")} (default: both)`)
      .option("--max <number>", "at most this many", wholeNumberOption(1))
      .option("--all", "also messages that this release cannot read")
      .addHelpText(
        "after",
        `\nIt may be interrupted and run again.\nExit codes: 0 done, ${EXIT_PENDING} an earlier run was cut off and still hides some: run it again in some seconds.`,
      ),
  ).action(redrive);
  withCommonOptions(
    program
      .command("rebuild-roll [laws...]")
      .description("rebuilds rolls and claims in Redis from PostgreSQL; votes wait until it is done")
      .option("--law <id>", "this law; may be repeated", collect)
      .option("--all", "every law"),
  ).action((laws: readonly string[], options: RebuildOptions) =>
    rebuild({ ...options, ...(laws.length === 0 ? {} : { law: [...laws, ...(options.law ?? [])] }) }),
  );
  withCommonOptions(
    program
      .command("freeze <law>")
      .description("stops accepting votes for a law; returns when no function accepts them any more"),
  ).action((law: string, options: CommonOptions) => freeze(law, options, true));
  withCommonOptions(program.command("unfreeze <law>").description("accepts votes for a law again")).action(
    (law: string, options: CommonOptions) => freeze(law, options, false),
  );
  withCommonOptions(
    program
      .command("drain")
      .description("waits until no vote is in a queue")
      .option("--timeout <seconds>", "the longest time to wait", wholeNumberOption(0), 300)
      .addHelpText("after", `\nExit codes: 0 empty, ${EXIT_PENDING} not empty in time.`),
  ).action(drain);
  restoreReceiptsCommand(program);
  settleCommand(program);
  return program;
}

interface RedriveOptions extends CommonOptions {
  readonly max?: number;
  readonly all?: true;
}

async function redrive(queue: string | undefined, options: RedriveOptions): Promise<void> {
  const names = QUEUE_NAMES.filter((name) => queue === undefined || name === queue);
  if (names.length === 0) throw new UserError(`There is no queue ${queue}; use ${QUEUE_NAMES.join(" or ")}.`, 2);
  await withTarget(options, async (target) => {
    const { signal, release } = interruptible();
    const results: Record<string, { moved: number; unreadable: number; unconfirmed: number; hidden: number }> = {};
    try {
      let left = options.max ?? Number.POSITIVE_INFINITY;
      for (const name of names) {
        if (left === 0) break;
        const { waiting } = await deadLettersOf(target, name);
        const bar = progress(`${name} moved`, Math.min(waiting, left));
        const limit = Number.isFinite(left) ? left : undefined;
        const redriven = await redriveQueue(target, name, {
          limit,
          evenUnreadable: options.all,
          signal,
          onProgress: bar.update,
        }).finally(bar.stop);
        results[name] = { ...redriven, hidden: (await deadLettersOf(target, name)).underWay };
        left -= results[name].moved;
      }
    } finally {
      release();
    }
    print(options, results, () => describeRedrive(results));
    const { moved, unconfirmed, hidden } = sumOf(Object.values(results));
    if (unconfirmed > 0) throw new UserError(`${unconfirmed} messages could not be sent and stay where they were.`);
    if (signal.aborted)
      throw new UserError(`Interrupted after ${moved} messages; the others stay where they were.`, 130);
    if (hidden > 0) process.exitCode = EXIT_PENDING;
  });
}

function sumOf(results: readonly { moved: number; unconfirmed: number; hidden: number }[]) {
  return {
    moved: results.reduce((total, result) => total + result.moved, 0),
    unconfirmed: results.reduce((total, result) => total + result.unconfirmed, 0),
    hidden: results.reduce((total, result) => total + result.hidden, 0),
  };
}

function describeRedrive(
  results: Readonly<Record<QueueName | string, { moved: number; unreadable: number; hidden: number }>>,
): string {
  return Object.entries(results)
    .map(([name, { moved, unreadable, hidden }]) => {
      const left = unreadable === 0 ? "" : `; ${unreadable} unreadable ones were left (--all moves them too)`;
      const held =
        hidden === 0 ? "" : `; ${hidden} are hidden by a run that was cut off: run this again in some seconds`;
      return `${name}: ${moved} dead letters sent back${left}${held}`;
    })
    .join("\n");
}

interface RebuildOptions extends CommonOptions {
  readonly law?: readonly string[];
  readonly all?: true;
}

async function rebuild(options: RebuildOptions): Promise<void> {
  if ((options.law === undefined) === (options.all === undefined)) {
    throw new UserError("Say which rolls to rebuild: --law ID or --all.", 2);
  }
  await withTarget(options, async (target) => {
    const laws = options.law === undefined ? await target.laws.list() : await existingLaws(target, options.law);
    const { signal, release } = interruptible();
    const bar = progress("voters");
    const onWarning = (text: string) => process.stderr.write(`${text}\n`);
    const rolls = await rebuildRolls(target, laws, { signal, onProgress: bar.update, onWarning })
      .catch((error: unknown) => {
        if (!signal.aborted) throw error;
        throw new UserError("Interrupted: these rolls are not complete and their votes wait. Run this again.", 130);
      })
      .finally(() => {
        bar.stop();
        release();
      });
    print(options, { laws: rolls }, () =>
      rolls.length === 0 ? "There are no laws." : rolls.map(describeRebuilt).join("\n"),
    );
    tellFeeding(rolls[0]?.validate);
    const incomplete = rolls.filter((roll) => !roll.complete && (roll.voters > 0 || roll.unfinished.length > 0));
    if (incomplete.length > 0) throw new UserError(incomplete.map(explainIncomplete).join("\n"));
  });
}

function describeRebuilt({ lawId, cached, voters, claims }: Rebuilt): string {
  const empty = voters === 0 ? "; its votes wait until a roll is loaded" : "";
  return `${lawId}: ${cached} voters, ${claims} claims restored${empty}`;
}

async function freeze(lawId: string, options: CommonOptions, frozen: boolean): Promise<void> {
  await withTarget(options, async (target) => {
    const { changed, knownWithinSeconds } = await setFrozen(target, lawId, frozen, (seconds) =>
      process.stderr.write(`In force within ${seconds} s. Until then, ingest may remember the law as it was.\n`),
    );
    print(options, { law_id: lawId, frozen, changed, known_within_seconds: knownWithinSeconds }, () => {
      const already = changed ? "" : ` It was ${frozen ? "frozen" : "not frozen"} before.`;
      return frozen
        ? `${lawId} is frozen: its votes are refused.${already}`
        : `${lawId} takes votes again within its window; every ingest knows within ${knownWithinSeconds} s.${already}`;
    });
  });
}

async function drain(options: CommonOptions & { timeout: number }): Promise<void> {
  await withTarget(options, async (target) => {
    const { signal, release } = interruptible();
    const bar = progress("messages left");
    const left = await waitUntilEmpty(
      target,
      ["votes", "outcomes"],
      options.timeout * 1000,
      bar.update,
      signal,
    ).finally(() => {
      bar.stop();
      release();
    });
    const depths = await queueDepths(target);
    const dead = depths.votesDeadLetters + depths.outcomesDeadLetters;
    const deadText = dead === 0 ? "" : ` ${dead} dead letters are left: npm run ops -- redrive sends them back.`;
    print(options, { drained: left === 0, ...depths }, () =>
      left === 0 ? `The queues are empty.${deadText}` : `${left} messages are still in the queues.${deadText}`,
    );
    if (left > 0) process.exitCode = EXIT_PENDING;
  });
}
