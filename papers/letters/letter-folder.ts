import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Refusal } from "../../shared/domain/refusal.ts";
import { isUnfinished, removeUnfinished, unfinishedName } from "./unfinished.ts";

const RECORD = "letters.json";
/** Files of a run besides the letters. */
export const PRINTER_PAGE = "printer.pdf";
export const CHECK_SUMS = "SHA256SUMS";
/** What letters are made from beside what the command is given; its digest covers that as well. */
export const OF_RELEASE = "the texts or the form of letters, which are those of the release";
const LETTERS = /^letters-\d+-\d+\.pdf$/;

const letterFile = z.strictObject({
  name: z.string().regex(LETTERS),
  first: z.number().int().min(1),
  last: z.number().int().min(1),
  bytes: z.number().int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type WrittenFile = z.output<typeof letterFile>;

/** What a folder of letters says of itself. It has no code, no name and no address. */
const record = z.strictObject({
  form: z.literal("referendum letters 1"),
  law_id: z.string(),
  letters: z.number().int().min(1),
  begun_at: z.iso.datetime(),
  /** Digests of everything that the letters were made from, by its name in messages. */
  made_from: z.record(z.string(), z.string()),
  files: z.array(letterFile),
});
type LetterRecord = z.output<typeof record>;

/** The name of a file of letters. Names in alphabetical order are in the order of the letters. */
export function letterFileName({ first, last }: { first: number; last: number }, letters: number): string {
  const digits = Math.max(5, String(letters).length);
  const padded = (number: number) => String(number).padStart(digits, "0");
  return `letters-${padded(first)}-${padded(last)}.pdf`;
}

export interface FolderOptions {
  readonly lawId: string;
  readonly letters: number;
  readonly madeFrom: Readonly<Record<string, string>>;
  /** Replaces letters that were made from something else. */
  readonly force: boolean;
}

/**
 * The folder of the letters of a run. A file appears when it is complete and on the disk, and its owner alone may read
 * it. What was written once is not written again.
 */
export class LetterFolder {
  readonly path: string;
  #record: LetterRecord;

  private constructor(path: string, found: LetterRecord) {
    this.path = path;
    this.#record = found;
  }

  /**
   * Opens a folder for a run, or makes it.
   *
   * @param path the folder
   * @param options what the run makes
   * @returns the folder, and how many files it had
   * @throws Refusal when it has anything else
   */
  static async open(path: string, options: FolderOptions): Promise<LetterFolder> {
    const { lawId, letters, madeFrom, force } = options;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!statSync(path).isDirectory()) throw new Refusal(`${path} is not a folder.`);
    removeUnfinished(path);
    const before = readRecord(path);
    if (before === undefined) {
      const other = readdirSync(path).filter((name) => !isOfRun(name) && !isUnfinished(name));
      if (other.length > 0)
        throw new Refusal(`${path} has other files in it: name a folder of its own for the letters.`);
    } else {
      const all = [
        ...(before.law_id === lawId ? [] : [`the law (${before.law_id})`]),
        ...(before.letters === letters ? [] : [`the number of letters (${before.letters})`]),
        ...Object.entries(madeFrom).flatMap(([name, digest]) => (before.made_from[name] === digest ? [] : [name])),
      ];
      const given = all.filter((name) => name !== OF_RELEASE);
      const differs = given.length > 0 ? given : all;
      if (differs.length > 0 && !force) {
        throw new Refusal(
          `${path} has letters that were made from something else: ${differs.join(", ")}. Name another folder, or ` +
            "replace them all by --force; letters that were sent with other codes do not become right by that.",
        );
      }
      if (differs.length === 0) {
        const folder = new LetterFolder(path, before);
        await folder.#forgetChanged();
        return folder;
      }
    }
    for (const name of readdirSync(path).filter(isOfRun)) rmSync(join(path, name), { force: true });
    const begun = {
      form: "referendum letters 1",
      law_id: lawId,
      letters,
      begun_at: new Date().toISOString(),
      made_from: { ...madeFrom },
      files: [],
    } as const;
    const folder = new LetterFolder(path, { ...begun, files: [] });
    folder.#writeRecord();
    return folder;
  }

  /** When the run began, as ISO 8601. It stays the same when the run is resumed. */
  get begunAt(): string {
    return this.#record.begun_at;
  }

  /** The files of letters that are complete, in the order of the letters. */
  get files(): readonly WrittenFile[] {
    return this.#record.files;
  }

  has(name: string): boolean {
    return this.#record.files.some((file) => file.name === name);
  }

  /**
   * Writes a file of letters, and notes it.
   *
   * @param range its letters
   * @param bytes the file
   */
  add(name: string, range: { readonly first: number; readonly last: number }, bytes: Uint8Array): void {
    this.write(name, bytes);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const file = { name, ...range, bytes: bytes.length, sha256 };
    const files = [...this.#record.files.filter((other) => other.name !== name), file];
    this.#record = { ...this.#record, files: files.sort((one, other) => one.first - other.first) };
    this.#writeRecord();
  }

  /** Writes any other file of the run. */
  write(name: string, content: Uint8Array | string): void {
    const unfinished = join(this.path, unfinishedName(name));
    const file = openSync(unfinished, "w", 0o600);
    try {
      // An existing file would keep the permissions that it had.
      chmodSync(unfinished, 0o600);
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, join(this.path, name));
  }

  #writeRecord(): void {
    this.write(RECORD, `${JSON.stringify(this.#record, undefined, 2)}\n`);
  }

  /** Takes files that are missing or were changed since out of the record, so that they are made again. */
  async #forgetChanged(): Promise<void> {
    const files: WrittenFile[] = [];
    for (const file of this.#record.files) {
      if ((await digestOf(join(this.path, file.name))) === file.sha256) files.push(file);
    }
    this.#record = { ...this.#record, files };
  }
}

function isOfRun(name: string): boolean {
  return name === RECORD || name === PRINTER_PAGE || name === CHECK_SUMS || LETTERS.test(name);
}

function readRecord(path: string): LetterRecord | undefined {
  const file = join(path, RECORD);
  if (!existsSync(file)) return undefined;
  try {
    return record.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new Refusal(`${file} is not what this release writes: name another folder for the letters.`);
  }
}

async function digestOf(path: string): Promise<string | undefined> {
  if (!existsSync(path)) return undefined;
  const digest = createHash("sha256");
  for await (const chunk of createReadStream(path)) digest.update(chunk);
  return digest.digest("hex");
}
