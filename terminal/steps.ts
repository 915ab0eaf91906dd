/** Reports the steps of a start. */
export interface StepLog {
  say(text: string): void;
  /** Runs one step. Reports its name and, at the end, how long it took. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** Prints lines on stderr, so that a command's output can be piped. */
export const stderrSteps: StepLog = {
  say(text) {
    process.stderr.write(`${text}\n`);
  },
  async step(what, work) {
    const startedAt = performance.now();
    process.stderr.write(`… ${what}\n`);
    const result = await work();
    process.stderr.write(`✓ ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`);
    return result;
  },
};
