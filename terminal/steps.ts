/** Where a start reports its steps. */
export interface StepLog {
  say(text: string): void;
  /** Runs one step. Reports what is done and, at the end, how long it took. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** Lines on stderr, so that what a command prints can be piped. */
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
