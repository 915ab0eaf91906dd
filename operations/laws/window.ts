import { lawInstant } from "../../shared/domain/instant.ts";
import { type Law, type VotingWindow, windowState } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { LawChanges } from "../law-book/law-book.ts";
import { refuseForbidden } from "./refuse-forbidden.ts";

/** When a window is changed, and when the change can be in force. */
export interface ChangeMoment {
  readonly now: Date;
  /** The first moment that every `ingest` knows of before it comes. */
  readonly soonest: Date;
}

/** An operator's request to open a law. */
export interface OpenRequest {
  /** When it opens; undefined: as soon as possible. */
  readonly at?: Date | undefined;
  /**
   * When a law that is opened again closes; undefined: at its planned end if that is still to come, else when somebody
   * closes it.
   */
  readonly until?: Date | undefined;
  /** Whether a law may be opened again that has closed. */
  readonly reopen?: boolean | undefined;
}

/** An operator's request to close a law. */
export interface CloseRequest {
  /** When it closes; undefined: as soon as possible. */
  readonly at?: Date | undefined;
}

/**
 * Decides what sealing the roll of a draft changes of its window. No vote is accepted before, so a window that has
 * begun begins now. One that is over stays as it is.
 *
 * @param law the draft
 * @param now the present instant
 */
export function beginAtSeal({ opensAt, closesAt }: VotingWindow, now: Date): LawChanges {
  const isOver = closesAt !== undefined && Date.parse(closesAt) <= now.getTime();
  return isOver || Date.parse(opensAt) >= now.getTime() ? {} : { opensAt: now.toISOString() };
}

/**
 * Decides what opening a law changes. The planned times stay on the law, beside those that are set by hand.
 *
 * @param law the law
 * @param moment when this is done, and when it can be in force
 * @param request what the operator wants
 * @returns what to change; undefined: nothing, because it is open, was opened like this before, or opens by itself
 *   before a change can be in force
 * @throws Refusal when its state does not allow it (shared/domain/law-life.ts), or when the window cannot be as asked
 */
export function openLaw(law: Law, moment: ChangeMoment, request: OpenRequest = {}): LawChanges | undefined {
  const { lawId } = law;
  const nowMs = moment.now.getTime();
  refuseForbidden(law, request.reopen === true ? "reopen" : "open", nowMs);
  const state = windowState(law, nowMs);
  if (state === "closed") return reopened(law, moment, request);
  if (isReopenedSo(law, request)) return undefined;
  if (request.until !== undefined) {
    throw new Refusal(
      `--until is for a law that has closed. To change when ${lawId} closes: npm run laws -- close ${lawId} --at INSTANT`,
    );
  }
  if (state === "open") {
    if (request.at === undefined || request.at.getTime() === Date.parse(law.opensAt)) return undefined;
    throw new Refusal(`${lawId} is open since ${lawInstant(law, law.opensAt)}, which cannot be changed any more.`);
  }
  const known = Date.parse(law.opensAt);
  const opensAt = request.at ?? moment.soonest;
  if (opensAt.getTime() === known) return undefined;
  if (known < moment.soonest.getTime()) {
    if (request.at === undefined) return undefined;
    throw new Refusal(
      `${lawId} opens at ${lawInstant(law, law.opensAt)}, before every ingest can know of another time.`,
    );
  }
  refuseTooSoon(law, opensAt, moment);
  if (law.closesAt !== undefined && opensAt.getTime() >= Date.parse(law.closesAt)) {
    throw new Refusal(
      `${lawId} closes at ${lawInstant(law, law.closesAt)}, before it would open at ${lawInstant(law, opensAt)}.`,
    );
  }
  return { opensAt: opensAt.toISOString(), plannedOpensAt: law.plannedOpensAt ?? law.opensAt };
}

/** Whether this was done before, by a command whose answer was lost. */
function isReopenedSo({ opensAt, closesAt, earlierWindows = [] }: Law, { at, until, reopen }: OpenRequest): boolean {
  return (
    reopen === true &&
    until !== undefined &&
    earlierWindows.length > 0 &&
    closesAt !== undefined &&
    Date.parse(closesAt) === until.getTime() &&
    (at === undefined || Date.parse(opensAt) === at.getTime())
  );
}

/** A closed law is open again from a moment on; the window that has ended is kept, because its votes were in time. */
function reopened(law: Law, moment: ChangeMoment, { at, until }: OpenRequest): LawChanges {
  const { lawId, opensAt, closesAt } = law;
  if (closesAt === undefined) throw new Error(`the law ${lawId} has closed and has no end`);
  const again = at ?? moment.soonest;
  refuseTooSoon(law, again, moment);
  const planned = law.plannedClosesAt ?? closesAt;
  const ends = until?.toISOString() ?? (Date.parse(planned) > again.getTime() ? planned : undefined);
  if (ends !== undefined && Date.parse(ends) <= again.getTime()) {
    throw new Refusal(
      `${lawId} would close at ${lawInstant(law, ends)}, which is not after it opens at ${lawInstant(law, again)}.`,
    );
  }
  return {
    opensAt: again.toISOString(),
    closesAt: ends,
    earlierWindows: [...(law.earlierWindows ?? []), { opensAt, closesAt }],
    plannedClosesAt: planned,
  };
}

/**
 * Decides what closing a law changes: votes accepted before its end count. The end can be moved to any time that every
 * `ingest` knows of before it comes, earlier or later than the current end. The planned times stay on the law.
 *
 * @param law the law
 * @param moment when this is done, and when it can be in force
 * @param request what the operator wants
 * @returns what to change; undefined: nothing, because it has closed, or closes by itself before a change can be in
 *   force
 * @throws Refusal when it has not opened, or cannot close as asked
 */
export function closeLaw(law: Law, moment: ChangeMoment, { at }: CloseRequest = {}): LawChanges | undefined {
  const { lawId } = law;
  refuseForbidden(law, "close", moment.now.getTime());
  const state = windowState(law, moment.now.getTime());
  const known = law.closesAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(law.closesAt);
  const closesAt = at ?? moment.soonest;
  if (state === "closed") {
    if (at === undefined || at.getTime() === known) return undefined;
    throw new Refusal(
      `${lawId} has closed, at ${lawInstant(law, new Date(known))}. npm run laws -- open ${lawId} --reopen opens it again.`,
    );
  }
  if (state === "not_open_yet" && at === undefined) {
    throw new Refusal(
      `${lawId} is not open yet; it opens at ${lawInstant(law, law.opensAt)}. --at says when it closes.`,
    );
  }
  if (closesAt.getTime() === known) return undefined;
  if (known < moment.soonest.getTime()) {
    if (at === undefined) return undefined;
    throw new Refusal(
      `${lawId} closes at ${lawInstant(law, new Date(known))}, before every ingest can know of another time. After that, ` +
        `npm run laws -- open ${lawId} --reopen opens it again.`,
    );
  }
  refuseTooSoon(law, closesAt, moment);
  if (closesAt.getTime() <= Date.parse(law.opensAt)) {
    throw new Refusal(
      `${lawId} opens at ${lawInstant(law, law.opensAt)}, not before it would close at ${lawInstant(law, closesAt)}.`,
    );
  }
  return {
    closesAt: closesAt.toISOString(),
    ...(law.closesAt === undefined ? {} : { plannedClosesAt: law.plannedClosesAt ?? law.closesAt }),
  };
}

function refuseTooSoon(law: Law, at: Date, { soonest }: ChangeMoment): void {
  if (at.getTime() >= soonest.getTime()) return;
  throw new Refusal(
    `${law.lawId} cannot change at ${lawInstant(law, at)}: every ingest knows of a change at ${lawInstant(law, soonest)} at the soonest.`,
  );
}
