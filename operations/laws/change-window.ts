import type { Law } from "../../shared/domain/law.ts";
import type { LawBook, LawChanges } from "../law-book/law-book.ts";
import { type LawTiming, soonestMoment } from "../law-book/timing.ts";
import { changeLaw } from "./change.ts";
import type { ChangeMoment } from "./window.ts";

export interface WindowChange {
  /** The law as it stands now. */
  readonly law: Law;
  /** When the change is in force; undefined: there was nothing to change. */
  readonly inForceAt?: Date | undefined;
}

export interface WindowChangeRequest {
  /** When the change is to be in force; undefined: as soon as every `ingest` can know. */
  readonly at?: Date | undefined;
  /** Says what to change; undefined: nothing. It is called again when another change came first. */
  readonly decide: (law: Law, moment: ChangeMoment, at: Date | undefined) => LawChanges | undefined;
  /** Called when another change came first. */
  readonly onLost?: (() => void) | undefined;
}

/**
 * Changes a law's window at a moment that every `ingest` knows of before it comes: after the change was confirmed, the
 * time for which `ingest` remembers a law, and a margin. If the write takes so long that the moment comes too early, it
 * is moved (operations/law-book/law-book.ts).
 *
 * @param laws the laws
 * @param timing of the stage
 * @param lawId the law
 * @param request what to change
 * @returns the law, and when the change is in force
 * @throws Refusal when there is no such law, when the change is refused, or when its writes take too long every time
 */
export async function changeWindow(
  laws: Pick<LawBook, "get" | "change">,
  timing: LawTiming,
  lawId: string,
  { at, decide, onLost }: WindowChangeRequest,
): Promise<WindowChange> {
  let isChanged = false;
  const law = await changeLaw(
    laws,
    lawId,
    async (read) => {
      const now = await timing.now();
      const soonest = soonestMoment(timing, now);
      const changes = decide(read, { now, soonest }, at);
      isChanged = changes !== undefined;
      return changes && { ...changes, inForceAt: momentOf(read, changes, { asked: at ?? soonest, soonest }) };
    },
    onLost,
  );
  return isChanged ? { law, inForceAt: law.inForceAt } : { law };
}

/**
 * When a change is in force: at the first moment at which the window before it and the window that it makes say
 * different things. If an end or an opening is moved to a later moment, that is the one that it was moved from:
 * `ingest` goes by the new window from then on.
 */
function momentOf(
  before: Law,
  { opensAt, closesAt }: LawChanges,
  { asked, soonest }: { readonly asked: Date; readonly soonest: Date },
): Date {
  const movedFrom = [
    ...(opensAt === undefined ? [] : [before.opensAt]),
    ...(closesAt === undefined || before.closesAt === undefined ? [] : [before.closesAt]),
  ].map((instant) => new Date(instant));
  // Of a law that is opened again, both are over.
  const ahead = movedFrom.filter((instant) => instant >= soonest);
  return [asked, ...ahead].reduce((one, other) => (other < one ? other : one));
}
