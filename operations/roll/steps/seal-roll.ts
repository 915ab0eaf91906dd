import { Refusal } from "../../../shared/domain/refusal.ts";
import { describeRollWork, ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import type { KnownLaw } from "../../law-book/law-book.ts";
import { changeLaw } from "../../laws/change.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { refuseForbidden } from "../../laws/refuse-forbidden.ts";
import { refuseOtherVersion } from "../../laws/refuse-other-version.ts";
import { beginAtSeal } from "../../laws/window.ts";
import type { Servers } from "../../servers.ts";
import { completeRoll, SEAL, sealedState } from "../change.ts";
import type { RollRight, RollSeal, SealedBy } from "../stores/ports.ts";
import { fillRange, rangeFrom } from "./fill-range.ts";
import { type StepContext, type StepPorts, withoutDeadline, withStepRight } from "./step-ports.ts";

/** A law whose roll is sealed. */
interface SealedRoll {
  readonly law: KnownLaw;
  /** The digest of its roll, in hexadecimal digits. */
  readonly digest: string;
}

/** What is to be sealed. */
export interface WantedSeal {
  readonly lawId: string;
  /** How many voters the roll must have. */
  readonly expected: number;
  /** Which version the law must have; absent: any. */
  readonly version?: number | undefined;
  /** The act. */
  readonly run: string;
}

/** How a step of a seal ended. */
export type SealStep =
  | { readonly done: true; readonly sealed: SealedRoll }
  /** How many buckets are filled. */
  | { readonly done: false; readonly buckets: number };

/**
 * Goes on with sealing the roll of a law until the step should end. Redis is emptied and filled from PostgreSQL, bucket
 * by bucket; the digest of each bucket is noted, and Redis is read back. At last the law takes the number of voters:
 * from then on no load changes its roll, a draft is ready, and votes are decided. A step that is taken again changes
 * nothing that it had done. Sealing a roll again changes nothing, if it is as it was sealed.
 *
 * @param context the step
 * @param wanted the law, its version, and how many voters the roll must have
 * @param isBegun whether an earlier step of this act has begun
 * @throws Refusal when roll or law is another than wanted, a load has not ended, the law's state does not allow it,
 *   or Redis does not give back what was written
 */
export async function sealStep(
  context: StepContext,
  wanted: Omit<WantedSeal, "run">,
  isBegun: boolean,
): Promise<SealStep> {
  const { lawId } = wanted;
  const seal: Seal = { servers: context.servers, ports: context.rolls(), run: context.run, ...wanted };
  if (!isBegun) {
    const sealed = await begin(seal);
    if (sealed !== undefined) return { done: true, sealed };
  }
  for (;;) {
    const buckets = await fillNext(seal);
    const sealed =
      buckets === "ended" ? await endedBefore(seal) : buckets >= ROLL_BUCKETS ? await end(seal) : undefined;
    if (sealed !== undefined) return { done: true, sealed };
    if (buckets === "ended") throw endedElsewhere(lawId);
    if (context.clock.now() >= context.deadline) return { done: false, buckets };
  }
}

interface Seal extends WantedSeal {
  readonly servers: Pick<Servers, "laws">;
  readonly ports: StepPorts;
}

/** Notes that a seal begins. @returns the law, if its roll was sealed before and that has ended */
async function begin(seal: Seal): Promise<SealedRoll | undefined> {
  const { servers, ports, lawId, run } = seal;
  return withStepRight(ports, await existingLaws(servers, [lawId]), async (right) => {
    await refuseToSeal(servers, ports, seal);
    await right.check();
    const sealed = (await ports.work.seal(lawId)) === undefined ? await sealedBefore(seal) : undefined;
    if (sealed !== undefined) return completed(seal, sealed, right);
    await ports.cache.removeMeta(lawId);
    await ports.work.beginSeal(lawId, run);
    return undefined;
  });
}

/** The law, if its roll is sealed as wanted. */
async function sealedBefore({ servers, ports, ...wanted }: Seal): Promise<SealedRoll | undefined> {
  const law = await servers.laws.get(wanted.lawId);
  const seal = await ports.database.sealOf(wanted.lawId);
  if (law?.sealedVoters !== wanted.expected || seal === undefined) return undefined;
  refuseSealedOtherwise(law, seal, wanted);
  // What the act has sealed, although somebody may have changed it since.
  return { law, digest: (seal.by?.run === wanted.run ? seal.by : seal).digest.toString("hex") };
}

/** Refuses to answer a roll as wanted that another act has sealed for something else, or that was changed since. */
function refuseSealedOtherwise(
  law: KnownLaw,
  { by, voters, digest }: RollSeal & SealedBy,
  { lawId, expected, version, run }: WantedSeal,
): void {
  if (by?.run === run) return;
  refuseOtherVersion(law, { version, expect: expected });
  if (voters === expected && (by === undefined || by.digest.equals(digest))) return;
  throw new Refusal(
    `The roll of ${lawId} is sealed already: with ${expected} voters${by === undefined ? "" : `, by the act ${by.run}`}. It was ` +
      `changed since then, and has ${voters} ${voters === 1 ? "voter" : "voters"} now. Nothing was done. Look at it: npm run voters -- count ${lawId}`,
    { subject: lawId },
  );
}

/** The law, if a step that was cut off, or another process, has sealed its roll meanwhile. */
async function endedBefore(seal: Seal): Promise<SealedRoll | undefined> {
  return withStepRight(seal.ports, await existingLaws(seal.servers, [seal.lawId]), async (right) => {
    const sealed = await sealedBefore(seal);
    return sealed && completed(seal, sealed, right);
  });
}

/** Lets Redis name the digest of a sealed roll, if the step that was to do it was cut off before. */
async function completed({ ports, lawId }: Seal, sealed: SealedRoll, right: RollRight): Promise<SealedRoll> {
  if ((await sealedState(ports, lawId)).complete) return sealed;
  await right.check();
  await completeRoll(ports, sealed.law);
  return sealed;
}

function endedElsewhere(lawId: string): Refusal {
  return new Refusal(
    `The seal of the roll of ${lawId} was given up, because somebody has begun a load. Seal it again when that has ended.`,
  );
}

/** Fills the next range of buckets. @returns how many are filled, or that no seal is under way any more */
async function fillNext({ servers, ports, lawId }: Seal): Promise<number | "ended"> {
  return withStepRight(ports, await existingLaws(servers, [lawId]), async (right) => {
    const from = await ports.work.seal(lawId);
    if (from === undefined) return "ended";
    if (from >= ROLL_BUCKETS) return from;
    const range = rangeFrom(from, await ports.database.count(lawId));
    const { digests } = await fillRange(ports, lawId, range, right);
    await ports.database.noteDigests(lawId, range.from, range.to, digests);
    await ports.work.filled(lawId, range.to);
    return range.to;
  });
}

/** Makes the seal take effect. @returns undefined when somebody else has begun to fill Redis again */
async function end(seal: Seal): Promise<SealedRoll | undefined> {
  const { servers, ports, lawId, expected, version, run } = seal;
  return withStepRight(ports, await existingLaws(servers, [lawId]), async (right) => {
    if (((await ports.work.seal(lawId)) ?? 0) < ROLL_BUCKETS) return undefined;
    await refuseToSeal(servers, ports, seal);
    await right.check();
    const { digest, voters } = await ports.database.seal(lawId, run);
    if (voters !== expected) {
      throw new Refusal(`The digest of the roll of ${lawId} is over ${voters} voters, not ${expected}: seal it again.`);
    }
    const law = await changeLaw(servers.laws, lawId, (read) => {
      if (read.sealedVoters === expected) return undefined;
      refuseOtherVersion(read, { version, expect: expected });
      const now = new Date();
      refuseForbidden(read, "seal_roll", now.getTime());
      const window = read.reached === "draft" ? beginAtSeal(read, now) : {};
      return { reached: "ready", sealedVoters: expected, ...window };
    });
    await ports.marks.finish(lawId, SEAL);
    await completeRoll(ports, law);
    return { law, digest: digest.toString("hex") };
  });
}

/**
 * Seals the roll of a law, with all of its steps.
 *
 * @param servers those of a running stage
 * @param ports the stores of rolls
 * @param lawId the law
 * @param expected how many voters the roll must have
 * @returns the law
 * @throws Refusal as `sealStep` does
 */
export async function sealRoll(servers: Servers, ports: StepPorts, lawId: string, expected: number): Promise<KnownLaw> {
  const step = await sealStep(withoutDeadline(servers, ports), { lawId, expected }, false);
  if (!step.done) throw new Error("a step without a deadline ended before its time");
  return step.sealed.law;
}

/**
 * Refuses to seal a roll that is not as wanted.
 *
 * @param servers those of a running stage
 * @param ports the stores of rolls
 * @param wanted the law, its version, and how many voters the roll must have
 * @throws Refusal saying why, with the difference
 */
export async function refuseToSeal(
  servers: Pick<Servers, "laws">,
  { database, marks }: Pick<StepPorts, "database" | "marks">,
  wanted: WantedSeal,
): Promise<void> {
  const { lawId, expected, version } = wanted;
  const law = await servers.laws.get(lawId);
  if (law === undefined) throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
  const seal = law.sealedVoters === expected ? await database.sealOf(lawId) : undefined;
  if (seal !== undefined) return refuseSealedOtherwise(law, seal, wanted);
  refuseOtherVersion(law, { version, expect: expected });
  // Otherwise PostgreSQL was restored to a moment before the seal.
  if (law.sealedVoters !== expected) refuseForbidden(law, "seal_roll", Date.now());
  const [load] = (await marks.unfinished(lawId)).filter(({ kind }) => kind === "load");
  if (load !== undefined) {
    throw new Refusal(`${describeRollWork(load)}; a roll is sealed when its loads have ended. Nothing was changed.`);
  }
  const voters = await database.count(lawId);
  if (voters === expected) return;
  const difference = Math.abs(voters - expected);
  throw new Refusal(
    `The roll of ${lawId} has ${voters} voters, ${difference} ${voters < expected ? "fewer" : "more"} than the ` +
      `${expected} that are expected; nothing was changed. ` +
      (voters < expected
        ? "Load the files that are missing, or find out why fewer are right."
        : "Find out who should not be on it. They are struck off a sealed roll (npm run voters -- strike), or another law gets another roll."),
  );
}
