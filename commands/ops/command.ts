import { Command } from "commander";
import { setFrozen } from "../../operations/laws/freeze.ts";
import { queueDepths, waitUntilEmpty } from "../../operations/queues/depths.ts";
import { deadLettersOf, redriveQueue } from "../../operations/queues/redrive-queue.ts";
import { withTarget } from "../../places/find-target.ts";
import { QUEUE_NAMES, type QueueName } from "../../shared/messages/operators/queues.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { collect, wholeNumberOption } from "../../terminal/options.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import { type CommonOptions, withCommonOptions } from "../common-options.ts";
import { rebuildRollCommand } from "./rebuild-roll.ts";
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
  rebuildRollCommand(program);
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

async function freeze(lawId: string, options: CommonOptions, frozen: boolean): Promise<void> {
  await withTarget(options, async (target) => {
    const { changed, knownWithinSeconds } = await setFrozen(target, lawId, frozen, (seconds) =>
      process.stderr.write(`In force within ${seconds} s: ingest remembers laws that long.\n`),
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
