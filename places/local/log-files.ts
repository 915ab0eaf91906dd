import { closeSync, openSync } from "node:fs";
import { copyFile, readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";

const LARGEST_BYTES = 10 * 1024 * 1024;
const LOOK_EVERY_MS = 30_000;

/** A log file that processes write to directly, so that nobody has to copy their output. */
export interface LogFile {
  readonly fd: number;
  readonly path: string;
}

/** Opens logs, and keeps at most two files of ten megabytes for each. */
export class LogFiles {
  readonly #directory: string;
  readonly #open: number[] = [];
  readonly #timer: NodeJS.Timeout;

  /** @param directory where the logs are */
  constructor(directory: string) {
    this.#directory = directory;
    this.#timer = setInterval(() => void this.cap(), LOOK_EVERY_MS).unref();
  }

  /** @param name the log's name without `.log` */
  open(name: string): LogFile {
    const path = join(this.#directory, `${name}.log`);
    const fd = openSync(path, "a", 0o600);
    this.#open.push(fd);
    return { fd, path };
  }

  /**
   * Moves the content of a log that is too long to `<name>.log.1`. Its writers append, so they continue in the emptied
   * file.
   */
  async cap(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (!name.endsWith(".log") || (await stat(path)).size <= LARGEST_BYTES) continue;
      await copyFile(path, `${path}.1`);
      await truncate(path);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    for (const fd of this.#open) closeSync(fd);
  }
}
