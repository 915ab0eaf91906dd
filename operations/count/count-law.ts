import type { Law } from "../../shared/domain/law.ts";
import type { QueueName } from "../../shared/messages/operators/queues.ts";
import type { Clock } from "../clock.ts";
import { lawTimingOf, numberOutput } from "../law-book/timing.ts";
import { existingLaws } from "../laws/existing-laws.ts";
import type { LedgerState } from "../ledger/steps.ts";
import { queueDepths, queueVisibility } from "../queues/depths.ts";
import { holdingDeadLetters } from "../queues/hold-dead-letters.ts";
import { READERS } from "../queues/redrive-queue.ts";
import type { Servers } from "../servers.ts";
import { boxOf } from "./box-count.ts";
import type { CountPorts } from "./ports.ts";
import type { RecordedVotes } from "./recorded-votes.ts";

/** SQS counts approximately on AWS: readings are as far apart as its figures need to be right. */
const AWS_PAUSE_MS = 10_000;
const LOCAL_PAUSE_MS = 200;

/** What a step of counting knows. */
interface CountContext {
  readonly servers: Servers;
  readonly votes: RecordedVotes;
  readonly clock: Clock;
  /** Names the act; the same for all of its steps. */
  readonly run: string;
  /** When the step should end, in milliseconds of its clock. */
  readonly deadline: number;
}

/**
 * The servers of a running stage, as counting a law needs them (count-steps.ts).
 *
 * @param context the servers, the clock and the act
 * @param lawId the law
 */
export function countPorts(
  { servers, votes, clock, run, deadline }: CountContext,
  lawId: string,
): CountPorts<LedgerState> {
  const timing = lawTimingOf(servers);
  const isOver = () => clock.now() > deadline;
  return {
    law: async () => {
      const [law] = await existingLaws(servers, [lawId]);
      if (law === undefined) throw new Error(`the law ${lawId} is gone`);
      return law;
    },
    now: timing.now,
    visibilitySeconds: async () =>
      Math.max(await queueVisibility(servers, "votes"), await queueVisibility(servers, "outcomes")),
    quietSeconds: numberOutput(servers, "CountQuietSeconds"),
    depths: () => queueDepths(servers),
    deadLetters: async () => {
      const found = { ofLaw: 0, unreadable: 0, others: 0, complete: true };
      for (const queue of ["votes", "outcomes"] as const) {
        const { complete } = await holdingDeadLetters(servers, queue, isOver, ({ body }) => {
          const law = lawOf(queue, body);
          if (law === undefined) found.unreadable += 1;
          else if (law === lawId) found.ofLaw += 1;
          else found.others += 1;
        });
        found.complete &&= complete;
      }
      return found;
    },
    ledger: (state) => votes.ledger(lawId, run, state, deadline),
    endRecording: ({ version }, count) => votes.endRecording(lawId, version, count),
    box: boxOf(servers.pool, lawId),
    counted: () => votes.counted(lawId),
    pause: () => clock.pause(servers.distributed ? AWS_PAUSE_MS : LOCAL_PAUSE_MS),
    isOver,
  };
}

/** The law of a message; undefined when this release cannot read it. */
function lawOf(queue: QueueName, body: string): Law["lawId"] | undefined {
  return READERS[queue](body)?.lawId;
}
