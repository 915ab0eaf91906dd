import { setTimeout as pause } from "node:timers/promises";
import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { Refusal } from "../../shared/domain/refusal.ts";

/** Lambda takes up to a minute to change a mapping's state. */
const DEADLINE_MS = 180_000;
const POLL_MS = 250;

/** The event source mapping of a consumer, which can be paused and resumed. */
export interface Consumer {
  /** Whether it delivers batches, or is about to. */
  isEnabled(): Promise<boolean>;
  /** When its settings or state changed last, as its service says it; another text after every change. */
  lastChange(): Promise<string>;
  /** Stops the delivery of batches. Batches that are being worked on may still end. */
  pause(): Promise<void>;
  resume(): Promise<void>;
}

/** An event source mapping, which can be paused while the store it needs is not ready. */
export class MappingConsumer implements Consumer {
  readonly #client: LambdaClient;
  readonly #mappingId: string;

  constructor(client: LambdaClient, mappingId: string) {
    this.#client = client;
    this.#mappingId = mappingId;
  }

  async pause(): Promise<void> {
    await this.#enable(false);
  }

  async resume(): Promise<void> {
    await this.#enable(true);
  }

  async isEnabled(): Promise<boolean> {
    return (await this.#settledState(Date.now() + DEADLINE_MS)) === "Enabled";
  }

  // LocalStack always shows the time when the mapping was made, so there every note counts as current.
  async lastChange(): Promise<string> {
    const { LastModified } = await this.#client.send(new GetEventSourceMappingCommand({ UUID: this.#mappingId }));
    return LastModified?.toISOString() ?? "";
  }

  /** `Enabled`, `Disabled`, or a transition between them. */
  async state(): Promise<string> {
    const { State } = await this.#client.send(new GetEventSourceMappingCommand({ UUID: this.#mappingId }));
    return State ?? "unknown";
  }

  /**
   * Asks for a change of the state and does not wait for it. While a transition is under way, Lambda takes no other
   * one.
   *
   * @param enabled whether batches are to be delivered
   */
  async ask(enabled: boolean): Promise<void> {
    await this.#client.send(new UpdateEventSourceMappingCommand({ UUID: this.#mappingId, Enabled: enabled }));
  }

  /** The state once no transition is under way. */
  async #settledState(deadlineMs: number): Promise<string> {
    for (;;) {
      const state = await this.state();
      if (!/ing$/.test(state)) return state;
      if (Date.now() > deadlineMs) {
        throw new Refusal(`The event source mapping ${this.#mappingId} is ${state} and does not come to an end of it.`);
      }
      await pause(POLL_MS);
    }
  }

  async #enable(enabled: boolean): Promise<void> {
    const wanted = enabled ? "Enabled" : "Disabled";
    const deadlineMs = Date.now() + DEADLINE_MS;
    let asked = false;
    for (;;) {
      const state = await this.state();
      if (state === wanted) return;
      if (!asked && !/ing$/.test(state)) {
        await this.ask(enabled);
        asked = true;
      }
      if (Date.now() > deadlineMs) {
        throw new Refusal(`The event source mapping ${this.#mappingId} is ${state} and does not become ${wanted}.`);
      }
      await pause(POLL_MS);
    }
  }
}
