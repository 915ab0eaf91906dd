import { randomUUID } from "node:crypto";
import type { Law } from "../../../shared/domain/law.ts";
import type { RollWork } from "../../../shared/domain/roll.ts";
import type { RollAnswer } from "../../../shared/messages/operators/rolls.ts";
import { type Clock, MACHINE_CLOCK } from "../../clock.ts";
import type { MappingConsumer } from "../../queues/consumer.ts";
import type { Servers } from "../../servers.ts";
import type { RollState } from "../change.ts";
import type { RollMarks, RollRight } from "../stores/ports.ts";
import type { PostgresRoll } from "../stores/postgres-roll.ts";
import type { RedisRoll } from "../stores/redis-roll.ts";
import { RollDrafts } from "../stores/roll-drafts.ts";
import { rollPorts } from "../stores/roll-ports.ts";
import { WorkTable } from "./work-table.ts";

/** What a step knows. The deadline is a time of its clock. */
export interface StepContext {
  readonly servers: Servers;
  /** Names the act; the same for all of its steps. */
  readonly run: string;
  /** When the step should end, in milliseconds of its clock. */
  readonly deadline: number;
  readonly clock: Clock;
  /** The stores of rolls. */
  readonly rolls: () => StepPorts;
}

/** The stores that a step of work on rolls needs: what they do, whoever does it. */
export interface StepPorts {
  readonly database: Pick<PostgresRoll, keyof PostgresRoll>;
  readonly marks: RollMarks;
  readonly cache: Pick<
    RedisRoll,
    "removeMeta" | "writeMeta" | "meta" | "add" | "restore" | "readBack" | "count" | "clear"
  >;
  readonly consumer: Pick<MappingConsumer, "state" | "lastChange" | "ask">;
  readonly work: Pick<WorkTable, keyof WorkTable>;
  readonly drafts: Pick<RollDrafts, keyof RollDrafts>;
}

/**
 * For how long a step waits while another one changes the same roll. Then its caller waits, and sends it again: the
 * session of a function that was killed may keep its right for a minute.
 */
const LOCK_WAIT_MS = 2_000;

/**
 * The stores of a step.
 *
 * @param servers those of a running stage
 */
export function stepPorts(servers: Servers): StepPorts {
  return { ...rollPorts(servers), work: new WorkTable(servers.pool), drafts: new RollDrafts(servers.pool) };
}

/**
 * The context of steps that are taken one after the other in this process, without a deadline.
 *
 * @param servers those of a running stage
 * @param ports the stores of rolls
 */
export function withoutDeadline(servers: Servers, ports: StepPorts = stepPorts(servers)): StepContext {
  const deadline = Number.POSITIVE_INFINITY;
  return { servers, run: randomUUID(), deadline, clock: MACHINE_CLOCK, rolls: () => ports };
}

/**
 * Does a step with the exclusive right to change the rolls of laws. Between two steps nobody has it.
 *
 * @param ports the stores
 * @param laws the laws
 * @param step what to do
 * @throws Busy when another process has the right for longer; Refusal when a roll was made with other keys than its
 *   law's
 */
export async function withStepRight<T>(
  { database }: StepPorts,
  laws: readonly Law[],
  step: (right: RollRight) => Promise<T>,
): Promise<T> {
  // In one order, so that two steps for the same laws do not wait for each other.
  const lawIds = laws.map(({ lawId }) => lawId).sort();
  const right = await database.lock(lawIds, LOCK_WAIT_MS);
  try {
    for (const law of laws) await database.fix(law);
    return await step(right);
  } finally {
    await right.giveBack();
  }
}

/**
 * A roll as the operators' API shows it.
 *
 * @param state what is known after a step
 * @param marks for the work that is still unfinished: others may be at it
 */
export async function rollAnswer(
  { lawId, voters, cached, complete }: RollState,
  { marks }: Pick<StepPorts, "marks">,
): Promise<RollAnswer> {
  const unfinished = await marks.unfinished(lawId);
  return { law_id: lawId, voters, cached, complete, unfinished: unfinished.map(workAnswer) };
}

/**
 * Unfinished work as the operators' API shows it.
 *
 * @param work the work
 */
export function workAnswer({ kind, sourceName, linesDone, isRunning }: RollWork): RollAnswer["unfinished"][number] {
  return { kind, source_name: sourceName, lines_done: linesDone, is_running: isRunning };
}
