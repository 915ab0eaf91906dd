import { CachedLawStore, type Clocks } from "../../shared/stores/law-cache.ts";
import { lawStore, type SimDynamoDb } from "./models/dynamodb.ts";
import type { Process } from "./scheduler.ts";

/** For how long the simulated `ingest` remembers a law, in seconds. */
export const LAW_CACHE_SECONDS = 5;
/** The margin of changes of a law, in seconds. */
export const LAW_CHANGE_MARGIN_SECONDS = 2;

/** An execution environment: it serves one request at a time, and remembers laws between them. */
export class Environment {
  readonly laws: CachedLawStore;
  process: Process | undefined;

  constructor(database: SimDynamoDb, clocks: Clocks) {
    const read = (lawId: string) => {
      if (this.process === undefined) throw new Error("an environment without a request reads a law");
      return lawStore(this.process, database).get(lawId);
    };
    this.laws = new CachedLawStore({ get: read }, LAW_CACHE_SECONDS, clocks);
  }
}

/** The execution environments of `ingest`, as Lambda makes, uses and discards them. */
export class Environments {
  readonly #free: Environment[] = [];
  readonly #make: () => Environment;
  readonly #areReused: boolean;

  /**
   * @param database where the laws are
   * @param clocks of the simulated machines
   * @param areReused false: every request is a cold start, so that looking at its law is one more step that can fail
   */
  constructor(database: SimDynamoDb, clocks: Clocks, areReused: boolean) {
    this.#make = () => new Environment(database, clocks);
    this.#areReused = areReused;
  }

  /**
   * Gives a request an environment: one that is free, else a new one. One that is not released, because its request
   * crashed, is gone.
   *
   * @param process the request's
   */
  use(process: Process): Environment {
    const environment = this.#free.pop() ?? this.#make();
    environment.process = process;
    return environment;
  }

  /** Says that the request has ended. */
  release(environment: Environment): void {
    if (this.#areReused) this.#free.push(environment);
  }
}
