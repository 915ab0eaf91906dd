import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { bundleAt } from "../../client/verify/index.ts";
import { readEntry } from "../../shared/domain/log/leaf.ts";
import { partPath } from "../../shared/domain/log/submission-list.ts";
import { readEntryBundle, TILE_WIDTH, type TileName, tilePath } from "../../shared/domain/log/tiles.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { progress } from "../../terminal/progress.ts";
import { refuseOutput } from "../../trustees/open-box.ts";

/** The end of the name of a folder that is being written. */
const UNFINISHED = ".unfinished";
/** Files that are read side by side. */
const AT_ONCE = 16;
const VERSION = /"version":(\d+)/;

/**
 * Copies the published bundle of a law to a folder, as everybody could: by its public address. The folder has its name
 * only when it is complete.
 *
 * @param apiUrl the address of the voters' API
 * @param lawId the law
 * @param folder where it goes; there is no such folder yet
 * @returns how many files it has
 * @throws UserError when a file is missing, or the copying was interrupted
 */
export async function copyBundle(apiUrl: string, lawId: string, folder: string): Promise<{ readonly files: number }> {
  const { signal, release } = interruptible();
  const unfinished = `${folder}.${process.pid}${UNFINISHED}`;
  const copy = new Copy(`${apiUrl.replace(/\/+$/, "")}/api/v1/log/${lawId}`, unfinished, signal);
  try {
    await copy.all();
    refuseOutput(folder);
    await rename(unfinished, folder);
    return { files: copy.files };
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError("Interrupted: no folder was written. Run the same command again.", 130);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    copy.end();
    release();
  }
}

class Copy {
  readonly #address: string;
  readonly #folder: string;
  readonly #source: ReturnType<typeof bundleAt>;
  readonly #bar = progress("files copied", undefined);
  files = 0;

  constructor(address: string, folder: string, signal: AbortSignal) {
    this.#address = address;
    this.#folder = folder;
    this.#source = bundleAt(address, { signal });
  }

  end(): void {
    this.#bar.stop();
  }

  async all(): Promise<void> {
    // First: what is read later is of this state of the log, or has more.
    const checkpoint = await this.#text("checkpoint");
    const size = sizeOf(checkpoint);
    await this.#write("checkpoint", checkpoint);
    await this.#write("certificate", await this.#text("certificate"));
    await this.#write("key", await this.#text("key"));
    const description = await this.#text("description");
    await this.#write("description", description);
    const versions = Number(VERSION.exec(description)?.[1]);
    for (let version = 1; version <= versions; version++) await this.#copy(`description.${version}`);
    await this.#checkpoints(size);
    await this.#parts("submissions");
    await this.#parts("opened");
    const lastEntry = await this.#tiles(size);
    const journal = await this.#text("journal.ndjson");
    await this.#write("journal.ndjson", upTo(journal, lastEntry));
  }

  async #checkpoints(size: number): Promise<void> {
    for (let number = 1; ; number++) {
      const path = `checkpoints/${String(number).padStart(9, "0")}`;
      const text = await this.#text(path);
      await this.#write(path, text);
      if (sizeOf(text) >= size) return;
    }
  }

  async #parts(list: "submissions" | "opened"): Promise<void> {
    for (let number = 1; await this.#copyIfThere(partPath(list, number)); number++);
  }

  /** @returns the number of the last entry of the journal in the log */
  async #tiles(size: number): Promise<number> {
    let last = 0;
    const paths = [...tilesOf(size)];
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const numbers = await Promise.all(
        paths.slice(at, at + AT_ONCE).map(async (name) => {
          const path = tilePath(name);
          const bytes = await this.#bytes(path);
          await this.#write(path, bytes);
          return name.level === "entries" ? lastJournalled(bytes) : 0;
        }),
      );
      last = Math.max(last, ...numbers);
    }
    return last;
  }

  async #copyIfThere(path: string): Promise<boolean> {
    const pieces = await this.#source.read(path);
    if (pieces === undefined) return false;
    const file = await this.#begun(path);
    const handle = await open(file, "wx");
    try {
      for await (const piece of pieces) await handle.write(piece);
    } finally {
      await handle.close();
    }
    return true;
  }

  async #copy(path: string): Promise<void> {
    if (!(await this.#copyIfThere(path))) throw this.#missing(path);
  }

  async #text(path: string): Promise<string> {
    return (await this.#bytes(path)).toString("utf8");
  }

  async #bytes(path: string): Promise<Buffer> {
    const pieces = await this.#source.read(path);
    if (pieces === undefined) throw this.#missing(path);
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    return Buffer.concat(parts);
  }

  async #write(path: string, content: string | Uint8Array): Promise<void> {
    await writeFile(await this.#begun(path), content, { flag: "wx" });
  }

  async #begun(path: string): Promise<string> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    this.#bar.update(++this.files);
    return file;
  }

  #missing(path: string): UserError {
    return new UserError(
      `${this.#address}/${path} is not there, so no folder was written. The public log of the law was changed, or its ` +
        "stage does not serve it. npm run verify says what else is wrong with it.",
    );
  }
}

/** The size that a checkpoint names. */
function sizeOf(checkpoint: string): number {
  return Number(checkpoint.split("\n")[1]);
}

/** The tiles of hashes and the bundles of entries of a log. */
function* tilesOf(size: number): Generator<TileName> {
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    yield { level: "entries", index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) };
  }
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      yield { level, index, width: Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH) };
    }
  }
}

function lastJournalled(bundle: Uint8Array): number {
  const leaves = (readEntryBundle(bundle) ?? []).map(readEntry);
  return Math.max(0, ...leaves.map((leaf) => (leaf?.kind === "journal" ? leaf.number : 0)));
}

/** The lines of a journal up to an entry. */
function upTo(journal: string, last: number): string {
  const lines = journal.split("\n").slice(0, -1);
  const end = lines.findIndex((line) => Number(/"number":(\d+)/.exec(line)?.[1]) > last);
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => `${line}\n`)
    .join("");
}
