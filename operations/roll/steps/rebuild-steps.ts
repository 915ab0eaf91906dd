import type { z } from "zod";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { differingBucket } from "../../../shared/domain/roll-digest.ts";
import type * as rolls from "../../../shared/messages/operators/rolls.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { queueState } from "../../queues/depths.ts";
import type { Servers } from "../../servers.ts";
import { completeRoll, REBUILD } from "../change.ts";
import { fillRange, rangeFrom } from "./fill-range.ts";
import { pausing, resuming } from "./pause-steps.ts";
import { rollAnswer, type StepContext, type StepPorts, withStepRight } from "./step-ports.ts";

type Cursor = z.output<typeof rolls.rebuildRolls.cursor>;
type Result = z.output<typeof rolls.rebuildRolls.result>;

/** For how long a rebuild waits until decided votes are recorded. */
const RECORDING_MS = 60_000;
/** SQS's counts are approximate on AWS, so the queue counts as empty only after several readings without a message. */
const READINGS = { distributed: 4, exact: 1 };
const READING_PAUSE_MS = { distributed: 5_000, exact: 200 };
/** How a step of a rebuild ended. */
export type RebuildStep =
  | { readonly done: true; readonly result: Result }
  | { readonly done: false; readonly cursor: Cursor };

/**
 * Begins to rebuild rolls: marks them as incomplete. If somebody else is rebuilding the same rolls, both rebuilds
 * become the same work: whichever of them takes a step, every bucket is restored after this.
 *
 * @param context the step
 * @param lawIds which laws; default: all whose rolls are sealed
 * @throws Refusal when one of them does not exist, or its roll is not sealed
 */
export async function beginRebuild(
  { servers, run, rolls }: StepContext,
  lawIds: readonly string[] | undefined,
): Promise<RebuildStep> {
  const laws = await rebuildable(servers, lawIds);
  const ports = rolls();
  await withStepRight(ports, laws, async () => {
    for (const law of laws) await ports.cache.removeMeta(law.lawId);
    for (const law of laws) await ports.work.beginRebuild(law.lawId, run);
    for (const law of laws) await ports.work.endChange(law.lawId);
  });
  const nothing = { waited_ms: 0, empty: 0, left: 0, restored: 0, claims: {}, completed: [] };
  const cursor: Cursor = { laws: laws.map(({ lawId }) => lawId), phase: "pausing", ...nothing };
  return { done: false, cursor };
}

/**
 * Goes on with a rebuild: once `validate` has stopped and what it has decided is recorded, empties and restores one
 * range of buckets after the other, and at last marks the rolls as complete. Each range is restored with the right to
 * change the roll, so that steps of loads come before or after it.
 *
 * @param context the step
 * @param cursor where the step before ended
 */
export async function continueRebuild(context: StepContext, cursor: Cursor): Promise<RebuildStep> {
  const ports = context.rolls();
  const { deadline, clock } = context;
  // What is completed has no mark any more.
  for (const lawId of cursor.laws) await ports.work.touch(lawId, REBUILD);
  switch (cursor.phase) {
    case "pausing":
      return onTo(cursor, (await pausing(ports, context.run, { deadline, clock })) ? "recording" : "pausing");
    case "recording":
      return waitForRecording(context, ports, cursor);
    case "restoring":
      return restore(context, ports, cursor);
    case "completing":
      return complete(context, ports, cursor);
    case "resuming": {
      const validate = await resuming(ports, context.run, { deadline, clock });
      if (validate === undefined) return onTo(cursor, "resuming");
      return { done: true, result: { laws: cursor.completed, outcomes_left: cursor.left, validate } };
    }
  }
}

function onTo(cursor: Cursor, phase: Cursor["phase"]): RebuildStep {
  return { done: false, cursor: { ...cursor, phase } };
}

/** Waits until PostgreSQL has every claim that Redis has given; after a while it has the last word in any case. */
async function waitForRecording(context: StepContext, ports: StepPorts, cursor: Cursor): Promise<RebuildStep> {
  const { servers, deadline, clock } = context;
  const kind = servers.distributed ? "distributed" : "exact";
  let { waited_ms: waited, empty } = cursor;
  for (let from = clock.now(); ; ) {
    const { waiting, underWay } = await queueState(servers, "outcomes");
    const left = waiting + underWay;
    empty = left === 0 ? empty + 1 : 0;
    const now = clock.now();
    waited += Math.round(now - from);
    from = now;
    if (empty >= READINGS[kind] || waited >= RECORDING_MS) {
      for (const lawId of cursor.laws) await ports.work.startRestoring(lawId);
      return onTo({ ...cursor, waited_ms: waited, empty, left }, "restoring");
    }
    const isOver = now + READING_PAUSE_MS[kind] >= deadline;
    await clock.pause(READING_PAUSE_MS[kind]);
    if (isOver) {
      waited += Math.round(clock.now() - from);
      return onTo({ ...cursor, waited_ms: waited, empty, left }, "recording");
    }
  }
}

/** Restores ranges of buckets until the step should end. */
async function restore(context: StepContext, ports: StepPorts, cursor: Cursor): Promise<RebuildStep> {
  const laws = await existingLaws(context.servers, cursor.laws);
  const claims: Record<string, number> = { ...cursor.claims };
  let { restored } = cursor;
  for (const law of laws) {
    for (;;) {
      const range = await restoreRange(ports, law);
      if (range === "not ready") return onTo({ ...cursor, claims, restored, waited_ms: 0, empty: 0 }, "pausing");
      restored += range.voters;
      if (range.claims !== undefined) claims[law.lawId] = range.claims;
      if (range.isLast) break;
      if (context.clock.now() >= context.deadline) return onTo({ ...cursor, claims, restored }, "restoring");
    }
  }
  return onTo({ ...cursor, claims, restored }, "completing");
}

interface RestoredRange {
  readonly isLast: boolean;
  readonly voters: number;
  /** Restored claims of the whole roll; undefined when another process has ended the rebuild. */
  readonly claims: number | undefined;
}

/** Restores the next range of a law. Another process may have begun the rebuild again, and still wait for claims. */
async function restoreRange(ports: StepPorts, law: Law): Promise<RestoredRange | "not ready"> {
  const { lawId } = law;
  return withStepRight(ports, [law], async (right) => {
    const work = await ports.work.rebuild(lawId);
    if (work === undefined) return { isLast: true, voters: 0, claims: undefined };
    if (work.bucketsDone === undefined) return "not ready";
    if (work.bucketsDone >= ROLL_BUCKETS) return { isLast: true, voters: 0, claims: work.claims };
    const range = rangeFrom(work.bucketsDone, await ports.database.count(lawId));
    // Read after Redis was emptied: a voter who came on the roll before that is in it.
    const { voters, claims, digests } = await fillRange(ports, lawId, range, right);
    const sealed = await ports.database.bucketDigests(lawId, range.from, range.to);
    const differing = differingBucket(digests, sealed);
    if (differing !== undefined) throw notWhatWasSealed(lawId, differing);
    await ports.work.restored(lawId, range.to, claims);
    return { isLast: range.to === ROLL_BUCKETS, voters, claims: work.claims + claims };
  });
}

/** Somebody has changed the roll, or its digests, without an act. */
function notWhatWasSealed(lawId: string, bucket: number): Refusal {
  return new Refusal(
    `The roll of ${lawId} in PostgreSQL is not what was sealed: bucket ${bucket} has other voters than its digest says. ` +
      "The votes of the law wait. Find out who has changed the roll, and restore PostgreSQL to a moment before that.",
  );
}

/** Marks the rolls as complete whose work has ended. Doing it again changes nothing. */
async function complete(context: StepContext, ports: StepPorts, cursor: Cursor): Promise<RebuildStep> {
  const done = new Set(cursor.completed.map(({ law_id }) => law_id));
  const laws = await existingLaws(context.servers, cursor.laws);
  const completed = [...cursor.completed];
  for (const law of laws.filter(({ lawId }) => !done.has(lawId))) {
    const { lawId } = law;
    const state = await withStepRight(ports, [law], async (right) => {
      await right.check();
      if (!(await ports.work.endRebuild(lawId))) return undefined;
      return completeRoll(ports, law);
    });
    // Begun again by another process: this one restores with it.
    if (state === undefined) return onTo({ ...cursor, completed }, "restoring");
    completed.push({ ...(await rollAnswer(state, ports)), claims: cursor.claims[lawId] ?? null });
    if (context.clock.now() >= context.deadline) return onTo({ ...cursor, completed }, "completing");
  }
  return onTo({ ...cursor, completed }, "resuming");
}

/**
 * Refuses to rebuild rolls of laws that do not exist, or that are not sealed.
 *
 * @param context the step
 * @param lawIds the laws; undefined: all whose rolls are sealed
 * @throws Refusal naming them
 */
export async function refuseToRebuild({ servers }: StepContext, lawIds: readonly string[] | undefined): Promise<void> {
  if ((await rebuildable(servers, lawIds)).length > 0) return;
  throw new Refusal("There is no sealed roll. Sealing a roll fills Redis: npm run voters -- seal LAW --expect N");
}

/** The laws whose rolls are to be rebuilt. Redis has nothing to lose of a roll that is not sealed. */
async function rebuildable({ laws }: Servers, lawIds: readonly string[] | undefined): Promise<readonly Law[]> {
  if (lawIds === undefined) {
    return (await laws.list()).filter(
      ({ sealedVoters, destroyedAt }) => sealedVoters !== undefined && destroyedAt === undefined,
    );
  }
  const wanted = await existingLaws({ laws }, lawIds);
  const destroyed = wanted.find(({ destroyedAt }) => destroyedAt !== undefined);
  if (destroyed !== undefined) {
    throw new Refusal(`${destroyed.lawId} was destroyed (${destroyed.destroyedAt}): it has no roll any more.`, {
      subject: destroyed.lawId,
    });
  }
  const unsealed = wanted.find(({ sealedVoters }) => sealedVoters === undefined);
  if (unsealed === undefined) return wanted;
  throw new Refusal(
    `The roll of ${unsealed.lawId} is not sealed, so Redis need not have it: npm run voters -- seal ${unsealed.lawId} --expect N`,
  );
}
