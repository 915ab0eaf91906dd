import { ProcessMeter } from "../../machine/process-usage.ts";
import { queueDepths } from "../../operations/queues/depths.ts";
import { localStatus } from "../../places/local/local-status.ts";
import type { Target } from "../../places/target.ts";
import { explain } from "../../terminal/errors.ts";
import type { StackSample } from "../report/model.ts";

const EVERY_MS = 1_000;

/** Looks at a stack once a second: queues, tally, and on the local stage its processes' CPU time and memory. */
export class StackSampler {
  readonly samples: StackSample[] = [];
  readonly #target: Target;
  readonly #lawId: string;
  readonly #generator: () => readonly number[];
  readonly #before: number;
  readonly #meter = new ProcessMeter();
  #timer: NodeJS.Timeout | undefined;
  #sampling: Promise<void> | undefined;

  /**
   * @param target a running stack
   * @param lawId the law whose tally is followed
   * @param generator process ids of the load generator
   * @param before how many votes of the law were counted before the run
   */
  constructor(target: Target, lawId: string, generator: () => readonly number[], before = 0) {
    this.#target = target;
    this.#lawId = lawId;
    this.#generator = generator;
    this.#before = before;
  }

  /** Begins; the first sample has been taken when it resolves. */
  async start(): Promise<void> {
    await this.sample();
    this.#timer = setInterval(() => {
      this.#sampling ??= this.sample()
        .then(
          () => undefined,
          // The plot shows that a second is missing; the run goes on.
          (error: unknown) => void process.stderr.write(`the stack could not be looked at: ${explain(error)}\n`),
        )
        .finally(() => {
          this.#sampling = undefined;
        });
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sampling;
  }

  /** Looks once. */
  async sample(): Promise<StackSample> {
    const [{ depths, usage }, counted] = await Promise.all([this.#look(), this.#counted()]);
    const sample = { at: Date.now(), votesQueue: depths.votes, outcomesQueue: depths.outcomes, counted, usage };
    this.samples.push(sample);
    return sample;
  }

  async #counted(): Promise<number> {
    const { rows } = await this.#target.pool.query<{ votes: string }>(
      // A sealed law has no tally before it is counted.
      "select sum(voted)::text as votes from turnout_hours where law_id = $1",
      [this.#lawId],
    );
    return Number(rows[0]?.votes ?? 0) - this.#before;
  }

  async #look(): Promise<{ depths: { votes: number; outcomes: number }; usage: StackSample["usage"] }> {
    if (this.#target.stage !== "local") return { depths: await queueDepths(this.#target), usage: {} };
    const status = await localStatus(this.#target.address.dataDir);
    const depthOf = (output: string) => {
      const name = this.#target.output(output).split("/").at(-1);
      const queue = status.queues.find((candidate) => candidate.name === name);
      return (queue?.visible ?? 0) + (queue?.in_flight ?? 0);
    };
    const { functions, ...services } = status.pids;
    const roots: Record<string, readonly number[]> = { generator: this.#generator() };
    for (const [name, pid] of Object.entries(services)) if (typeof pid === "number") roots[name] = [pid];
    for (const [name, pids] of Object.entries(functions)) if (pids.length > 0) roots[name] = pids;
    return {
      depths: { votes: depthOf("VotesQueueUrl"), outcomes: depthOf("OutcomesQueueUrl") },
      usage: this.#meter.read(roots),
    };
  }
}
