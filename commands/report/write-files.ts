import { createHash } from "node:crypto";
import { mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Office } from "../../papers/office.ts";
import type { LawReport, Standing } from "../../papers/report/law-report.ts";
import { makeReport } from "../../papers/report/make-report.ts";
import { reportCsv } from "../../papers/report/report-csv.ts";
import { UserError } from "../../terminal/errors.ts";
import { toJson } from "../../terminal/json.ts";

/** A file of a report. */
export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A report that is not certified never has the name of one that is. */
const NAMES: Readonly<Record<Standing, string>> = {
  certified: "report",
  provisional: "provisional-report",
  not_certified: "uncertified-report",
};

/**
 * Writes the files of a report, each as a whole, and their check sums.
 *
 * @param folder where; it is made if it is missing
 * @param report what they say
 * @param office whose head the paper has
 * @throws UserError when the folder cannot be written to
 */
export async function writeFiles(folder: string, report: LawReport, office: Office): Promise<readonly WrittenFile[]> {
  const name = `${NAMES[report.standing]}-${report.law.id}`;
  const contents = [
    [`${name}.pdf`, await makeReport(report, office)],
    [`${name}.csv`, Buffer.from(reportCsv(report))],
    [`${name}.json`, Buffer.from(`${toJson(report)}\n`)],
  ] as const;
  const files = contents.map(([file, bytes]) => {
    return { name: file, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  });
  const sums = files.map(({ name: file, sha256 }) => `${sha256}  ${file}\n`).join("");
  mustBeFolder(folder);
  for (const [file, bytes] of contents) write(folder, file, bytes);
  write(folder, `${name}.sha256`, Buffer.from(sums));
  return files;
}

/**
 * Makes the folder before the work begins, so that a wrong name costs no time.
 *
 * @param folder where files will be written
 * @throws UserError when it cannot be one
 */
export function mustBeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (statSync(folder).isDirectory()) return;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`${folder} cannot be a folder for the report (${why}). Name another one by --to.`);
  }
  throw new UserError(`${folder} is not a folder. Name another one by --to.`);
}

function write(folder: string, name: string, bytes: Uint8Array): void {
  const unfinished = join(folder, `.${name}.${process.pid}.unfinished`);
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, join(folder, name));
}
