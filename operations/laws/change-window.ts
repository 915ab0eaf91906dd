import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { DynamoLawStore, LawChanges } from "../../shared/stores/laws.ts";
import { changeLaw } from "./change.ts";
import { isInTime, type LawTiming, soonestMoment } from "./timing.ts";
import type { ChangeMoment } from "./window.ts";

/** How often a change is announced again whose write took too long. */
const MOST_ANNOUNCEMENTS = 5;

export interface WindowChange {
  /** The law as it stands now. */
  readonly law: Law;
  /** When the change is in force; undefined: there was nothing to change. */
  readonly inForceAt?: Date | undefined;
}

export interface WindowChangeRequest {
  /** When the change is to be in force; undefined: as soon as every `ingest` can know. */
  readonly at?: Date | undefined;
  /**
   * Says what to change; undefined: nothing. It is called again when another change came first, or the write took long.
   */
  readonly decide: (law: Law, moment: ChangeMoment, at: Date | undefined) => LawChanges | undefined;
  /** Called when another change came first. */
  readonly onLost?: (() => void) | undefined;
}

/**
 * Changes a law's window at a moment that every `ingest` knows of before it comes: after the change was confirmed, the
 * time for which `ingest` remembers a law, and a margin. If the write takes so long that the moment comes too early, it
 * is moved.
 *
 * @param laws where the laws are
 * @param timing of the stage
 * @param lawId the law
 * @param request what to change
 * @returns the law, and when the change is in force
 * @throws Refusal when there is no such law, when the change is refused, or when its writes take too long every time
 */
export async function changeWindow(
  laws: Pick<DynamoLawStore, "get" | "change">,
  timing: LawTiming,
  lawId: string,
  { at, decide, onLost }: WindowChangeRequest,
): Promise<WindowChange> {
  let announced: { readonly original: Law; readonly version: number | undefined } | undefined;
  for (let tried = 1; tried <= MOST_ANNOUNCEMENTS; tried++) {
    let moment: Date | undefined;
    let original: Law | undefined;
    const law = await changeLaw(
      laws,
      lawId,
      async (read) => {
        const now = await timing.now();
        const soonest = soonestMoment(timing, now);
        // The own announcement that came too late is decided again as if it had not been made. Another's is not.
        const isOwn = announced !== undefined && announced.version === read.version;
        original = isOwn ? announced?.original : read;
        moment = isOwn || at === undefined ? soonest : at;
        const changes = decide(original ?? read, { now, soonest }, isOwn ? undefined : at);
        if (changes === undefined) moment = undefined;
        return changes;
      },
      onLost,
    );
    if (moment === undefined || original === undefined) return { law };
    if (isInTime(timing, await timing.now(), moment)) return { law, inForceAt: moment };
    announced = { original, version: law.version };
  }
  throw new Refusal(
    `The change of ${lawId} was written ${MOST_ANNOUNCEMENTS} times and confirmed too late each time, so some ingest may ` +
      "learn of it after its moment. Look at the services with npm run doctor, freeze the law if it must take no votes, " +
      "and try again.",
  );
}
