import type { RollPorts } from "./stores/ports.ts";

/** Whether `validate` gets votes after work on a roll. With `others_at_work`, the last work to end resumes it. */
export type Feeding = "fed" | "others_at_work" | "disabled_before";

/**
 * A pause of `validate` for the time of work on a roll. It leaves `validate` as it found it: what a person disabled
 * stays disabled. A durable note tells the two apart, so that the pause of work that was killed ends with the next
 * work. The note holds what the mapping said of its latest change, because a note can be older than that: in a database
 * that was restored from a backup, or after a person enabled `validate` and disabled it again.
 */
export class ConsumerPause {
  readonly #ports: Pick<RollPorts, "consumer" | "marks">;
  #hasBegun = false;
  #isOurs = false;

  constructor(ports: Pick<RollPorts, "consumer" | "marks">) {
    this.#ports = ports;
  }

  /** Pauses `validate`, if it gets votes. */
  async begin(): Promise<void> {
    const { consumer, marks } = this.#ports;
    this.#hasBegun = true;
    this.#isOurs = await consumer.isEnabled();
    if (!this.#isOurs) return;
    await marks.notePause();
    await consumer.pause();
    await marks.confirmPause(await consumer.lastChange());
  }

  /**
   * Ends the pause after the right to change rolls was given back. Votes of an incomplete roll still wait, and votes on
   * other laws need not.
   */
  async end(): Promise<Feeding> {
    const { consumer, marks } = this.#ports;
    if (!this.#hasBegun) return "fed";
    try {
      if (await marks.isAnyoneAtWork()) return "others_at_work";
      const note = await marks.pauseNote();
      const isFed = await consumer.isEnabled();
      if (note === undefined) return isFed ? "fed" : "disabled_before";
      const isOfNow = this.#isOurs || note.mappingChangedAt === (await consumer.lastChange());
      if (!isFed && isOfNow) await consumer.resume();
      await marks.clearPauseNote(note.token);
      return isFed || isOfNow ? "fed" : "disabled_before";
    } catch (error) {
      // PostgreSQL, which has the note, may have failed. This process remembers that it paused `validate`.
      if (this.#isOurs) await consumer.resume();
      throw error;
    }
  }
}
