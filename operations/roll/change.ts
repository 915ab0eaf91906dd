import type { Law } from "../../shared/domain/law.ts";
import type { RollPorts } from "./ports.ts";

/** Whether a law's roll in Redis is complete, and how large the roll is. */
export interface RollState {
  readonly lawId: string;
  /** In PostgreSQL. */
  readonly voters: number;
  /** In Redis. */
  readonly cached: number;
  /** Whether votes are decided: only with as many voters in Redis as in PostgreSQL. */
  readonly complete: boolean;
}

/**
 * Changes rolls. Nothing is decided meanwhile, because `validate` is paused and the meta keys are removed. However the
 * work ends, `validate` is resumed, and each complete roll gets its meta key again. The votes of a law without a
 * complete roll wait; repeating the work completes the roll.
 *
 * @param ports the stores
 * @param laws the laws whose rolls change
 * @param work the change
 * @returns what the work gave, and the state of each roll
 */
export async function changeRolls<T>(
  ports: RollPorts,
  laws: readonly Law[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly rolls: readonly RollState[] }> {
  const release: (() => Promise<void>)[] = [];
  try {
    for (const law of laws) {
      release.push(await ports.database.lock(law.lawId));
      await ports.database.fix(law);
    }
    await ports.consumer.pause();
    try {
      for (const law of laws) await ports.cache.removeMeta(law.lawId);
      const result = await withMeta(ports, laws, work);
      return result;
    } finally {
      await ports.consumer.resume();
    }
  } finally {
    for (const unlock of release.reverse()) await unlock();
  }
}

async function withMeta<T>(ports: RollPorts, laws: readonly Law[], work: () => Promise<T>) {
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // What failed may have changed nothing in the end; if Redis cannot even be asked, the meta keys stay away.
    await Promise.allSettled(laws.map((law) => completeRoll(ports, law)));
    throw error;
  }
  const rolls: RollState[] = [];
  for (const law of laws) rolls.push(await completeRoll(ports, law));
  return { result, rolls };
}

/**
 * Writes a law's meta key if Redis has as many voters as PostgreSQL.
 *
 * @param ports the stores
 * @param law the law
 */
async function completeRoll({ database, cache }: RollPorts, law: Law): Promise<RollState> {
  const voters = await database.count(law.lawId);
  const cached = await cache.count(law.lawId);
  const complete = voters === cached;
  if (complete) await cache.writeMeta(law.lawId, { voters, pepperId: law.pepperId });
  return { lawId: law.lawId, voters, cached, complete };
}
