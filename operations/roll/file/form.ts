import Papa from "papaparse";
import { printableLine } from "../../../shared/domain/printable.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";

/** The columns of NAS and code, from 0. */
export interface Columns {
  readonly nas: number;
  readonly code: number;
}

/** How a roll file is to be read. */
export interface RollForm {
  readonly delimiter: string;
  readonly columns: Columns;
  /** The number of columns in use. A line with text in further columns is bad. */
  readonly width: number;
  /** Whether its first line names the columns, is a heading without a known column, or is a voter's line. */
  readonly heading: "known" | "unknown" | "none";
}

/** What may be between columns. */
export const DELIMITERS = [",", ";", "\t", "|"] as const;
/** Excel's first line that names the delimiter. */
const SEPARATOR_LINE = /^sep=(.?)$/i;

const STRICT_NAS = /^\d{3}[ -]?\d{3}[ -]?\d{3}$/;
/** A NAS, also if a spreadsheet has damaged it. */
const LIKE_NAS = /^(?:'|=")?\d[\d -]{4,10}(?:[.,]\d+(?:E\+?\d+)?)?"?$|^\d(?:[.,]\d+)?E\+?\d+$/i;
const LIKE_CODE = /^(?=.*\d)[A-Za-z0-9 -]{6,48}$/;
const NAS_HEADINGS = /assurancesociale|socialinsurance/;
const OTHER_CODES = /posta|zip|pays|country|region|langue|language/;

/**
 * Splits one line.
 *
 * @param line its text
 * @param delimiter the text between columns
 * @returns its fields, or undefined when a quote is opened and not closed
 */
export function fieldsOf(line: string, delimiter: string): readonly string[] | undefined {
  const { data, errors } = Papa.parse<string[]>(line, { delimiter, newline: "\n" });
  if (errors.some((error) => error.code === "MissingQuotes")) return undefined;
  return (data[0] ?? []).map((field) => field.trim());
}

/** Whether a line only names the delimiter, as Excel writes it. */
export function isSeparatorLine(line: string): boolean {
  return SEPARATOR_LINE.test(line.trim());
}

/**
 * The columns that a heading names.
 *
 * @param fields of a line
 * @returns undefined when it is not a heading, or does not name exactly one column for each
 */
export function columnsOfHeading(fields: readonly string[]): Columns | undefined {
  // A voter's line may have such words too, as names: Sin, Mei.
  if (fields.some((field) => LIKE_NAS.test(field))) return undefined;
  const words = fields.map(wordsOf);
  const nas = nasColumnOf(fields);
  const code =
    onlyIndex(words, (of) => of.join("") === "code") ??
    onlyIndex(words, (of) => /code|^pin$/.test(of.join("")) && !OTHER_CODES.test(of.join("")));
  return nas === undefined || code === undefined || nas === code ? undefined : { nas, code };
}

/**
 * The column that a heading names as that of the NAS.
 *
 * @param fields of a line
 * @returns undefined when it names none, or several
 */
export function nasColumnOf(fields: readonly string[]): number | undefined {
  return onlyIndex(
    fields.map(wordsOf),
    (of) => of.includes("nas") || of.includes("sin") || NAS_HEADINGS.test(of.join("")),
  );
}

/**
 * Where columns are that somebody has named, by their headings. Capitals, accents and signs make no difference.
 *
 * @param fields of a heading
 * @param names of the wanted columns
 * @returns the column of each name, from 0
 * @throws Refusal naming the columns that are missing or come twice
 */
export function namedColumns(fields: readonly string[], names: readonly string[]): readonly number[] {
  const words = fields.map((field) => wordsOf(field).join(" "));
  return names.map((name) => {
    const wanted = wordsOf(name).join(" ");
    const column = onlyIndex(words, (one) => one === wanted);
    if (column !== undefined && wanted !== "") return column;
    const some = fields.map((field) => printableLine(field)).join(", ");
    throw new Refusal(`There is no single column "${name}" in the roll file. Its heading has these: ${some}.`);
  });
}

/** The words of a heading in small letters without accents. */
function wordsOf(field: string): readonly string[] {
  const plain = field.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
  return plain.match(/[a-z0-9]+/g) ?? [];
}

function onlyIndex<T>(items: readonly T[], fits: (item: T) => boolean): number | undefined {
  const found = items.flatMap((item, index) => (fits(item) ? [index] : []));
  return found.length === 1 ? found[0] : undefined;
}

/**
 * Finds out how a roll file is to be read, from its heading or, without one, from the form of its first lines.
 *
 * @param lines its first lines that are not blank
 * @param name its name in messages
 * @returns its form; undefined when there are only headings
 * @throws Refusal when it is not certain which columns hold NAS and code
 */
export function formOf(lines: readonly string[], name: string): RollForm | undefined {
  const rows = lines.filter((line) => !isSeparatorLine(line));
  const [first] = rows;
  if (first === undefined) return undefined;
  if (/\r./.test(first)) {
    throw new Refusal(
      `There is no voter in ${name} that can be read: its lines end with a carriage return alone. Save it with line feeds (LF or CRLF).`,
    );
  }
  const named = DELIMITERS.map((delimiter) => columnsOfHeading(fieldsOf(first, delimiter) ?? [])).find(Boolean);
  const body = named === undefined ? rows : rows.slice(1);
  const delimiter = delimiterOf(body.length > 0 ? body : rows);
  const table = tableOf(body, delimiter);
  const width = Math.max(2, usualWidth(table));
  if (named !== undefined) {
    const needed = Math.max(named.nas, named.code) + 1;
    const ofHeading = (fieldsOf(first, delimiter) ?? []).length;
    return { delimiter, columns: named, width: Math.max(width, needed, ofHeading), heading: "known" };
  }
  if (body.length === 0) return undefined;
  const hasUnknownHeading = rows.length > 1 && isUnknownHeading(fieldsOf(first, delimiter) ?? []);
  const data = hasUnknownHeading ? table.slice(1) : table;
  const columns = columnsByForm(data, width, name);
  return { delimiter, columns, width, heading: hasUnknownHeading ? "unknown" : "none" };
}

function tableOf(lines: readonly string[], delimiter: string): (readonly string[])[] {
  return lines.map((line) => fieldsOf(line, delimiter) ?? []).filter((fields) => fields.length > 1);
}

/** The delimiter with which most lines have a NAS and another field. */
function delimiterOf(lines: readonly string[]): string {
  const score = (delimiter: string) => {
    const table = tableOf(lines, delimiter);
    const like = table.filter((fields) => fields.some((field) => LIKE_NAS.test(field))).length;
    return like * 1_000 + table.length;
  };
  return DELIMITERS.reduce((best, one) => (score(one) > score(best) ? one : best), ",");
}

/** How many columns most lines have, without empty ones at the end. */
function usualWidth(table: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const fields of table) {
    const width = fields.findLastIndex((field) => field !== "") + 1;
    counts.set(width, (counts.get(width) ?? 0) + 1);
  }
  return [...counts].sort((one, other) => other[1] - one[1])[0]?.[0] ?? 0;
}

function isUnknownHeading(fields: readonly string[]): boolean {
  return fields.length > 1 && fields.some((field) => field !== "") && fields.every((field) => !/\d/.test(field));
}

function columnsByForm(table: readonly (readonly string[])[], width: number, name: string): Columns {
  const shareOf = (column: number, form: RegExp) =>
    table.length === 0 ? 0 : table.filter((fields) => form.test(fields[column] ?? "")).length / table.length;
  const columns = Array.from({ length: width }, (_, column) => column);
  const strict = columns.filter((column) => shareOf(column, STRICT_NAS) >= 0.9);
  if (width === 2) {
    if (shareOf(0, LIKE_NAS) >= 0.5 || table.length === 0) return { nas: 0, code: 1 };
    if (strict[0] === 1 && shareOf(0, LIKE_CODE) >= 0.5) return { nas: 1, code: 0 };
  } else if (strict.length === 1) {
    const [nas = 0] = strict;
    const codes = columns.filter((column) => column !== nas && shareOf(column, LIKE_CODE) >= 0.9);
    if (codes.length === 1) return { nas, code: codes[0] ?? 1 };
  }
  throw new Refusal(
    `It is not certain which of the ${width} columns of ${name} hold nas and code: ` +
      "put a first line nas,code over them, with a name for every other column.",
  );
}
