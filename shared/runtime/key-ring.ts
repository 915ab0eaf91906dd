import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { KeyPurpose } from "../domain/key-purposes.ts";
import { Keys } from "./keys.ts";

/** The shortest time between two reads of secrets: made-up request ids can ask for versions that do not exist. */
const READ_AGAIN_AFTER_MS = 10_000;

/** Where a function gets the keys that a law or a request id names. */
export interface KeySource<P extends KeyPurpose> {
  /**
   * The keys, read again if they lack one of the versions.
   *
   * @param versions which must be there
   * @returns what the secrets have; a version may be missing from it nevertheless
   * @throws Error when the secrets had to be read again and could not be
   */
  holding(...versions: readonly number[]): Promise<Keys<P>>;
}

/**
 * Keys that follow a rotation. An execution environment lives for hours; a law that was added after a rotation names a
 * version that the secrets did not have when the environment started.
 */
export class KeyRing<P extends KeyPurpose> implements KeySource<P> {
  readonly #read: () => Promise<Keys<P>>;
  readonly #now: () => number;
  #keys: Keys<P>;
  #lastRead: Promise<Keys<P>>;
  #readAgainAtMs = Number.NEGATIVE_INFINITY;

  private constructor(read: () => Promise<Keys<P>>, keys: Keys<P>, now: () => number) {
    this.#read = read;
    this.#keys = keys;
    this.#lastRead = Promise.resolve(keys);
    this.#now = now;
  }

  /**
   * Fetches keys from Secrets Manager.
   *
   * @param client the secret store
   * @param secretIds name or ARN of the secret of each purpose that is wanted
   * @param now milliseconds of a clock that is never set back
   */
  static async load<P extends KeyPurpose>(
    client: SecretsManagerClient,
    secretIds: Readonly<Record<P, string>>,
    now: () => number,
  ): Promise<KeyRing<P>> {
    const read = () => Keys.load(client, secretIds);
    return new KeyRing(read, await read(), now);
  }

  async holding(...versions: readonly number[]): Promise<Keys<P>> {
    if (versions.every((version) => this.#keys.has(version))) return this.#keys;
    const now = this.#now();
    if (now >= this.#readAgainAtMs) {
      this.#readAgainAtMs = now + READ_AGAIN_AFTER_MS;
      this.#lastRead = this.#read();
    }
    // A reading that failed fails everybody who needs its outcome, until the next one.
    this.#keys = await this.#lastRead;
    return this.#keys;
  }
}
