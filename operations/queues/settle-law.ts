import { Refusal } from "../../shared/domain/refusal.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import { SqsQueue } from "../../shared/stores/queue.ts";
import { type Clock, MACHINE_CLOCK } from "../clock.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { Servers } from "../servers.ts";
import { queueDepths, queueState, queueUrl } from "./depths.ts";
import { type Settling, settleStep, UNSETTLED } from "./settle-steps.ts";
import { SqsDeadLetters } from "./sqs-dead-letters.ts";

/** The advisory lock of settling. Like the locks of rolls it has two keys, but with another first key. */
const SETTLE_LOCK_CLASS = 0x73657474;
/** SQS counts approximately on AWS: one reading proves nothing, and what was received a moment ago may not show yet. */
const AWS_READINGS = 4;
const AWS_PAUSE_MS = 5_000;
const LOCAL_PAUSE_MS = 100;
/** aggregate takes what was sent back within seconds; longer means that it cannot record it. */
const RECORDED_WITHIN_MS = 300_000;
/** Longer than a step, so that what a step that was cut off has received is there again soon. */
const HIDDEN_SECONDS = 30;

interface SettleOptions {
  /** Dead letters of the votes queue that nothing can read. */
  readonly unreadableVotes?: number | undefined;
  /** When the step should end, in milliseconds of its clock. */
  readonly deadline: number;
  readonly clock?: Clock;
  /** The keys of outcomes. */
  readonly keys: KeySource<"macOutcome">;
}

/**
 * Goes on with deciding the duplicates of a law whose voters have no participation (see settle-steps.ts).
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param options dead letters that nothing can read, when the step should end by which clock, and keys
 * @param state how far it has come
 * @throws Refusal when there is no such law, a first vote may still come, or somebody else settles
 */
export async function settleLaw(
  servers: Servers,
  lawId: string,
  options: SettleOptions,
  state: Settling = UNSETTLED,
): Promise<Settling> {
  await existingLaws(servers, [lawId]);
  const { clock = MACHINE_CLOCK, keys } = options;
  const { sqs, pool, distributed } = servers;
  return settleStep(
    {
      deadLetters: new SqsDeadLetters(sqs, queueUrl(servers, "outcomesDeadLetters"), distributed, HIDDEN_SECONDS),
      keys,
      outcomes: new SqsQueue(sqs, queueUrl(servers, "outcomes"), () => undefined),
      lock: () => lockSettling(pool),
      elsewhere: async () => {
        // The dead letters of outcomes first: a message that leaves them is seen where it goes to.
        const dead = await queueState(servers, "outcomesDeadLetters");
        const { votes, outcomes, votesDeadLetters } = await queueDepths(servers);
        return { votes, outcomes, votesDeadLetters, ...dead };
      },
      countedBy: (law, voterHashes) => countedBy(pool, law, voterHashes),
      readings: distributed ? AWS_READINGS : 1,
      mostWaits: RECORDED_WITHIN_MS / (distributed ? AWS_PAUSE_MS : LOCAL_PAUSE_MS),
      pause: () => clock.pause(distributed ? AWS_PAUSE_MS : LOCAL_PAUSE_MS),
      now: () => clock.now(),
    },
    lawId,
    state,
    options,
  );
}

/**
 * By which submission voters of a law are counted.
 *
 * @param pool the database
 * @param lawId the law
 * @param voterHashes their hashes, in hexadecimal digits
 * @returns the request id of each who has a counted vote
 */
export async function countedBy(
  pool: Servers["pool"],
  lawId: string,
  voterHashes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await pool.query<{ hash: string; request_id: string }>(
    `select encode(voter_hash, 'hex') as hash, request_id
     from (select voter_hash, counted_submission($1, voter_hash) as request_id
       from unnest($2::bytea[]) as asked (voter_hash)) as counted
     where request_id is not null`,
    [lawId, voterHashes.map((hash) => Buffer.from(hash, "hex"))],
  );
  return new Map(rows.map(({ hash, request_id }) => [hash, request_id]));
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
