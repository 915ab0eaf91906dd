import type { StepContext, StepPorts } from "./step-ports.ts";

/** Whether `validate` gets votes after work on a roll. With `others_at_work`, the last work to end resumes it. */
export type Feeding = "fed" | "others_at_work" | "disabled_before";

/** How often the mapping's state is read. */
const POLL_MS = 200;

type PausePorts = Pick<StepPorts, "consumer" | "marks" | "work">;
type Until = Pick<StepContext, "deadline" | "clock">;

/**
 * Pauses `validate` for the time of a rebuild. It leaves `validate` as it found it: what a person disabled stays
 * disabled. A note in the database tells the two apart, so that any process can go on, and the pause of work that was
 * killed ends with the next work. The note holds what the mapping said of its latest change, because a note can be
 * older than that: in a database that was restored from a backup, or after a person enabled `validate` and disabled it
 * again.
 *
 * @param ports the mapping and the notes
 * @param run the act that pauses it
 * @param until until when to wait, by which clock
 * @returns whether it gets no votes now; if not, call again
 */
export async function pausing(
  { consumer, work }: PausePorts,
  run: string,
  { deadline, clock }: Until,
): Promise<boolean> {
  for (;;) {
    const state = await consumer.state();
    if (state === "Enabled") {
      await work.notePause(run);
      await consumer.ask(false);
    } else if (!isChanging(state)) {
      // Whoever paused it before has confirmed that, or nobody did but a person.
      await work.confirmPause(run, await consumer.lastChange());
      return true;
    }
    if (clock.now() >= deadline) return false;
    await clock.pause(POLL_MS);
  }
}

/**
 * Ends the pause of `validate`, after the right to change rolls was given back. Votes of an incomplete roll still wait,
 * and votes on other laws need not.
 *
 * @param ports the mapping and the notes
 * @param pausedBy the act that may have paused it without having confirmed that
 * @param until until when to wait, by which clock
 * @returns undefined when the mapping is still changing: call again
 */
export async function resuming(
  { consumer, marks, work }: PausePorts,
  pausedBy: string | undefined,
  { deadline, clock }: Until,
): Promise<Feeding | undefined> {
  if (await marks.isAnyoneAtWork()) return "others_at_work";
  let state = await consumer.state();
  while (isChanging(state)) {
    if (clock.now() >= deadline) return undefined;
    await clock.pause(POLL_MS);
    state = await consumer.state();
  }
  const isFed = state === "Enabled";
  const note = await marks.pauseNote();
  if (note === undefined) return isFed ? "fed" : "disabled_before";
  const isOfNow =
    note.mappingChangedAt === (await consumer.lastChange()) ||
    (note.mappingChangedAt === null && pausedBy !== undefined && (await work.isPauseOf(pausedBy)));
  if (!isFed && isOfNow) await consumer.ask(true);
  await marks.clearPauseNote(note.token);
  return isFed || isOfNow ? "fed" : "disabled_before";
}

function isChanging(state: string): boolean {
  return /ing$/.test(state);
}
