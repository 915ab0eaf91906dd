import { setTimeout as pause, setImmediate as turn } from "node:timers/promises";

/** Time, as the steps of long work know it. A simulation has another one. */
export interface Clock {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Waits this many milliseconds. */
  pause(milliseconds: number): Promise<void>;
  /** Lets answers be read that have come in the middle of much work. */
  turn(): Promise<void>;
}

/** The clock of this machine. */
export const MACHINE_CLOCK: Clock = {
  now: () => performance.now(),
  pause: async (milliseconds) => {
    await pause(milliseconds);
  },
  turn: async () => {
    await turn();
  },
};
