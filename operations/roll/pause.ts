import type { RollPorts } from "./ports.ts";

/** Whether `validate` gets votes after work on a roll. With `others_at_work`, the last work to end resumes it. */
export type Feeding = "fed" | "others_at_work" | "disabled_before";

/**
 * A pause of `validate` during work on a roll. At its end, `validate` is as before: if a person disabled it, it stays
 * disabled. A durable note says whether the pause or a person disabled it, so that the next work can end the pause of
 * work that was killed.
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
      if (note === undefined) return (await consumer.isEnabled()) ? "fed" : "disabled_before";
      await consumer.resume();
      await marks.clearPauseNote(note);
      return "fed";
    } catch (error) {
      // PostgreSQL, which has the note, may have failed. This process remembers that it paused `validate`.
      if (this.#isOurs) await consumer.resume();
      throw error;
    }
  }
}
