import type { Law } from "../../shared/domain/law.ts";
import type { RollWork } from "../../shared/domain/roll.ts";
import { ConsumerPause, type Feeding } from "./pause.ts";
import type { RollPorts, RollRight, WorkMark } from "./stores/ports.ts";

/** Whether a law's roll in Redis is complete, and how large the roll is. */
export interface RollState {
  readonly lawId: string;
  /** In PostgreSQL. */
  readonly voters: number;
  /** In Redis. */
  readonly cached: number;
  /** Whether votes are decided: only if there are voters, as many in Redis as in PostgreSQL, and no unfinished work. */
  readonly complete: boolean;
  /** Other loads and rebuilds that have begun and not ended. */
  readonly unfinished: readonly RollWork[];
}

export interface ChangedRoll extends RollState {
  /** Whether `validate` gets votes after the change. */
  readonly validate: Feeding;
}

/**
 * Changes rolls. No vote is decided meanwhile: first the meta keys are removed, then a durable mark is written for each
 * law, and only then the rolls change. A mark is removed when all of the work is done, and a meta key is written again
 * only when there is no mark. So if the work ends early, the votes of the law wait until the same work has been
 * repeated to its end, whatever else is done to the roll.
 *
 * @param ports the stores
 * @param laws the laws whose rolls change
 * @param markOf names the work on a law's roll
 * @param work the change
 * @returns the result of the work, and the state of each roll
 * @throws the error that ended the work early; the rolls are then not complete
 */
export async function changeRolls<T>(
  ports: RollPorts,
  laws: readonly Law[],
  markOf: (law: Law) => WorkMark,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly rolls: readonly ChangedRoll[] }> {
  const pause = new ConsumerPause(ports);
  const change = async (right: RollRight) => {
    await pause.begin();
    for (const law of laws) await ports.cache.removeMeta(law.lawId);
    for (const law of laws) await ports.marks.begin(law.lawId, markOf(law));
    const result = await work();
    await right.check();
    for (const law of laws) await ports.marks.finish(law.lawId, markOf(law));
    const rolls: RollState[] = [];
    for (const law of laws) rolls.push(await completeRoll(ports, law));
    return { result, rolls };
  };
  let changed: Awaited<ReturnType<typeof change>>;
  try {
    changed = await withRight(ports, laws, change);
  } catch (error) {
    await pause.end().catch((second: unknown) => {
      throw new AggregateError([error, second], "the work failed, and so did letting validate go on");
    });
    throw error;
  }
  const validate = await pause.end();
  return { result: changed.result, rolls: changed.rolls.map((roll) => ({ ...roll, validate })) };
}

/**
 * Does something with the exclusive right to change the rolls of laws.
 *
 * @param ports the stores
 * @param laws the laws
 * @param work what to do
 * @throws Refusal when another process has the right, or a roll was made with other keys than those of its law
 */
export async function withRight<T>(
  { database }: Pick<RollPorts, "database">,
  laws: readonly Law[],
  work: (right: RollRight) => Promise<T>,
): Promise<T> {
  const right = await database.lock(laws.map((law) => law.lawId));
  try {
    for (const law of laws) await database.fix(law);
    return await work(right);
  } finally {
    await right.giveBack();
  }
}

interface Completable {
  readonly database: Pick<RollPorts["database"], "count">;
  readonly cache: Pick<RollPorts["cache"], "count" | "writeMeta">;
}

/**
 * Writes a law's meta key if its roll has voters, no work on it is unfinished, and Redis has as many voters as
 * PostgreSQL. A roll without voters has still to be loaded. The caller must have the right to change the roll.
 *
 * @param ports the stores
 * @param law the law
 */
export async function completeRoll(
  { database, marks, cache }: Pick<RollPorts, "marks"> & Completable,
  law: Law,
): Promise<RollState> {
  const { lawId, pepperId } = law;
  // The caller has the right to change the roll, so no other work on it is under way.
  const unfinished = (await marks.unfinished(lawId)).map((one) => ({ ...one, isRunning: false }));
  const voters = await database.count(lawId);
  const cached = await cache.count(lawId);
  const complete = voters > 0 && voters === cached && unfinished.length === 0;
  if (complete) await cache.writeMeta(lawId, { voters, pepperId });
  return { lawId, voters, cached, complete, unfinished };
}
