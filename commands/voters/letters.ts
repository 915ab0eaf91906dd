import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Settings, settingsOf } from "../../infra/stages.ts";
import { type AddressingOptions, readAddressees } from "../../operations/roll/addressees.ts";
import { ANY_CODE } from "../../operations/roll/file/code-rule.ts";
import { FaultCounter } from "../../operations/roll/file/faults.ts";
import { openRoll, type RollFile } from "../../operations/roll/file/source.ts";
import { addressChecker } from "../../papers/letters/address-check.ts";
import { type LetterFile, readLetterFile } from "../../papers/letters/letter-file.ts";
import type { LetterJob } from "../../papers/letters/letter-job.ts";
import { type LetterResult, writeLetters } from "../../papers/letters/write-letters.ts";
import { readLogo } from "../../papers/office.ts";
import type { PaperName } from "../../papers/page-size.ts";
import { type FoundOperators, findOperators } from "../../places/find-operators.ts";
import { checkCodesOf } from "../../places/operators/roll-codes.ts";
import type { Addressee, LetterLanguage } from "../../shared/domain/letter.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { listLaws, type OperatorsLaw } from "../../shared/messages/operators/laws.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import type { CommonOptions } from "../common-options.ts";
import { counted } from "../slip-options.ts";
import { votersPages } from "./letter-pages.ts";
import { rollSource } from "./roll-source.ts";
import { describeFaults } from "./words.ts";

interface LettersOptions extends CommonOptions {
  readonly file: string;
  readonly law: string;
  readonly out: string;
  readonly letter?: string;
  readonly languageColumn?: string;
  readonly paper?: PaperName;
  readonly pages?: string;
  readonly settings?: Record<string, unknown>;
  readonly force?: true;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LETTERS_PER_FILE = 1_000;
/** More threads would wait for the disk, and each holds a file in memory. */
const MOST_THREADS = 4;
/** States in which nobody can vote any more. */
const OVER = new Set(["closed", "counted", "certified", "published", "destroyed"]);

/** `npm run voters -- letters`. */
export async function letters(options: LettersOptions): Promise<void> {
  const source = rollSource(options.file);
  const letterFile = options.letter === undefined ? {} : readLetterFile(options.letter);
  const stage = await findOperators(options);
  const settings = settingsFor(stage, options);
  const law = await lawOf(stage, options.law);
  const pages = await votersPages(stage, settings, options.pages, law);
  const job = jobOf(law, settings, letterFile, pages, options.paper);
  const { signal, release } = interruptible();
  try {
    const roll = await openRoll(source);
    const addressing = await addressingOf(stage, law, roll, {
      ...options,
      letterFile,
      paper: job.office.paper,
      signal,
    });
    const found = await inspect(roll, addressing);
    const result = await write(job, roll, addressing, found, options, signal);
    print(options, { ...result, folder: options.out, pages }, () => describe(result, options.out, law));
  } finally {
    release();
  }
}

function settingsFor({ stage }: FoundOperators, { settings = {} }: LettersOptions): Settings {
  try {
    return settingsOf(stage, settings);
  } catch (error) {
    throw new UserError(error instanceof Error ? error.message : String(error), 2);
  }
}

async function lawOf({ api }: FoundOperators, lawId: string): Promise<OperatorsLaw> {
  const { laws } = await api.look(listLaws, {});
  const law = laws.find(({ law_id }) => law_id === lawId);
  if (law === undefined) throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
  const isOver = OVER.has(law.state) || (law.closes_at !== null && Date.parse(law.closes_at) <= Date.now());
  if (isOver) throw new UserError(`Voting on ${lawId} is over: there is nothing to write to its voters.`);
  if (law.state === "draft") {
    process.stderr.write(
      `${lawId} is a draft: if its titles or its window change, the letters must be made again. ` +
        `npm run voters -- seal ${lawId} --expect N makes it ready.\n`,
    );
  }
  return law;
}

function jobOf(
  law: OperatorsLaw,
  { office }: Settings,
  { fr, en }: LetterFile,
  pages: string,
  paper: PaperName | undefined,
): Omit<LetterJob, "begunAt"> {
  if (office.contact.fr.length === 0 || office.contact.en.length === 0) {
    process.stderr.write(
      "The letters do not say how voters reach the office: the setting office.contact has no lines for one language or both.\n",
    );
  }
  return {
    law: {
      id: law.law_id,
      title: { fr: law.title_fr, en: law.title_en },
      opensAt: law.opens_at,
      closesAt: law.closes_at,
      isRehearsal: law.rehearsal,
      hasCheckedCodes: law.codes === "checked",
    },
    office: {
      name: office.name,
      contact: office.contact,
      logo: office.logo === undefined ? undefined : readLogo(resolve(ROOT, office.logo)),
      paper: paper ?? office.paper,
      timeZone: office.timeZone,
    },
    pages,
    opening: { fr: fr?.opening, en: en?.opening },
    closing: { fr: fr?.closing ?? [], en: en?.closing ?? [] },
  };
}

interface Addressing extends Pick<LettersOptions, "languageColumn"> {
  readonly letterFile: LetterFile;
  readonly paper: PaperName;
  readonly signal: AbortSignal;
}

async function addressingOf(
  { api }: FoundOperators,
  { law_id, codes }: OperatorsLaw,
  roll: RollFile,
  { languageColumn, letterFile, paper, signal }: Addressing,
): Promise<AddressingOptions> {
  const isChecked = codes === "checked";
  const { refused } = isChecked ? await checkCodesOf(api, law_id, roll, { signal }) : { refused: undefined };
  return {
    rule: isChecked ? (code) => code.toUpperCase() : ANY_CODE,
    refused,
    address: letterFile.address ?? [],
    languageColumn,
    faultOf: addressChecker(paper),
    signal,
  };
}

interface Found {
  readonly letters: number;
  readonly languages: ReadonlySet<LetterLanguage>;
  /** SHA-256 of the roll file. */
  readonly digest: string;
}

/** Reads the file once before anything is written. Every line must be right: a voter without a letter cannot vote. */
async function inspect(roll: RollFile, addressing: AddressingOptions): Promise<Found> {
  const bar = progress("lines checked");
  const faults = new FaultCounter();
  const languages = new Set<LetterLanguage>();
  let digest = "";
  let [letters, lines] = [0, 0];
  try {
    for await (const some of readAddressees(roll, addressing, (found) => (digest = found))) {
      for (const line of some) {
        if (line.kind === "bad") faults.add(line.bad);
        if (line.kind !== "addressee") continue;
        letters += 1;
        languages.add(line.addressee.language);
      }
      lines += some.length;
      bar.update(lines);
    }
  } finally {
    bar.stop();
  }
  if (faults.total > 0) {
    const why = describeFaults(faults.faults()).join("\n");
    throw new UserError(`No letter was written, because lines are bad.\n${why}`);
  }
  if (letters === 0) throw new UserError(`There is no voter in ${roll.name}; no letter was written.`);
  return { letters, languages, digest };
}

async function write(
  job: Omit<LetterJob, "begunAt">,
  roll: RollFile,
  addressing: AddressingOptions,
  { letters, languages, digest }: Found,
  options: LettersOptions,
  signal: AbortSignal,
): Promise<LetterResult> {
  const bar = progress("letters", letters);
  async function* addressees(): AsyncGenerator<readonly Addressee[]> {
    let again = "";
    for await (const some of readAddressees(roll, addressing, (found) => (again = found))) {
      yield some.flatMap((line) => (line.kind === "addressee" ? [line.addressee] : []));
    }
    if (again !== digest) {
      throw new UserError(`${roll.name} was changed while it was read: remove the letters, and run the command again.`);
    }
  }
  let complete = 0;
  try {
    return await writeLetters({
      job,
      folder: options.out,
      letters,
      languages,
      addressees,
      madeFrom: madeFrom(job, addressing, digest),
      force: options.force === true,
      perFile: LETTERS_PER_FILE,
      threads: Math.min(MOST_THREADS, availableParallelism()),
      signal,
      onProgress: bar.update,
      onFile: (files) => {
        complete = files;
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new UserError(
      `Interrupted: ${counted(complete, "file")} of ${Math.ceil(letters / LETTERS_PER_FILE).toLocaleString("en")} complete, ` +
        `and nothing else is left in ${options.out}. The same command goes on from there.`,
      130,
    );
  } finally {
    bar.stop();
  }
}

/** Digests of everything that the letters are made from: a run goes on only with the same. */
function madeFrom(
  { law, office, pages, opening, closing }: Omit<LetterJob, "begunAt">,
  { address, languageColumn }: AddressingOptions,
  digest: string,
): Record<string, string> {
  const { logo, paper, ...others } = office;
  const of = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");
  return {
    "the roll file": digest,
    "the law": of(law),
    "the office": of({ ...others, logo: logo === undefined ? null : createHash("sha256").update(logo).digest("hex") }),
    "the paper": of(paper),
    "the address of the pages": of(pages),
    "the letter file": of({ opening, closing, address }),
    "the column of languages": of(languageColumn ?? null),
  };
}

function describe({ letters, files, kept }: LetterResult, folder: string, law: OperatorsLaw): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const before = kept === 0 ? "" : ` ${kept.toLocaleString("en")} of them were complete before.`;
  const sealed = law.sealed_voters;
  const roll =
    sealed === null || sealed === letters ? [] : [`The sealed roll of ${law.law_id} has ${counted(sealed, "voter")}.`];
  return [
    `${counted(letters, "letter")} in ${counted(files.length, "file")} (${sizeOf(bytes)}) in ${folder}.${before}`,
    ...roll,
    "printer.pdf is the page for the printer; sha256sum -c SHA256SUMS compares the files.",
    "The files hold the voters' codes. Only you can read them: hand them over encrypted, and delete them once they are printed.",
    ...(isOpenToOthers(folder) ? [`Others may look into the folder ${folder}: chmod 700 ends that.`] : []),
  ].join("\n");
}

/** As file managers write it: 180,301 bytes are 180 kB. */
function sizeOf(bytes: number): string {
  const [unit, divisor] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  const format = new Intl.NumberFormat("en", { style: "unit", unit, maximumSignificantDigits: 3 });
  return format.format(bytes / Number(divisor));
}

function isOpenToOthers(folder: string): boolean {
  return (statSync(folder).mode & 0o077) !== 0;
}
