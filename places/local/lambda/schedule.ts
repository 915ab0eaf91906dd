import { randomUUID } from "node:crypto";
import { ACCOUNT, REGION, type ScheduleModel } from "../template/model.ts";
import type { FunctionPool, FunctionResult } from "./invoker.ts";

/**
 * A rule of EventBridge that calls a function again and again. A call that is due while the one before is under way is
 * left out: the functions here look at everything each time.
 */
export class Schedule {
  readonly #model: ScheduleModel;
  readonly #pool: FunctionPool;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  /**
   * @param model which function, and how often
   * @param pool runs it
   */
  constructor(model: ScheduleModel, pool: FunctionPool) {
    this.#model = model;
    this.#pool = pool;
  }

  /** Begins to call. */
  start(): void {
    this.#timer = setInterval(() => this.#due(), this.#model.everyMs);
  }

  /** Calls no more, and waits for the call that is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  #due(): void {
    if (this.#running !== undefined) return;
    const { input, functionName } = this.#model;
    const event: unknown = input === undefined ? scheduledEvent() : JSON.parse(input);
    this.#running = this.#pool.invoke(event).then((result) => {
      const fault = faultOf(result);
      if (fault !== undefined) console.error(`${functionName}, on its schedule: ${fault}`);
      this.#running = undefined;
    });
  }
}

/** What EventBridge sends (User Guide, "Events from AWS services"). */
function scheduledEvent() {
  return {
    version: "0",
    id: randomUUID(),
    "detail-type": "Scheduled Event",
    source: "aws.events",
    account: ACCOUNT,
    time: new Date().toISOString(),
    region: REGION,
    resources: [],
    detail: {},
  };
}

function faultOf(result: FunctionResult): string | undefined {
  switch (result.kind) {
    case "failed":
      return `failed: ${result.message}`;
    case "timed_out":
      return "was not done within the function's time limit";
    case "throttled":
      return "found no room";
    case "returned":
      return undefined;
  }
}
