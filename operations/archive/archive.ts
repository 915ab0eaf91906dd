import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { ObjectStore } from "../../shared/stores/objects.ts";
import { decryptText, encryptText, TEXT_AT } from "../encrypted-text.ts";

/** Which key encrypted a text, before the text. */
const VERSION_BYTES = 1;

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
  /**
   * Removes a text. It is no error if there is none.
   *
   * @param name its name
   */
  remove(name: string): Promise<void>;
}

/** The archive in an object store: the version of the key (1 byte), then what `encryptText` returns. */
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
    // An object that was moved to another name is not what it says.
    const encrypted = encryptText(keys.ofVersion(version).archive, Buffer.from(name), text);
    return this.#objects.put(name, Buffer.concat([Uint8Array.of(version), encrypted]), options);
  }

  async get(name: string): Promise<string | undefined> {
    const bytes = await this.#objects.get(name);
    if (bytes === undefined) return undefined;
    if (bytes.length < VERSION_BYTES + TEXT_AT) throw new Error(`the object ${name} of the archive is cut off`);
    const [version = 0] = bytes;
    const key = (await (await this.#keys()).holding(version)).ofVersion(version).archive;
    try {
      return decryptText(key, Buffer.from(name), bytes.subarray(VERSION_BYTES));
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

  remove(name: string): Promise<void> {
    return this.#objects.remove(name);
  }
}

/**
 * Reads a text whose name was listed.
 *
 * @param archive where it is
 * @param name its name
 * @throws Error when it is not there
 */
export async function listedText(archive: Archive, name: string): Promise<string> {
  const text = await archive.get(name);
  if (text === undefined) throw new Error(`the archive lists ${name} and does not give it`);
  return text;
}
