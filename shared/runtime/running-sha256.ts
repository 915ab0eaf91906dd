import { createSHA256 } from "hash-wasm";

type Hasher = Awaited<ReturnType<typeof createSHA256>>;

/** A state that this release cannot go on from: its library of hashes is another one. */
export class ForeignHashState extends Error {}

/**
 * SHA-256 of more than one call of a function can read. node:crypto has no way to keep the state of a hash between two
 * processes.
 */
export class RunningSha256 {
  readonly #hasher: Hasher;

  private constructor(hasher: Hasher) {
    this.#hasher = hasher;
  }

  /**
   * Begins, or goes on.
   *
   * @param state what `state` said before; undefined: nothing was hashed
   * @throws ForeignHashState when another release has made the state
   */
  static async from(state: string | undefined): Promise<RunningSha256> {
    const hasher = await createSHA256();
    if (state === undefined) return new RunningSha256(hasher.init());
    try {
      return new RunningSha256(hasher.load(Buffer.from(state, "base64url")));
    } catch (error) {
      throw new ForeignHashState("another release has begun this hash", { cause: error });
    }
  }

  update(data: string | Uint8Array): this {
    this.#hasher.update(data);
    return this;
  }

  /** What `from` goes on from, base64url. */
  get state(): string {
    return Buffer.from(this.#hasher.save()).toString("base64url");
  }

  /** The hash of all that was given; nothing can be added afterwards. */
  digest(): Buffer {
    return Buffer.from(this.#hasher.digest("binary"));
  }
}
