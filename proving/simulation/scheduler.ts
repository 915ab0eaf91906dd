import { type Random, seededRandom } from "../random.ts";
import {
  Crashed,
  type FaultKind,
  STALL_MS,
  type StepFault,
  type StepOptions,
  type TakenStep,
  TooManySteps,
} from "./steps.ts";

interface PendingStep {
  readonly process: Process;
  readonly label: string;
  readonly options: StepOptions<unknown>;
  readonly effect: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  heldUntil: number;
  isStalled: boolean;
}

/**
 * Decides which process goes on. Everything that the system does outside its memory is a step. Between two steps, the
 * code runs until it can go no further; then the random generator chooses which step is next. So one seed gives one
 * interleaving, down to the last detail, and a fault can be injected at every step.
 */
export class Scheduler {
  readonly random: Random;
  /** Called before the step of that number. */
  readonly events = new Map<number, () => void>();
  /** The steps so far, if they are kept. */
  readonly taken: TakenStep[] = [];
  /** Called at every step, just before its effect. */
  onStep: () => void = () => undefined;
  /** Unexpected errors that ended a process. */
  readonly failures: string[] = [];
  /** The times at which something becomes ready by itself, in simulated milliseconds. */
  readonly alarms: (() => number | undefined)[] = [];
  /** Simulated milliseconds since the beginning. */
  now = 0;
  steps = 0;
  /** There are no more faults and events. */
  isHealed = false;
  readonly #keepSteps: boolean;
  /** The faults to come, the next one first. */
  #faults: readonly StepFault[];
  #pending: PendingStep[] = [];

  /**
   * @param seed of the interleaving
   * @param faults each is injected at its step, or at the first later step where it can happen
   * @param keepSteps whether `taken` is filled
   */
  constructor(seed: number, faults: readonly StepFault[], keepSteps: boolean) {
    this.random = seededRandom(seed);
    this.#faults = [...faults].sort((one, other) => one.step - other.step);
    this.#keepSteps = keepSteps;
  }

  /**
   * Runs a body as a separate process, which a fault can end at any step.
   *
   * @returns the body's result
   * @throws Crashed when a fault ended it
   */
  spawn<T>(name: string, body: (process: Process) => Promise<T>): Promise<T> {
    const process = new Process(this, name);
    return new Promise<T>((resolve, reject) => {
      process.onEnd(() => reject(new Crashed(`${name} crashed`)));
      body(process).then(resolve, reject);
    }).finally(() => process.end());
  }

  /** Runs a body that nobody waits for. Only a fault may end it early. */
  start(name: string, body: (process: Process) => Promise<void>): void {
    this.spawn(name, body).catch((error: unknown) => {
      if (!(error instanceof Crashed)) this.failures.push(`${name} failed: ${String(error)}`);
    });
  }

  /** Waits for the turn of a step. */
  enqueue<T>(process: Process, label: string, effect: () => T, options: StepOptions<T>, delayMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const pending: PendingStep = {
        process,
        label,
        options,
        effect,
        resolve: (value) => resolve(value as T),
        reject,
        heldUntil: this.now + delayMs,
        isStalled: false,
      };
      // A process that has ended takes no more steps.
      if (process.isAlive) this.#pending.push(pending);
    });
  }

  /**
   * Lets all processes go on until none can, or until `isEnough` says to stop.
   *
   * @param limit how many steps this may take
   * @param isEnough is called before every step
   * @throws TooManySteps
   */
  async run(limit: number, isEnough: () => boolean = () => false): Promise<void> {
    const last = this.steps + limit;
    for (;;) {
      await settled();
      if (isEnough()) return;
      const step = this.#choose();
      if (step === undefined) {
        if (!this.#advance()) return;
        continue;
      }
      if (this.steps >= last) throw new TooManySteps(`${limit} steps, and no end`);
      this.#take(step);
    }
  }

  /** Notes for the timeline what somebody did who takes no steps. */
  note(process: string, label: string): void {
    if (this.#keepSteps) this.taken.push({ number: this.steps - 1, at: this.now, process, label, kinds: [] });
  }

  /** Ends everything that still waits. */
  stop(): void {
    this.#pending = [];
  }

  #choose(): PendingStep | undefined {
    this.#pending = this.#pending.filter((step) => step.process.isAlive);
    const ready = this.#pending.filter((step) => step.heldUntil <= this.now && (step.options.ready?.() ?? true));
    return ready[this.random.below(ready.length)];
  }

  /** Advances the clock to the next moment at which something may be ready. */
  #advance(): boolean {
    const moments = [...this.#pending.map((step) => step.heldUntil), ...this.alarms.map((alarm) => alarm())];
    let next = Number.POSITIVE_INFINITY;
    for (const moment of moments) if (moment !== undefined && moment > this.now && moment < next) next = moment;
    if (next === Number.POSITIVE_INFINITY) return false;
    this.now = next;
    return true;
  }

  #faultAt(number: number, kinds: readonly FaultKind[]): FaultKind | undefined {
    const fault = this.#faults.find(({ step, kind }) => step <= number && kinds.includes(kind));
    if (fault === undefined) return undefined;
    this.#faults = this.#faults.filter((other) => other !== fault);
    return fault.kind;
  }

  #take(step: PendingStep): void {
    const number = this.steps;
    const kinds = step.options.faults ?? [];
    const fault = this.isHealed || step.isStalled ? undefined : this.#faultAt(number, kinds);
    this.steps += 1;
    this.now += 1 + this.random.below(20);
    if (!this.isHealed) this.events.get(number)?.();
    if (this.#keepSteps) {
      this.taken.push({ number, at: this.now, process: step.process.name, label: step.label, kinds, fault });
    }
    this.onStep();
    if (fault === "stall") {
      step.heldUntil = this.now + STALL_MS;
      step.isStalled = true;
      return;
    }
    this.#pending.splice(this.#pending.indexOf(step), 1);
    perform(step, fault);
  }
}

function perform({ process, effect, options, resolve, reject }: PendingStep, fault: FaultKind | undefined): void {
  const failure = () => options.error?.() ?? new Error("the connection was lost");
  try {
    if (fault === "crash before") process.crash();
    else if (fault === "error before") reject(failure());
    else if (fault === "part" && options.part !== undefined) resolve(options.part());
    else {
      const value = effect();
      if (fault === "crash after") process.crash();
      else if (fault === "error after") reject(failure());
      else resolve(value);
    }
  } catch (error) {
    reject(error);
  }
}

/** When a callback of `nextTick` runs that was set in a microtask, no microtasks are left. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Something that takes steps and can be ended between two of them. */
export class Process {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #atEnd: (() => void)[] = [];
  #isAlive = true;

  constructor(scheduler: Scheduler, name: string) {
    this.#scheduler = scheduler;
    this.name = name;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get random(): Random {
    return this.#scheduler.random;
  }

  /** Does something outside of this process's memory when its turn comes. */
  step<T>(label: string, effect: () => T, options: StepOptions<T> = {}): Promise<T> {
    return this.#scheduler.enqueue(this, label, effect, options, 0);
  }

  /** Waits. */
  sleep(milliseconds: number): Promise<void> {
    return this.#scheduler.enqueue(this, "waited", () => undefined, {}, milliseconds);
  }

  /** Registers a function for the end of this process, whatever ends it. */
  onEnd(action: () => void): void {
    this.#atEnd.push(action);
  }

  crash(): void {
    this.end();
  }

  end(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    for (const action of this.#atEnd) action();
  }
}
