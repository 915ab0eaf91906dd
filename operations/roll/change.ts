import type { Law } from "../../shared/domain/law.ts";
import type { RollMeta, RollWork } from "../../shared/domain/roll.ts";
import type { RollPorts, RollRight, RollSeal, WorkMark } from "./stores/ports.ts";

/** Any two rebuilds of a law are the same work, and so are any two tries to seal its roll. */
export const REBUILD: WorkMark = { kind: "rebuild", sourceId: Buffer.alloc(0), sourceName: "" };
export const SEAL: WorkMark = { kind: "seal", sourceId: Buffer.alloc(0), sourceName: "" };

/**
 * Names a change of a sealed roll.
 *
 * @param run the act
 */
export function changeMark(run: string): WorkMark {
  return { kind: "change", sourceId: Buffer.from(run.replaceAll("-", ""), "hex"), sourceName: "" };
}

/** Whether a law's roll in Redis is complete, and how large the roll is. */
export interface RollState {
  readonly lawId: string;
  /** In PostgreSQL. */
  readonly voters: number;
  /** In Redis, without those who are not on the roll any more. */
  readonly cached: number;
  /** Whether votes are decided: only if the roll is sealed, is what was sealed, and has no unfinished work. */
  readonly complete: boolean;
  /** Work on it that has begun and not ended. */
  readonly unfinished: readonly RollWork[];
}

/**
 * Does something with the exclusive right to change the rolls of laws.
 *
 * @param ports the stores
 * @param laws the laws
 * @param work what to do
 * @throws Busy when another process has the right; Refusal when a roll was made with other keys than those of its law
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

/**
 * Gives up a seal that was begun and has not taken effect, because the roll is about to change. The caller has the
 * right to change the roll.
 *
 * @param ports the stores
 * @param lawId the law, whose roll is not sealed
 */
export async function giveUpSeal(
  { database, marks }: { readonly database: Pick<RollPorts["database"], "unseal">; readonly marks: RollPorts["marks"] },
  lawId: string,
): Promise<void> {
  await marks.finish(lawId, SEAL);
  await database.unseal(lawId);
}

/**
 * Whether a roll is sealed, and whether Redis names its digest. Otherwise no vote of the law is decided.
 *
 * @param ports the stores
 * @param lawId the law
 */
export async function sealedState(
  {
    database,
    cache,
  }: {
    readonly database: Pick<RollPorts["database"], "sealOf">;
    readonly cache: Pick<RollPorts["cache"], "meta">;
  },
  lawId: string,
): Promise<{ readonly seal: RollSeal | undefined; readonly complete: boolean }> {
  const seal = await database.sealOf(lawId);
  const complete = seal !== undefined && (await cache.meta(lawId))?.digest === seal.digest.toString("hex");
  return { seal, complete };
}

/**
 * What Redis says of a roll that it has whole.
 *
 * @param law the law
 * @param seal the digest of its roll
 */
export function rollMeta({ pepperId, form }: Law, { digest, voters }: RollSeal): RollMeta {
  return { voters, pepperId, digest: digest.toString("hex"), form };
}

interface Completable {
  readonly database: Pick<RollPorts["database"], "count" | "countEnded" | "sealOf">;
  readonly cache: Pick<RollPorts["cache"], "count" | "writeMeta">;
}

/**
 * How many voters of a roll Redis has, without those who have ended, whom it keeps.
 *
 * @param ports the stores
 * @param lawId the law
 */
export async function cachedVoters(
  {
    database,
    cache,
  }: {
    readonly database: Pick<RollPorts["database"], "countEnded">;
    readonly cache: Pick<RollPorts["cache"], "count">;
  },
  lawId: string,
): Promise<number> {
  return (await cache.count(lawId)) - (await database.countEnded(lawId));
}

/**
 * Writes a law's meta key, if its roll has no unfinished work and has as many voters as were sealed. Just before this,
 * every bucket of Redis was read back and gave its digest. The caller has the right to change the roll.
 *
 * @param ports the stores
 * @param law the law
 */
export async function completeRoll(
  { database, marks, cache }: Pick<RollPorts, "marks"> & Completable,
  law: Law,
): Promise<RollState> {
  const { lawId, sealedVoters } = law;
  // The caller has the right to change the roll, so no other work on it is under way.
  const unfinished = (await marks.unfinished(lawId)).map((one) => ({ ...one, isRunning: false }));
  const voters = await database.count(lawId);
  const seal = sealedVoters === undefined ? undefined : await database.sealOf(lawId);
  const cached = await cachedVoters({ database, cache }, lawId);
  const complete = seal?.voters === voters && voters === cached && unfinished.length === 0;
  if (complete) await cache.writeMeta(lawId, rollMeta(law, seal));
  return { lawId, voters, cached, complete, unfinished };
}
