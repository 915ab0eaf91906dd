import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../../../machine/error-code.ts";

/** So that a name can be the beginning of another one: `a` and `a/b`. */
const SUFFIX = ".object";
/** Where objects are written before they have their names. */
const DRAFTS = ".drafts";

/** What must be there before an object is written. */
export interface PutCondition {
  /** No object of this name. */
  readonly once?: boolean;
  /** The object with this tag. */
  readonly replaces?: string | undefined;
}

/**
 * The tag of an object in S3's own form for objects that are written at once: MD5 in quotes.
 *
 * @param body its content
 */
export function tagOf(body: Uint8Array): string {
  return `"${createHash("md5").update(body).digest("hex")}"`;
}

/**
 * Objects in files. A write is there whole or not at all, and still there after a power cut: the content is on the disk
 * before it gets its name, and the name before the write is confirmed.
 */
export class ObjectFiles {
  readonly #root: string;
  /** The last write of each object that is under way. */
  readonly #writes = new Map<string, Promise<unknown>>();

  /** @param root the folder of the buckets */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Removes what a process left that ended while it wrote.
   *
   * @param buckets which buckets there are
   */
  async open(buckets: readonly string[]): Promise<void> {
    await rm(join(this.#root, DRAFTS), { recursive: true, force: true });
    for (const name of [DRAFTS, ...buckets]) await mkdir(join(this.#root, name), { recursive: true, mode: 0o700 });
  }

  /**
   * Writes an object. Writes of one object come one after the other.
   *
   * @param bucket in which bucket
   * @param key its name
   * @param body its content
   * @param condition what must be there before
   * @returns false when something else is there, and it stays
   */
  async put(bucket: string, key: string, body: Uint8Array, condition: PutCondition): Promise<boolean> {
    const path = this.#pathOf(bucket, key);
    const before = this.#writes.get(path) ?? Promise.resolve();
    const write = before
      .catch(() => undefined)
      .then(async () => {
        if (condition.replaces === undefined) return this.#write(path, body, condition.once ?? false);
        const there = await this.get(bucket, key);
        if (there === undefined || tagOf(there) !== condition.replaces) return false;
        return this.#write(path, body, false);
      });
    this.#writes.set(path, write);
    try {
      return await write;
    } finally {
      if (this.#writes.get(path) === write) this.#writes.delete(path);
    }
  }

  async #write(path: string, body: Uint8Array, once: boolean): Promise<boolean> {
    const draft = join(this.#root, DRAFTS, randomUUID());
    try {
      await writeThrough(draft, body);
      await makeFolders(this.#root, dirname(path));
      if (once) await link(draft, path);
      else await rename(draft, path);
      await syncFolder(dirname(path));
      return true;
    } catch (error) {
      if (once && errorCode(error) === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Reads an object; undefined when there is none. */
  async get(bucket: string, key: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#pathOf(bucket, key));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The size of an object in bytes; undefined when there is none. */
  async sizeOf(bucket: string, key: string): Promise<number | undefined> {
    try {
      return (await stat(this.#pathOf(bucket, key))).size;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /**
   * Lists names, in ascending order of their bytes.
   *
   * @param bucket of which bucket
   * @param prefix what they begin with
   */
  async keys(bucket: string, prefix: string): Promise<string[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    const root = join(this.#root, bucket, ...folder.split("/").filter(Boolean).map(encoded));
    const found: string[] = [];
    const walk = async (path: string, name: string): Promise<void> => {
      const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
        if (errorCode(error) === "ENOENT") return [];
        throw error;
      });
      for (const entry of entries) {
        if (entry.isDirectory()) await walk(join(path, entry.name), `${name}${decodeURIComponent(entry.name)}/`);
        else if (entry.name.endsWith(SUFFIX))
          found.push(`${name}${decodeURIComponent(entry.name.slice(0, -SUFFIX.length))}`);
      }
    };
    await walk(root, folder);
    return found.filter((key) => key.startsWith(prefix)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  /**
   * Removes an object, and is done when that survives a power cut. It is no error if there is none.
   *
   * @param bucket in which bucket
   * @param key its name
   */
  async remove(bucket: string, key: string): Promise<void> {
    const path = this.#pathOf(bucket, key);
    try {
      await unlink(path);
    } catch (error) {
      if (errorCode(error) === "ENOENT") return;
      throw error;
    }
    await syncFolder(dirname(path));
  }

  #pathOf(bucket: string, key: string): string {
    const parts = key.split("/").map(encoded);
    return join(this.#root, bucket, ...parts.slice(0, -1), `${parts.at(-1)}${SUFFIX}`);
  }
}

/** A part of a name as a file's name: without dots, which could lead to another folder. */
function encoded(part: string): string {
  return encodeURIComponent(part).replaceAll(".", "%2E");
}

async function writeThrough(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes folders that are still there after a power cut. */
async function makeFolders(root: string, folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let path = folder; path !== root && path.startsWith(root); path = dirname(path)) await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
