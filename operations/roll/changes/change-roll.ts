import type { z } from "zod";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { describeRollWork } from "../../../shared/domain/roll.ts";
import { bucketDigests, bucketNumber, differingBucket } from "../../../shared/domain/roll-digest.ts";
import type * as changes from "../../../shared/messages/operators/roll-changes.ts";
import type { Archive } from "../../archive/archive.ts";
import { keepRollChange } from "../../archive/roll-change-copies.ts";
import type { KnownLaw } from "../../law-book/law-book.ts";
import { lawTimingOf, soonestMoment } from "../../law-book/timing.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { cachedVoters, rollMeta, sealedState } from "../change.ts";
import { type StepContext, type StepPorts, withStepRight } from "../steps/step-ports.ts";
import type { ChangedSeal, RollChange } from "../stores/ports.ts";
import { ComesTooSoon } from "../stores/postgres-changes.ts";
import type { RollDraft } from "../stores/roll-drafts.ts";
import { draftOf } from "./draft-of.ts";
import { refuseAfterEnd } from "./refuse-after-end.ts";
import { refuseChange } from "./refuse-change.ts";

type Request = z.output<typeof changes.changeRoll.request>;
type Result = z.output<typeof changes.changeRoll.result>;

/** How a step of a change ended. */
export type ChangeStep =
  | { readonly done: true; readonly result: Result }
  /** The change is noted, and this many of its buckets of Redis are compared. */
  | { readonly done: false; readonly compared: number; readonly buckets: number };

/** How often a moment is moved because the database took longer than expected. */
const MOST_MOVES = 5;

/**
 * Refuses a change that does not fit the roll as it is.
 *
 * @param context the step
 * @param request the change
 * @param isRepeated whether it was begun before and cut off: then it may be done already
 * @throws Refusal saying why
 */
export async function refuseToChange(context: StepContext, request: Request, isRepeated: boolean): Promise<void> {
  const [law] = await existingLaws(context.servers, [request.law_id]);
  const ports = context.rolls();
  const draft = await wantedDraft(ports, request);
  if (law === undefined || isRepeated) return;
  await refuseChange(ports, law, draft, { isCarriedOut: false });
  refuseAfterEnd(law, request.at === undefined ? await soonestOf(context.servers) : new Date(request.at));
}

/** A step that changes a roll. */
export interface ChangeContext extends StepContext {
  /** Has the change before it takes effect. */
  readonly archive: Archive;
}

/**
 * Adds voters to a sealed roll, replaces their codes, or strikes them off. First the archive gets the change, so that a
 * restore of PostgreSQL does not take it back, then PostgreSQL gets it and the new digest, then Redis gets new voters
 * and is read back, and then it names the new digest. Nothing is decided meanwhile. The change is in force at a moment
 * that comes after it is known everywhere: what counts is when a vote was accepted. Comparing goes on, bucket by
 * bucket, until the step should end; the next step goes on from there. Doing it again changes nothing.
 *
 * @param context the step; its run names the act
 * @param request the change
 * @param compared how many of its buckets the steps before have compared; absent: the first step
 * @returns the roll as it is then, or how far comparing has come
 * @throws Refusal when it does not fit the roll as it is, or its moment comes too soon
 */
export async function changeSealedRoll(context: ChangeContext, request: Request, compared = 0): Promise<ChangeStep> {
  const { servers, run } = context;
  const ports = context.rolls();
  const laws = await existingLaws(servers, [request.law_id]);
  const draft = await wantedDraft(ports, request);
  return withStepRight(ports, laws, async (right) => {
    const [law] = await existingLaws(servers, [request.law_id]);
    if (law === undefined) throw new Error(`the law ${request.law_id} is gone`);
    const { lawId } = law;
    const before = await ports.database.changed(lawId, run);
    const change = before ?? (await changeOf(context, ports, law, { draft, at: request.at }));
    const wasComplete = await beginChange(ports, lawId, run);
    await right.check();
    if ("ended" in change) await keepRollChange(context.archive, lawId, change);
    const seal =
      "ended" in change ? await noteChange(context, ports, law, { change, at: request.at, wasComplete }) : change;
    if (compared === 0) await ports.cache.add(lawId, draft.voterHashes, seal.inForceAt);
    const buckets = [...new Set(draft.voterHashes.map(bucketNumber))];
    const reached = await compareBuckets(context, ports, lawId, { buckets, from: compared });
    if (reached < buckets.length) return { done: false, compared: reached, buckets: buckets.length };
    await right.check();
    // Redis may have lost voters while the change was under way or cut off.
    const complete = wasComplete && (await cachedVoters(ports, lawId)) === seal.voters;
    await ports.work.endChange(lawId, run);
    if (complete) await ports.cache.writeMeta(lawId, rollMeta(law, seal));
    return {
      done: true,
      result: {
        law_id: lawId,
        kind: request.kind,
        voters: request.voters,
        in_force_at: seal.inForceAt.toISOString(),
        on_roll: seal.voters,
        digest: seal.digest.toString("hex"),
        complete,
      },
    };
  });
}

/** What PostgreSQL is to change, and from when on. */
async function changeOf(
  { servers, run }: StepContext,
  ports: StepPorts,
  law: KnownLaw,
  { draft, at }: { readonly draft: RollDraft; readonly at: string | undefined },
): Promise<RollChange> {
  const ended = await refuseChange(ports, law, draft, { isCarriedOut: true });
  const timing = lawTimingOf(servers);
  const soonest = await soonestOf(servers);
  const moment = at === undefined ? soonest : new Date(at);
  if (moment < soonest) throw new ComesTooSoon(moment);
  refuseAfterEnd(law, moment);
  const { kind, lines, personHashes, voterHashes } = draft;
  if (kind === "find") throw new Error("a look changes nothing");
  const added = voterHashes.flatMap((voterHash, index) => {
    const personHash = personHashes[index];
    return personHash === undefined ? [] : [{ line: lines[index] ?? 0, voterHash, personHash }];
  });
  // The other half of the margin is for the time until this is written.
  return { run, kind, added, ended, at: moment, marginMs: timing.marginSeconds * 500 };
}

/** The first moment that a change can be in force at, if it is written now. */
async function soonestOf(servers: StepContext["servers"]): Promise<Date> {
  const timing = lawTimingOf(servers);
  return soonestMoment(timing, await timing.now());
}

interface Noting {
  readonly change: RollChange;
  /** The moment that the operator has named; undefined: it may be moved. */
  readonly at: string | undefined;
  readonly wasComplete: boolean;
}

/** Lets PostgreSQL change the roll. If it refuses, nothing was changed, and Redis may be marked as before. */
async function noteChange(
  { servers }: StepContext,
  ports: StepPorts,
  law: KnownLaw,
  { change, at, wasComplete }: Noting,
): Promise<ChangedSeal> {
  for (let moved = 0, { at: moment } = change; ; moved++) {
    try {
      refuseAfterEnd(law, moment);
      return await ports.database.changeRoll(law.lawId, { ...change, at: moment });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error instanceof ComesTooSoon && at === undefined && moved < MOST_MOVES) {
        moment = await soonestOf(servers);
        continue;
      }
      const seal = await ports.database.sealOf(law.lawId);
      await ports.work.endChange(law.lawId, change.run);
      if (wasComplete && seal !== undefined) await ports.cache.writeMeta(law.lawId, rollMeta(law, seal));
      throw error;
    }
  }
}

function wantedDraft(ports: StepPorts, { law_id: lawId, kind, draft: id, voters }: Request): Promise<RollDraft> {
  return draftOf(ports, { id, lawId, kind, voters }, `${kind} ${voters} voters`);
}

/**
 * Notes that the change begins, and takes the mark away that Redis has the roll whole.
 *
 * @returns whether it may be marked again at the end: until now, Redis named the digest of the roll
 */
async function beginChange(ports: StepPorts, lawId: string, run: string): Promise<boolean> {
  const begun = await ports.work.change(lawId, run);
  const unfinished = await ports.marks.unfinished(lawId);
  const own = begun === undefined ? -1 : unfinished.findIndex(({ kind }) => kind === "change");
  const other = unfinished.find((_, index) => index !== own);
  if (other !== undefined) {
    throw new Refusal(
      `The roll of ${lawId} is not changed now: ${describeRollWork(other)}. When it has stopped, complete it by ` +
        `npm run ops -- rebuild-roll ${lawId}, then repeat this. Nothing was changed.`,
    );
  }
  const { complete } = await sealedState(ports, lawId);
  const wasComplete = begun ?? complete;
  await ports.work.beginChange(lawId, run, wasComplete);
  await ports.cache.removeMeta(lawId);
  return wasComplete;
}

interface Comparing {
  /** The buckets of the change, always in the same order. */
  readonly buckets: readonly number[];
  /** How many of them were compared before. */
  readonly from: number;
}

/**
 * Compares buckets of Redis with PostgreSQL until the step should end; at least one, so that steps come to an end.
 * Redis keeps those who have ended.
 *
 * @returns how many are compared
 */
async function compareBuckets(
  { clock, deadline }: StepContext,
  { database, cache }: StepPorts,
  lawId: string,
  { buckets, from }: Comparing,
): Promise<number> {
  let compared = from;
  for (const bucket of buckets.slice(from)) {
    const voters = await database.votersOfBuckets(lawId, bucket, bucket + 1);
    const differing = differingBucket(
      bucketDigests(voters.map(({ voterHash }) => voterHash)),
      await cache.readBack(lawId, bucket, bucket + 1),
    );
    if (differing !== undefined) {
      throw new Refusal(
        `The change of the roll of ${lawId} is noted, and bucket ${bucket} of Redis is not what PostgreSQL says, so the votes of ` +
          `the law wait: npm run ops -- rebuild-roll ${lawId}`,
      );
    }
    compared += 1;
    if (clock.now() >= deadline) break;
  }
  return compared;
}
