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

/** A program with its arguments, and the name that the user reads. */
export interface Program {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

/** Runs the steps of a test run, and ends what is running when the run is stopped. */
export class Steps {
  readonly results: StepResult[] = [];
  readonly #running = new Set<ChildProcess>();
  #stopped: NodeJS.Signals | undefined;

  constructor() {
    onStopSignals((signal, insisted) => this.#stop(signal, insisted));
  }

  /** The exit code of a run that was stopped (130 for Ctrl-C); undefined while nobody has stopped it. */
  get stoppedExitCode(): number | undefined {
    return this.#stopped && 128 + constants.signals[this.#stopped];
  }

  /**
   * Runs a program to its end with its output on this terminal. Does nothing once the run has been stopped.
   * @param name what the user reads
   * @param program a file or a name on PATH
   * @param args its arguments
   * @param env variables that are added to this process's environment
   * @returns whether it succeeded
   */
  async run(name: string, program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<boolean> {
    if (this.#stopped) return false;
    process.stdout.write(`\n── ${name} ──\n`);
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...env } });
    return this.#record(name, startedAt, await this.#codeOf(child, "exit"));
  }

  /**
   * Runs programs side by side. The output of each appears when it has ended. Does nothing once the run has been
   * stopped.
   * @param programs what to run; none of them changes what another one reads
   */
  async runTogether(programs: readonly Program[]): Promise<void> {
    if (this.#stopped) return;
    const colours = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
    const one = async ({ name, program, args }: Program) => {
      const startedAt = performance.now();
      const child = spawn(program, args, { stdio: ["inherit", "pipe", "pipe"], env: { ...process.env, ...colours } });
      const said: Buffer[] = [];
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => said.push(chunk));
      const code = await this.#codeOf(child, "close");
      process.stdout.write(`\n── ${name} ──\n${Buffer.concat(said).toString("utf8")}`);
      this.#record(name, startedAt, code);
    };
    await Promise.all(programs.map(one));
  }

  async #codeOf(child: ChildProcess, event: "exit" | "close"): Promise<unknown> {
    this.#running.add(child);
    try {
      const [code] = await once(child, event);
      return code;
    } finally {
      this.#running.delete(child);
    }
  }

  #record(name: string, startedAt: number, code: unknown): boolean {
    const result = { name, ok: code === 0, durationMilliseconds: performance.now() - startedAt };
    this.results.push(result);
    process.stdout.write(`${result.ok ? "✓" : "✗"} ${name}: ${(result.durationMilliseconds / 1000).toFixed(1)} s\n`);
    return result.ok;
  }

  #stop(signal: NodeJS.Signals, insisted: boolean): void {
    this.#stopped = signal;
    for (const child of this.#running) {
      // At a terminal, the child has received Ctrl-C as well and is stopping its stacks. A second signal would cut that
      // short.
      if (insisted) child.kill("SIGKILL");
      else if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
      setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
    }
  }
}
