import { createHash } from "node:crypto";
import type { Addressee, LetterLanguage } from "../../shared/domain/letter.ts";
import { guardUnfinished } from "./guard-unfinished.ts";
import {
  CHECK_SUMS,
  type FolderOptions,
  LetterFolder,
  letterFileName,
  OF_RELEASE,
  PRINTER_PAGE,
  type WrittenFile,
} from "./letter-folder.ts";
import type { LetterGroup, LetterJob } from "./letter-job.ts";
import { makeOnThreads } from "./letter-threads.ts";
import { makeLetters } from "./make-letters.ts";
import { makePrinterPage } from "./printer-page.ts";

export interface LetterRun extends Omit<FolderOptions, "lawId"> {
  readonly job: Omit<LetterJob, "begunAt">;
  readonly folder: string;
  /** The languages that letters are in. */
  readonly languages: ReadonlySet<LetterLanguage>;
  /** Those who get a letter, in order; in groups of any size. */
  readonly addressees: () => AsyncIterable<readonly Addressee[]>;
  /** How many letters a file has. */
  readonly perFile: number;
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (letters: number) => void;
  /** Called with the number of files that are complete. */
  readonly onFile: (complete: number) => void;
}

/** What a run has left in its folder. */
export interface LetterResult {
  readonly letters: number;
  readonly files: readonly WrittenFile[];
  /** How many files were there already. */
  readonly kept: number;
}

/** As wide as a code can be. */
const WIDEST_CODE = "W".repeat(32);

/**
 * Makes letters and writes them into a folder, in several files, with a page for the printer and check sums.
 * Files are made in memory; what a run before has completed is kept.
 *
 * @param run what is made
 * @throws Refusal when the text does not fit on a sheet, or the folder has something else
 * @throws the signal's reason
 */
export async function writeLetters(run: LetterRun): Promise<LetterResult> {
  const { letters, signal } = run;
  // Before anything is written: does the text fit? And is it what an earlier run wrote?
  const samples = createHash("sha256");
  for (const language of [...run.languages].sort()) {
    const sample = { number: letters, code: WIDEST_CODE, address: [], language };
    const made = await makeLetters({ ...run.job, begunAt: new Date(0).toISOString() }, [sample]);
    samples.update(made ?? "");
  }
  const madeFrom = { ...run.madeFrom, [OF_RELEASE]: samples.digest("hex") };
  const folder = await LetterFolder.open(run.folder, { ...run, madeFrom, lawId: run.job.law.id });
  const endGuard = guardUnfinished(run.folder);
  try {
    const job: LetterJob = { ...run.job, begunAt: folder.begunAt };
    const kept = folder.files.length;
    run.onFile(kept);
    let done = folder.files.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const ranges = new Map<string, { readonly first: number; readonly last: number }>();
    const groups = missingGroups(run, folder, (name, range) => ranges.set(name, range));
    const missing = Math.ceil(letters / run.perFile) - kept;
    await makeOnThreads(job, groups, {
      threads: Math.min(run.threads, missing),
      signal,
      onProgress: (made) => {
        done += made;
        run.onProgress(done);
      },
      onFile: (name, bytes) => {
        const range = ranges.get(name);
        if (range !== undefined) folder.add(name, range, bytes);
        run.onFile(folder.files.length);
      },
    });
    folder.write(CHECK_SUMS, folder.files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(""));
    folder.write(PRINTER_PAGE, await makePrinterPage(job, folder.files));
    return { letters, files: folder.files, kept };
  } finally {
    await endGuard();
  }
}

/** The letters of each file that is not there yet. */
async function* missingGroups(
  { letters, addressees, perFile }: LetterRun,
  folder: LetterFolder,
  onGroup: (name: string, range: { readonly first: number; readonly last: number }) => void,
): AsyncGenerator<LetterGroup> {
  let waiting: Addressee[] = [];
  let file = 0;
  const take = (): LetterGroup | undefined => {
    const range = { first: file * perFile + 1, last: Math.min(letters, (file + 1) * perFile) };
    const name = letterFileName(range, letters);
    const group = waiting.slice(0, perFile);
    waiting = waiting.slice(perFile);
    file += 1;
    if (folder.has(name)) return undefined;
    onGroup(name, range);
    return { name, addressees: group };
  };
  for await (const some of addressees()) {
    waiting.push(...some);
    while (waiting.length >= perFile) {
      const group = take();
      if (group !== undefined) yield group;
    }
  }
  if (waiting.length > 0) {
    const group = take();
    if (group !== undefined) yield group;
  }
}
