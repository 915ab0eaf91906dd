import { hash } from "node:crypto";
import { type Archive, EncryptedArchive } from "../../operations/archive/archive.ts";
import { Keys } from "../../shared/runtime/keys.ts";
import type { ObjectStore, PutOptions, ReadObject } from "../../shared/stores/objects.ts";

/** An object store in memory. */
export class MemoryObjects implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();

  async put(key: string, body: Uint8Array, { once = false, replaces }: PutOptions = {}): Promise<boolean> {
    if (once && this.objects.has(key)) return false;
    if (replaces !== undefined && (await this.read(key))?.tag !== replaces) return false;
    this.objects.set(key, Uint8Array.from(body));
    return true;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  async read(key: string): Promise<ReadObject | undefined> {
    const body = this.objects.get(key);
    return body && { body, tag: hash("sha256", body) };
  }

  async has(key: string): Promise<boolean> {
    return this.objects.has(key);
  }

  async keys(prefix: string, after = ""): Promise<readonly string[]> {
    return [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  }

  async remove(key: string): Promise<void> {
    this.objects.delete(key);
  }
}

/** The keys of the archive in tests. */
const ARCHIVE_KEYS = Keys.fromSecrets({
  archive: JSON.stringify({ version: 1, seed: "a seed of the archive, which is used in tests only" }),
});

const archives = new WeakMap<object, { readonly objects: MemoryObjects; readonly archive: Archive }>();

/**
 * The archive of some stores in tests, in memory.
 *
 * @param target the stores; the same ones have the same archive
 */
export function archiveOf(target: object): { readonly objects: MemoryObjects; readonly archive: Archive } {
  const known = archives.get(target);
  if (known !== undefined) return known;
  const objects = new MemoryObjects();
  const made = { objects, archive: new EncryptedArchive(objects, async () => ({ holding: async () => ARCHIVE_KEYS })) };
  archives.set(target, made);
  return made;
}
