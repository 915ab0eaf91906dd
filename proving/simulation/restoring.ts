import { BatchWriteItemCommand } from "@aws-sdk/client-dynamodb";
import { markAllLost } from "../../operations/receipts/lost-receipts.ts";
import { restoreActs as bringBackActs, restoreRollChanges } from "../../shared/messages/operators/restoring.ts";
import { readOutcome, readVote } from "../../shared/messages/queue.ts";
import { DynamoReceiptStore } from "../../shared/stores/receipts.ts";
import { perform } from "./door.ts";
import type { OperatorCommand } from "./history.ts";
import { setAllFrozen } from "./law-window.ts";
import { restoreLogs } from "./logs.ts";
import { dynamoDbClient } from "./models/dynamodb.ts";
import { envelopesIn, forgetLost, keyOf, missingReceipts, orphansOf } from "./models/orphans.ts";
import type { Tables } from "./models/postgres.ts";
import { CALL_FAULTS } from "./models/sqs.ts";
import { enable, loadAndSeal, rebuild, redriveAll, settleAll } from "./operator.ts";
import type { Process } from "./scheduler.ts";
import type { World } from "./world.ts";

/** How often a command that needs empty queues looks at them. */
const LOOKS = 20;

/**
 * Restores PostgreSQL to a point in time, step by step as docs/runbook.md says. Redis, queues, receipts and laws stay
 * as they are.
 *
 * @param world the servers
 * @param process the operator; it begins at the point in time to which PostgreSQL will be restored
 * @param command how much later the operator restores, and after how many steps somebody calls the operator away
 */
export async function restore(
  world: World,
  process: Process,
  { agoMs = 0, abortsAfter }: Pick<OperatorCommand, "agoMs" | "abortsAfter">,
): Promise<void> {
  const backup = await process.step("PostgreSQL: the point in time", () => world.postgres.tables.copy());
  const { times } = world.restored;
  await process.sleep(agoMs);
  const steps = [
    () => setAllFrozen(world, process, true),
    () => disableBoth(world, process),
    () => {
      // A log refuses a database that was given up before, if that has committed itself to something else.
      if (world.history.log !== undefined && world.restored.times !== times) throw new Error("of another database");
      return takeBack(world, process, backup);
    },
    ...stepsAfterRestore(world, process),
    () => redriveAll(world, process),
    () => settleAll(world, process),
    () => markLost(world, process),
    () => setAllFrozen(world, process, false),
  ];
  for (const step of steps.slice(0, abortsAfter)) await step();
}

/** Brings back what PostgreSQL has lost of the journal, and of the acts on sealed rolls. */
async function restoreActs(world: World, process: Process): Promise<void> {
  await perform(world, process, bringBackActs, {});
  await perform(world, process, restoreRollChanges, {});
}

/**
 * What follows a restore, until votes are decided again.
 *
 * @param world the servers
 * @param process the operator
 */
export function stepsAfterRestore(world: World, process: Process): (() => Promise<unknown>)[] {
  const loadAgain = async () => {
    if (world.hasLoaded) await loadAndSeal(world, process);
  };
  const letAggregateGoOn = () =>
    process.step("enable aggregate", () => {
      world.isAggregatePaused = false;
    });
  const rebuildAll = async () => {
    const isTold = await rebuild(world, process);
    await enable(world, process, isTold);
  };
  const bringBack = () => restoreActs(world, process);
  const logs = () => restoreLogs(world, process);
  // Changes of a roll wait until the roll is sealed again.
  const steps = [bringBack, loadAgain, bringBack];
  // In the runbook it comes first. Whoever forgets it is told so before votes are marked as lost.
  if (world.history.log?.isLate === true) return [...steps, letAggregateGoOn, rebuildAll, logs];
  return [...steps, logs, letAggregateGoOn, rebuildAll];
}

/**
 * Disables both mappings by hand, when no load or rebuild runs whose end would enable one again. Waits until what they
 * had begun has ended: a restore takes much longer.
 */
export async function disableBoth(world: World, process: Process): Promise<void> {
  await process.step(
    "disable validate by hand",
    () => {
      world.isPaused = true;
      world.isDisabledByHand = true;
      // AWS gives the mapping a new date, even if it was disabled before.
      world.mappingChanges += 1;
    },
    { ready: () => world.rollWork.size === 0 },
  );
  await process.step("disable aggregate by hand", () => {
    world.isAggregatePaused = true;
  });
  await process.step("nothing is under way", () => undefined, { ready: () => world.invocations === 0 });
}

function takeBack(world: World, process: Process, backup: Tables): Promise<void> {
  // A restore takes longer than a run of a log may take: those of the database that is given up have ended.
  return process.step(
    "PostgreSQL: restored to the point in time",
    () => world.restored.restore(world.postgres, backup),
    { ready: () => world.logRuns.size === 0 },
  );
}

/**
 * Does what restore-receipts and mark-lost do, but not through the operators' API: their steps read the table in
 * segments and compare it in temporary tables of PostgreSQL, of which a model would be another program. Their steps are
 * tried on real stores (tests/stores/operations). What is common to both is the order in which receipts are marked.
 *
 * Writes missing receipts, and marks as lost what PostgreSQL does not know.
 *
 * @throws Error when votes are left in queues or dead-letter queues; then nothing has changed
 */
export async function markLost(world: World, process: Process): Promise<void> {
  await outcomesRecorded(world, process);
  const left = await process.step("count what is in the queues", () => readable(world));
  if (left > 0) throw new Error(`${left} messages are in the queues`);
  const { postgres, dynamoDb } = world;
  const client = dynamoDbClient(process, dynamoDb);
  const receipts = new DynamoReceiptStore(client, "receipts", {
    onError: () => undefined,
    pause: (milliseconds) => process.sleep(milliseconds),
  });
  const call = <T>(label: string, effect: () => T) => process.step(label, effect, { faults: CALL_FAULTS });
  const { missing, orphans } = await call("compare the receipts with the audit", () => ({
    missing: missingReceipts(postgres.tables, dynamoDb),
    orphans: orphansOf(postgres.tables, dynamoDb),
  }));
  const failed = await receipts.putAll(missing);
  if (failed.size > 0) throw new Error("DynamoDB did not take all receipts");
  await markAllLost(
    {
      putAll: (some) => receipts.putAll(some),
      reason: () => "the simulation says so",
      remove: async (some) => {
        let pending = some.map((one) => ({ DeleteRequest: { Key: keyOf(one) } }));
        while (pending.length > 0) {
          const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { receipts: pending } }));
          const left = answer.UnprocessedItems?.["receipts"] ?? [];
          pending = pending.filter((one) => left.some(({ DeleteRequest }) => DeleteRequest === one.DeleteRequest));
        }
      },
      envelopesOf: (some) => call("read which envelopes receipts name", () => envelopesIn(dynamoDb, some)),
      forget: (lost) => call("PostgreSQL: forget duplicates of nobody", () => forgetLost(postgres.tables, lost)),
      now: () => new Date(world.wallClock()),
    },
    orphans,
  );
}

/** Waits a while until the outcomes queue is empty. */
async function outcomesRecorded(world: World, process: Process): Promise<void> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const depth = await process.step("look at the outcomes queue", () => world.queue("outcomes").depth);
    if (depth === 0) return;
    await process.sleep(10_000);
  }
}

/** How many messages are in the queues and dead-letter queues; what nothing can read is left aside. */
function readable(world: World): number {
  const votes = [...world.queue("votes").bodies, ...world.queue("votes-dlq").bodies];
  const outcomes = [...world.queue("outcomes").bodies, ...world.queue("outcomes-dlq").bodies];
  return votes.filter((body) => readVote(body)).length + outcomes.filter((body) => readOutcome(body)).length;
}
