import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { onStopSignals } from "../terminal/stop-signals.ts";

const GRACE_MS = 60_000;

/** What became of one step of a run. */
export interface StepResult {
  name: string;
  ok: boolean;
  durationMilliseconds: number;
}

/** Runs the steps of a test run one after the other, and ends the one that is running when the run is stopped. */
export class Steps {
  readonly results: StepResult[] = [];
  #running: ChildProcess | undefined;
  #stopped: NodeJS.Signals | undefined;

  constructor() {
    onStopSignals((signal, insisted) => this.#stop(signal, insisted));
  }

  /** The exit code of a run that was stopped (130 for Ctrl-C), undefined while nobody has. */
  get stoppedExitCode(): number | undefined {
    return this.#stopped && 128 + constants.signals[this.#stopped];
  }

  /**
   * Runs a program to its end with its output on this terminal. Does nothing once the run has been stopped.
   * @param name what the user reads
   * @param program a file or a name on PATH
   * @param args its arguments
   * @param env what is added to this process's environment
   * @returns whether it succeeded
   */
  async run(name: string, program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
    if (this.#stopped) return false;
    process.stdout.write(`\n── ${name} ──\n`);
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
    this.#running = child;
    const [code] = await once(child, "exit");
    this.#running = undefined;
    const result = { name, ok: code === 0, durationMilliseconds: performance.now() - startedAt };
    this.results.push(result);
    process.stdout.write(`${result.ok ? "✓" : "✗"} ${name}: ${(result.durationMilliseconds / 1000).toFixed(1)} s\n`);
    return result.ok;
  }

  #stop(signal: NodeJS.Signals, insisted: boolean): void {
    this.#stopped = signal;
    const child = this.#running;
    if (!child) return;
    // At a terminal the child has had Ctrl-C as well and is stopping its stacks; one more would cut that short.
    if (insisted) child.kill("SIGKILL");
    else if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
  }
}
