import { setTimeout as pause } from "node:timers/promises";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { LawBook } from "../law-book/law-book.ts";
import { knownAfterSeconds, type LawTiming, lawTimingOf } from "../law-book/timing.ts";
import type { Servers } from "../servers.ts";
import { refuseForbidden } from "./refuse-forbidden.ts";

export interface Freezing {
  /** False when the law was in the wanted state already. */
  readonly changed: boolean;
  /** Within how many seconds every `ingest` knows. */
  readonly knownWithinSeconds: number;
}

interface FreezePorts {
  readonly laws: Pick<LawBook, "get" | "setFrozen">;
  readonly timing: Pick<LawTiming, "cacheSeconds" | "marginSeconds">;
  /** Waits this many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/**
 * Stops or resumes the acceptance of votes for a law, and returns once that is written.
 *
 * @param ports the laws and their timing
 * @param lawId the law
 * @param frozen whether votes are refused
 * @returns whether anything changed, and how long it takes to be known
 * @throws Refusal when there is no such law, or it is a draft
 */
export async function writeFrozen(
  { laws, timing }: Omit<FreezePorts, "pause">,
  lawId: string,
  frozen: boolean,
): Promise<Freezing> {
  const changed = await laws.setFrozen(lawId, frozen);
  if (changed === undefined) {
    const law = await laws.get(lawId);
    if (law !== undefined) refuseForbidden(law, frozen ? "freeze" : "unfreeze", Date.now());
    throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
  }
  return { changed, knownWithinSeconds: knownAfterSeconds(timing) };
}

/**
 * Stops or resumes the acceptance of votes for a law. Stopping returns when every `ingest` knows, also when the law was
 * frozen already: somebody else may have frozen it a moment ago.
 *
 * @param ports the laws, their timing, and waiting
 * @param lawId the law
 * @param frozen whether votes are refused
 * @param onWait called once it is written, with the number of seconds until every `ingest` knows
 * @returns whether anything changed, and how long it takes to be known
 * @throws Refusal when there is no such law
 */
async function freezeLaw(
  { laws, timing, pause: wait }: FreezePorts,
  lawId: string,
  frozen: boolean,
  onWait: (seconds: number) => void = () => undefined,
): Promise<Freezing> {
  const { changed, knownWithinSeconds } = await writeFrozen({ laws, timing }, lawId, frozen);
  if (frozen) {
    onWait(knownWithinSeconds);
    await wait(knownWithinSeconds * 1_000);
  }
  return { changed, knownWithinSeconds };
}

/**
 * Stops or resumes the acceptance of votes for a law of a running stage, as `freezeLaw` does.
 *
 * @param servers those of the stage
 * @param lawId the law
 * @param frozen whether votes are refused
 * @param onWait called once it is written, with the number of seconds until every `ingest` knows
 * @throws Refusal when there is no such law
 */
export function setFrozen(
  servers: Servers,
  lawId: string,
  frozen: boolean,
  onWait?: (seconds: number) => void,
): Promise<Freezing> {
  return freezeLaw({ laws: servers.laws, timing: lawTimingOf(servers), pause }, lawId, frozen, onWait);
}
