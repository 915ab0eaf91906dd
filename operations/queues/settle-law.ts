import { setTimeout as pause } from "node:timers/promises";
import { Refusal } from "../../shared/domain/refusal.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { queueDepths, queueState, queueUrl, waitUntilEmpty } from "./depths.ts";
import { type Elsewhere, type Settled, type SettleOptions, settle } from "./settle.ts";
import { SqsDeadLetters } from "./sqs-dead-letters.ts";

/** The advisory lock of settling. Like the locks of rolls it has two keys, but with another first key. */
const SETTLE_LOCK_CLASS = 0x73657474;
/** How long the queues of AWS, which count approximately, are watched until their figures can be believed. */
const SURE_WITHIN_MS = 60_000;
const AWS_PAUSE_MS = 5_000;
/** aggregate takes what was sent back within seconds; longer means that it cannot record it. */
const RECORDED_WITHIN_MS = 300_000;

/**
 * Decides the duplicates of a law whose voters have no participation (see settle).
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param options interruption and progress
 * @throws Refusal when there is no such law, a first vote may still come, or somebody else settles
 */
export async function settleLaw(servers: Servers, lawId: string, options: SettleOptions): Promise<Settled> {
  await existingLaws(servers, [lawId]);
  const { sqs, pool, distributed } = servers;
  return settle(
    {
      deadLetters: new SqsDeadLetters(sqs, queueUrl(servers, "outcomesDeadLetters"), distributed),
      outcomes: new SqsQueue(sqs, queueUrl(servers, "outcomes"), () => undefined),
      lock: () => lockSettling(pool),
      elsewhere: (heldHere) => countElsewhere(servers, heldHere, options.signal),
      outcomesRecorded: async () =>
        (await waitUntilEmpty(servers, ["outcomes"], RECORDED_WITHIN_MS, undefined, options.signal)) === 0,
      counted: async (law, voterHashes) => {
        const { rows } = await pool.query<{ hash: string }>(
          "select encode(voter_hash, 'hex') as hash from participation where law_id = $1 and voter_hash = any ($2::bytea[])",
          [law, voterHashes.map((hash) => Buffer.from(hash, "hex"))],
        );
        return new Set(rows.map(({ hash }) => hash));
      },
    },
    lawId,
    options,
  );
}

/**
 * Counts what is in the queues, the dead letters of outcomes first: a message that leaves them is seen where it goes
 * to.
 */
async function countElsewhere(servers: Servers, heldHere: number, signal: AbortSignal | undefined): Promise<Elsewhere> {
  // SQS counts approximately on AWS: one reading proves nothing, and what was received a moment ago may not show yet.
  if (servers.distributed) await waitUntilEmpty(servers, ["votes", "outcomes"], SURE_WITHIN_MS, undefined, signal);
  const deadlineMs = Date.now() + SURE_WITHIN_MS;
  let dead = await queueState(servers, "outcomesDeadLetters");
  while (servers.distributed && dead.underWay !== heldHere && Date.now() < deadlineMs) {
    await pause(AWS_PAUSE_MS, undefined, signal && { signal });
    dead = await queueState(servers, "outcomesDeadLetters");
  }
  const { votes, outcomes, votesDeadLetters } = await queueDepths(servers);
  return { votes, outcomes, votesDeadLetters, ...dead };
}

async function lockSettling(pool: Servers["pool"]): Promise<{ giveBack(): Promise<void> }> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    const { rows } = await client.query<{ locked: boolean }>("select pg_try_advisory_lock($1, 0) as locked", [
      SETTLE_LOCK_CLASS,
    ]);
    isBroken = false;
    if (rows[0]?.locked !== true) {
      throw new Refusal("Somebody else settles at present. Wait until that has ended, then repeat this command.");
    }
  } catch (error) {
    client.release(isBroken);
    throw error;
  }
  return {
    giveBack: async () => {
      const isGivenBack = await client.query("select pg_advisory_unlock_all()").then(
        () => true,
        () => false,
      );
      // A broken connection has lost the lock already, and is not used again.
      client.release(!isGivenBack);
    },
  };
}
