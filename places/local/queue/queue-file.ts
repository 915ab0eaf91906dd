import { join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { StoredMessage } from "./message.ts";

/** The file in which queues keep their messages over a restart. */
export interface QueueStorage {
  insert(queue: string, message: StoredMessage): void;
  remove(message: StoredMessage): void;
  /** Stores the receive count of a message when it comes back to its queue. */
  update(message: StoredMessage): void;
  removeAll(queue: string): void;
  /** Resolves when all changes so far are in the file. */
  flushed(): Promise<void>;
  load(): { queue: string; message: StoredMessage }[];
  /** Leaves no trace of removed messages in the file. */
  compact(): void;
  close(): void;
}

/** The file of earlier releases has columns for message attributes, which are not used here. */
const NO_ATTRIBUTES = "{}";

/** Keeps nothing. Load runs use it, because on AWS the durability of a queue costs SQS's CPU, not the system's. */
export const IN_MEMORY: QueueStorage = {
  insert: () => undefined,
  remove: () => undefined,
  update: () => undefined,
  removeAll: () => undefined,
  flushed: () => Promise.resolve(),
  load: () => [],
  compact: () => undefined,
  close: () => undefined,
};

/**
 * Messages in SQLite. All changes of one turn of the event loop are one transaction, and senders are answered after it.
 * With WAL and synchronous=NORMAL, a killed process loses nothing, and a power cut may lose the last moments.
 * secure_delete overwrites removed rows, and `compact` empties the log, so that a consumed message is nowhere on disk.
 */
export class QueueFile implements QueueStorage {
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #update: StatementSync;
  readonly #removeAll: StatementSync;
  #nextRow: number;
  #pending: (() => void)[] = [];
  #flush: Promise<void> = Promise.resolve();
  #changed = false;

  /** @param directory the folder of the file */
  constructor(directory: string) {
    this.#db = new DatabaseSync(join(directory, "queues.db"));
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;");
    this.#db.exec("PRAGMA wal_autocheckpoint = 4000");
    this.#db.exec(`CREATE TABLE IF NOT EXISTS messages (
      row INTEGER PRIMARY KEY, queue TEXT NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL,
      md5 TEXT NOT NULL, attributes TEXT NOT NULL, attributes_md5 TEXT NOT NULL, sent INTEGER NOT NULL,
      received INTEGER NOT NULL, first_received INTEGER)`);
    this.#insert = this.#db.prepare("INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#remove = this.#db.prepare("DELETE FROM messages WHERE row = ?");
    this.#update = this.#db.prepare("UPDATE messages SET received = ?, first_received = ? WHERE row = ?");
    this.#removeAll = this.#db.prepare("DELETE FROM messages WHERE queue = ?");
    const last = this.#db.prepare("SELECT max(row) AS last FROM messages").get();
    this.#nextRow = Number(last?.["last"] ?? 0) + 1;
  }

  insert(queue: string, message: StoredMessage): void {
    message.row ??= this.#nextRow++;
    const { row, messageId, body, md5OfBody, sentTimestamp } = message;
    const received = message.approximateReceiveCount;
    const first = message.approximateFirstReceiveTimestamp ?? null;
    this.#later(() =>
      this.#insert.run(row, queue, messageId, body, md5OfBody, NO_ATTRIBUTES, "", sentTimestamp, received, first),
    );
  }

  remove({ row }: StoredMessage): void {
    if (row !== undefined) this.#later(() => this.#remove.run(row));
  }

  update({ row, approximateReceiveCount, approximateFirstReceiveTimestamp }: StoredMessage): void {
    if (row === undefined) return;
    this.#later(() => this.#update.run(approximateReceiveCount, approximateFirstReceiveTimestamp ?? null, row));
  }

  removeAll(queue: string): void {
    this.#later(() => this.#removeAll.run(queue));
  }

  flushed(): Promise<void> {
    return this.#flush;
  }

  load(): { queue: string; message: StoredMessage }[] {
    return this.#db
      .prepare("SELECT * FROM messages ORDER BY row")
      .all()
      .map((row) => ({
        queue: String(row["queue"]),
        message: {
          row: Number(row["row"]),
          messageId: String(row["message_id"]),
          body: String(row["body"]),
          md5OfBody: String(row["md5"]),
          sentTimestamp: Number(row["sent"]),
          approximateReceiveCount: Number(row["received"]),
          ...(row["first_received"] === null
            ? {}
            : { approximateFirstReceiveTimestamp: Number(row["first_received"]) }),
        },
      }));
  }

  compact(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#write();
    this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  close(): void {
    this.#write();
    this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    this.#db.close();
  }

  #later(change: () => void): void {
    this.#changed = true;
    if (this.#pending.length === 0) {
      this.#flush = new Promise((resolve, reject) => {
        setImmediate(() => {
          try {
            this.#write();
            resolve();
          } catch (error) {
            reject(error);
          }
        });
      });
      // If a sender waits, it gets the error. Otherwise a failed change must not end the process.
      this.#flush.catch((error: unknown) => console.error("the queue's file could not be written:", error));
    }
    this.#pending.push(change);
  }

  #write(): void {
    const changes = this.#pending;
    if (changes.length === 0) return;
    this.#pending = [];
    this.#db.exec("BEGIN");
    try {
      for (const change of changes) change();
      this.#db.exec("COMMIT");
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
