import { setTimeout as pause } from "node:timers/promises";
import type { Servers } from "../servers.ts";
import { changeLaw } from "./change.ts";
import { knownAfterSeconds, lawTimingOf } from "./timing.ts";

export interface Freezing {
  /** False when the law was in the wanted state already. */
  readonly changed: boolean;
  /** Within how many seconds every `ingest` knows. */
  readonly knownWithinSeconds: number;
}

/**
 * Stops or resumes the acceptance of votes for a law, and returns once that is written.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param frozen whether votes are refused
 * @returns whether anything changed, and how long it takes to be known
 * @throws Refusal when there is no such law
 */
export async function writeFrozen(servers: Servers, lawId: string, frozen: boolean): Promise<Freezing> {
  let changed = false;
  await changeLaw(servers.laws, lawId, (law) => {
    changed = (law.frozen ?? false) !== frozen;
    return changed ? { frozen: frozen ? true : undefined } : undefined;
  });
  return { changed, knownWithinSeconds: knownAfterSeconds(lawTimingOf(servers)) };
}

/**
 * Stops or resumes the acceptance of votes for a law. Stopping returns when every `ingest` knows, also when the law was
 * frozen already: somebody else may have frozen it a moment ago.
 *
 * @param servers those of a running stage
 * @param lawId the law
 * @param frozen whether votes are refused
 * @param onWait called once it is written, with the number of seconds until every `ingest` knows
 * @returns whether anything changed, and how long it takes to be known
 * @throws Refusal when there is no such law
 */
export async function setFrozen(
  servers: Servers,
  lawId: string,
  frozen: boolean,
  onWait: (seconds: number) => void = () => undefined,
): Promise<Freezing> {
  const { changed, knownWithinSeconds } = await writeFrozen(servers, lawId, frozen);
  if (frozen) {
    onWait(knownWithinSeconds);
    await pause(knownWithinSeconds * 1_000);
  }
  return { changed, knownWithinSeconds };
}
