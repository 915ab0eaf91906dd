import { type TileName, tilePath } from "../../shared/domain/log/tiles.ts";
import type { ObjectStore } from "../../shared/stores/objects.ts";
import { LogStopped } from "./log-stopped.ts";

/** Tiles never change, so whoever has one never asks again. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** What is replaced within a minute, everybody may know soon. */
const SECONDS = "public, max-age=5";
const TEXT = "text/plain; charset=utf-8";
const LINES = "application/x-ndjson";
/** How often somebody else may be faster than a text that is replaced. */
const MOST_TRIES = 10;

/**
 * The name of an object of a log in the store. A law id is used once, so its log has one place for ever.
 *
 * @param lawId the law
 * @param path the path below the address of its log
 */
export function logObject(lawId: string, path: string): string {
  return `log/${lawId}/${path}`;
}

/** What is published of one log. */
export class LogObjects {
  readonly #objects: ObjectStore;
  readonly #lawId: string;

  /**
   * @param objects the store
   * @param lawId whose log
   */
  constructor(objects: ObjectStore, lawId: string) {
    this.#objects = objects;
    this.#lawId = lawId;
  }

  /** The published checkpoint and its tag; undefined when there is none. */
  async checkpoint(): Promise<{ readonly note: string; readonly tag: string } | undefined> {
    const object = await this.#objects.read(logObject(this.#lawId, "checkpoint"));
    return object && { note: Buffer.from(object.body).toString("utf8"), tag: object.tag };
  }

  /**
   * Writes a tile, or finds it there.
   *
   * @param name which tile
   * @param bytes its content
   * @param replaces whether another content is replaced: no checkpoint covers it
   * @throws LogStopped when there is another content under its name, and it is not replaced
   */
  async putTile(name: TileName, bytes: Buffer, replaces = false): Promise<void> {
    await this.#putOnce(tilePath(name), bytes, "application/octet-stream", replaces);
  }

  /** Reads an object of the log; undefined: there is none. */
  async get(path: string): Promise<Buffer | undefined> {
    const body = await this.#objects.get(logObject(this.#lawId, path));
    return body && Buffer.from(body);
  }

  /**
   * The checkpoint of an epoch as it is kept.
   *
   * @param number the epoch
   * @returns undefined when none is kept
   */
  async keptCheckpoint(number: number): Promise<string | undefined> {
    return (await this.get(epochPath(number)))?.toString("utf8");
  }

  /**
   * Whether the checkpoint of an epoch is kept.
   *
   * @param number the epoch
   */
  async hasEpoch(number: number): Promise<boolean> {
    return this.#objects.has(logObject(this.#lawId, epochPath(number)));
  }

  /**
   * Keeps the checkpoint of an epoch, for whoever wants to see all of them.
   *
   * @param number the epoch
   * @param note the checkpoint
   * @returns the checkpoint that is kept: another run may have signed the same before
   */
  async keepCheckpoint(number: number, note: string): Promise<string> {
    const name = logObject(this.#lawId, epochPath(number));
    if (await this.#objects.put(name, Buffer.from(note), { once: true, contentType: TEXT, cacheControl: FOR_EVER })) {
      return note;
    }
    const there = await this.#objects.get(name);
    if (there === undefined) throw new Error(`the object ${name} is there and cannot be read`);
    return Buffer.from(there).toString("utf8");
  }

  /**
   * Publishes a checkpoint.
   *
   * @param note the checkpoint
   * @param replaces the tag of the one that it follows; undefined: there was none
   * @returns false when there is another one by now; then it stays
   */
  putCheckpoint(note: string, replaces: string | undefined): Promise<boolean> {
    return this.#objects.put(logObject(this.#lawId, "checkpoint"), Buffer.from(note), {
      ...(replaces === undefined ? { once: true } : { replaces }),
      contentType: TEXT,
      cacheControl: SECONDS,
    });
  }

  /**
   * Writes a text, or finds it there.
   *
   * @param path its path
   * @param text its content
   * @throws LogStopped when there is another one under its name
   */
  async putText(path: string, text: string): Promise<void> {
    await this.#putOnce(path, Buffer.from(text), TEXT);
  }

  /**
   * Writes lines, or finds them there.
   *
   * @param path their path
   * @param text the lines
   * @throws LogStopped when there are others under its name
   */
  async putLines(path: string, text: string): Promise<void> {
    await this.#putOnce(path, Buffer.from(text), LINES);
  }

  /**
   * Writes a text of lines to which others are added in time.
   *
   * @param path its path
   * @param text all lines so far. One that has these and more stays: somebody was faster
   * @throws LogStopped when what is there is not its beginning
   */
  async extend(path: string, text: string): Promise<void> {
    await this.#replace(path, text, LINES, (there) =>
      there.startsWith(text) ? "later" : text.startsWith(there) ? "earlier" : "other",
    );
  }

  /**
   * Replaces a text by a later one.
   *
   * @param path its path
   * @param earlier those that it may replace
   * @param text the later one
   * @throws LogStopped when there is neither of them
   */
  async replaceText(path: string, earlier: readonly string[], text: string): Promise<void> {
    await this.#replace(path, text, TEXT, (there) =>
      there === text ? "later" : earlier.includes(there) ? "earlier" : "other",
    );
  }

  /** Writes a text in the place of an earlier one, and never of a later one. */
  async #replace(
    path: string,
    text: string,
    contentType: string,
    compare: (there: string) => "earlier" | "later" | "other",
  ): Promise<void> {
    const name = logObject(this.#lawId, path);
    const options = { contentType, cacheControl: SECONDS };
    for (let tried = 0; tried < MOST_TRIES; tried++) {
      const there = await this.#objects.read(name);
      const is = there === undefined ? "earlier" : compare(Buffer.from(there.body).toString("utf8"));
      if (is === "later") return;
      if (is === "other") throw textDiffers(name, this.#lawId);
      const condition = there === undefined ? { once: true } : { replaces: there.tag };
      if (await this.#objects.put(name, Buffer.from(text), { ...condition, ...options })) return;
    }
    throw new Error(`the object ${name} is replaced again and again`);
  }

  async #putOnce(path: string, bytes: Buffer, contentType: string, replaces = false): Promise<void> {
    const name = logObject(this.#lawId, path);
    const how = { contentType, cacheControl: FOR_EVER };
    if (await this.#objects.put(name, bytes, { once: true, ...how })) return;
    const there = await this.#objects.read(name);
    if (there === undefined) throw new Error(`the object ${name} is there and cannot be read`);
    if (bytes.equals(there.body)) return;
    if (replaces && (await this.#objects.put(name, bytes, { replaces: there.tag, ...how }))) return;
    if (!path.startsWith("tile/")) throw textDiffers(name, this.#lawId);
    throw new LogStopped(
      "tile_differs",
      `The object ${name} is not what the entries in PostgreSQL give. One of the two was changed, so nothing more is ` +
        `published of the log of ${this.#lawId}. Keep both, and find out who could write there.`,
    );
  }
}

function textDiffers(name: string, lawId: string): LogStopped {
  return new LogStopped(
    "text_differs",
    `The object ${name} is not what PostgreSQL has. One of the two was changed, so nothing more is published of the log ` +
      `of ${lawId}. Keep both, and find out who could write there.`,
  );
}

/** The path of the checkpoint of an epoch. */
function epochPath(number: number): string {
  return `checkpoints/${String(number).padStart(9, "0")}`;
}
