import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { ObjectStore } from "../../shared/stores/objects.ts";

/** AES-256-GCM with a random nonce of 96 bits and a tag of 128 bits (NIST SP 800-38D). */
const CIPHER = "aes-256-gcm";
const VERSION_BYTES = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const TEXT_AT = VERSION_BYTES + NONCE_BYTES + TAG_BYTES;

/**
 * Texts in the object store, encrypted. An act is there before it takes effect, so that a PostgreSQL that was restored
 * to a moment before it learns of it again.
 */
export interface Archive {
  /**
   * Keeps a text.
   *
   * @param name its name
   * @param text the text
   * @param options `once`: a text that is there already is not replaced
   * @returns false when there was one already and it was left as it is
   */
  put(name: string, text: string, options?: { readonly once?: boolean }): Promise<boolean>;
  /**
   * Reads a text.
   *
   * @param name its name
   * @returns undefined when there is none
   * @throws Error when it was not written under this name with the key of the archive
   */
  get(name: string): Promise<string | undefined>;
  /** Whether there is a text of this name. */
  has(name: string): Promise<boolean>;
  /**
   * Lists names in ascending order, at most a thousand.
   *
   * @param prefix what they begin with
   * @param after they come after this one
   */
  names(prefix: string, after?: string): Promise<readonly string[]>;
}

/** The archive in an object store: `key version (1 byte) | nonce (12) | tag (16) | what is encrypted`. */
export class EncryptedArchive implements Archive {
  readonly #objects: ObjectStore;
  readonly #keys: () => Promise<KeySource<"archive">>;

  /**
   * @param objects keeps the encrypted texts
   * @param keys encrypts and decrypts
   */
  constructor(objects: ObjectStore, keys: () => Promise<KeySource<"archive">>) {
    this.#objects = objects;
    this.#keys = keys;
  }

  async put(name: string, text: string, options?: { readonly once?: boolean }): Promise<boolean> {
    const keys = await (await this.#keys()).holding();
    const version = keys.currentVersion;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, keys.ofVersion(version).archive, nonce, { authTagLength: TAG_BYTES });
    // An object that was moved to another name is not what it says.
    cipher.setAAD(Buffer.from(name));
    const encrypted = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return this.#objects.put(
      name,
      Buffer.concat([Uint8Array.of(version), nonce, cipher.getAuthTag(), encrypted]),
      options,
    );
  }

  async get(name: string): Promise<string | undefined> {
    const bytes = await this.#objects.get(name);
    if (bytes === undefined) return undefined;
    if (bytes.length < TEXT_AT) throw new Error(`the object ${name} of the archive is cut off`);
    const [version = 0] = bytes;
    const keys = await (await this.#keys()).holding(version);
    const nonce = bytes.subarray(VERSION_BYTES, VERSION_BYTES + NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, keys.ofVersion(version).archive, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(bytes.subarray(VERSION_BYTES + NONCE_BYTES, TEXT_AT));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(TEXT_AT)), decipher.final()]).toString("utf8");
    } catch {
      throw new Error(`the object ${name} of the archive is not what was written there`);
    }
  }

  has(name: string): Promise<boolean> {
    return this.#objects.has(name);
  }

  names(prefix: string, after?: string): Promise<readonly string[]> {
    return this.#objects.keys(prefix, after);
  }
}
