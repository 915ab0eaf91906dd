import { createHash } from "node:crypto";
import { accessSync, constants, createReadStream, existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Refusal } from "../shared/domain/refusal.ts";
import { DamagedBox, readBox } from "../shared/messages/box.ts";
import type { OpeningHeader } from "../shared/messages/opening.ts";
import { electionOf, type PublicFile } from "../shared/messages/trustees.ts";
import { openOnThreads } from "./open-threads.ts";
import { writeOpening } from "./opening-file.ts";
import type { Secret } from "./shares.ts";

/** How many envelopes a thread is given at once: enough to keep it busy, few enough to end soon after Ctrl-C. */
const GROUP = 2_000;
/** The end of the name of a file that is being written. */
const UNFINISHED = ".unfinished";
const ENC_AT = 9;
const ENC_END = 41;

/** What an opening needs. */
export interface BoxOpening {
  readonly secret: Secret;
  readonly known: PublicFile;
  /** The box's file. */
  readonly box: string;
  /** Where the opened list goes; there is no such file yet. */
  readonly out: string;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Opens a box, and writes the opened list. The list has its name only when it is complete.
 *
 * @returns its description
 * @throws Refusal when the box is damaged or of another law, or the list exists already
 * @throws the signal's reason
 */
export async function openBox(opening: BoxOpening): Promise<OpeningHeader> {
  const { secret, known, box, out, threads, signal, onProgress } = opening;
  const digest = createHash("sha256");
  try {
    const { header, groups } = await readBox(textOf(box, digest, signal), GROUP);
    for (const name of ["law_id", "origin", "key_id"] as const) {
      if (header[name] === known[name]) continue;
      throw new Refusal(`${box} is the box of another election: its ${name} is ${header[name]}, not ${known[name]}.`);
    }
    const work = {
      origin: known.origin,
      electionKey: secret.keys.election.publicKey,
      privateKey: secret.keys.election.privateKey,
      options: header.options.length,
      withTrackers: header.proof === "voter",
    };
    const opened = await openOnThreads(withoutCopies(groups), work, threads, signal, (done) =>
      onProgress(done, header.envelopes),
    );
    const written = writeOpening(secret.keys, electionOf(known), header, digest.digest("hex"), opened);
    await writeWhole(out, written.lines, signal);
    return written.header;
  } catch (error) {
    // A stream says of it only that it was aborted.
    signal.throwIfAborted();
    if (!(error instanceof DamagedBox)) throw error;
    throw new Refusal(`${box} is damaged: ${error.message}. Use another copy, or ask for the export again.`);
  }
}

async function* textOf(path: string, digest: ReturnType<typeof createHash>, signal: AbortSignal) {
  const decoder = new TextDecoder("utf-8", { fatal: false });
  for await (const chunk of createReadStream(path, { signal })) {
    digest.update(chunk);
    yield decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/**
 * Refuses a box in which an encapsulated key comes twice. The database takes each once, so such a box was made
 * otherwise: by somebody who copied a ballot, perhaps to see it twice in the sums.
 */
async function* withoutCopies(groups: AsyncIterable<readonly string[]>): AsyncGenerator<readonly string[]> {
  const seen = new Set<string>();
  let line = 1;
  for await (const group of groups) {
    for (const envelope of group) {
      line++;
      const bytes = Buffer.from(envelope, "base64url");
      if (bytes.length < ENC_END) continue;
      const enc = bytes.toString("latin1", ENC_AT, ENC_END);
      if (seen.has(enc)) throw new DamagedBox(line, "is a copy of an envelope before it");
      seen.add(enc);
    }
    yield group;
  }
}

/**
 * Refuses a place where no file can be written, before anybody types a passphrase or a box is opened.
 *
 * @param path where a file would be written
 * @throws Refusal when there is a file, or its folder is missing or cannot be written to
 */
export function refuseOutput(path: string): void {
  if (existsSync(path)) throw new Refusal(`${path} exists already. Name another file.`);
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new Refusal(`Nothing can be written to the folder ${folder}. Make it, or name a file in another one.`);
  }
}

/** Writes a file under another name, and gives it its name when it is complete and on the disk. */
async function writeWhole(path: string, lines: Iterable<string>, signal: AbortSignal): Promise<void> {
  const unfinished = `${path}.${process.pid}${UNFINISHED}`;
  const file = await open(unfinished, "wx", 0o600);
  try {
    try {
      let text = "";
      for (const line of lines) {
        text += line;
        if (text.length < 1_000_000) continue;
        signal.throwIfAborted();
        await file.write(text);
        text = "";
      }
      await file.write(text);
      await file.sync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    refuseOutput(path);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}
