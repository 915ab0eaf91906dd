import Papa from "papaparse";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { VoteRequest } from "../../../shared/messages/vote-request.ts";
import { decodeText, type Encoding } from "./encoding.ts";
import { type BadLine, badLine, faultOfCode, faultOfNas, type LineFaultKind } from "./faults.ts";
import {
  type Columns,
  columnsOfHeading,
  DELIMITERS,
  fieldsOf,
  formOf,
  isSeparatorLine,
  namedColumns,
  type RollForm,
} from "./form.ts";
import { MAX_LINE, wholeLines, withoutMarks } from "./lines.ts";
import type { RollFile } from "./source.ts";

/** A voter's credentials in a roll file. They are in memory only until they are hashed. */
export interface Credentials {
  readonly line: number;
  /** Nine digits. */
  readonly nas: string;
  readonly code: string;
  /** The fields of the other columns that were asked for, in that order. */
  readonly others?: readonly string[];
}

export type RollLine =
  | { readonly kind: "voter"; readonly voter: Credentials }
  | { readonly kind: "bad"; readonly bad: BadLine };

/**
 * A law's rule about codes.
 *
 * @param code 6 to 32 letters and digits
 * @returns the code in the form that is hashed, or undefined when the law does not take it
 */
export type CodeRule = (code: string) => string | undefined;

/** How a file as a whole is read. */
export interface FileForm {
  readonly encoding: Encoding;
  readonly delimiter: string;
  /** The columns of NAS and code, from 1. */
  readonly nas_column: number;
  readonly code_column: number;
  /** Whether its first line names the columns, is a heading without a known column, or is a voter's line. */
  readonly heading: RollForm["heading"];
}

/** How many lines decide about the form of a file. */
const FORM_LINES = 200;
const PLAIN_NAS = /^[0-9]{9}$/;
const PLAIN_CODE = /^[A-Za-z0-9]{6,32}$/;
/** Characters that make a piece of text be read line by line: quotes, and the marks below. */
const UNUSUAL = ['"', "\ufeff", "ï»¿", "\0", "\u001a"] as const;
/** What may be between two files that were put together. */
const MARK_INSIDE = /(?<!^)(?:\ufeff|ï»¿|(?!\t)\p{Cc})/gu;

/**
 * Reads a roll file: CSV with the columns nas and code in any order, with any known delimiter and encoding, with or
 * without a heading and other columns. Blank lines and headings are not lines of the roll. Every other line is either a
 * voter or bad. A quote that is not closed makes only its line bad.
 *
 * @param file the file
 * @param rule the law's rule about codes
 * @param onForm called once, when it is known how the file is read
 * @param others the headings of other columns that are wanted
 * @yields its lines, in groups of some thousand
 * @throws Refusal when it is not certain how to read the file as a whole, it has no such columns, or one of them is
 *   that of NAS or code
 */
export async function* readRoll(
  file: RollFile,
  rule: CodeRule,
  onForm: (form: FileForm) => void = () => undefined,
  others: readonly string[] = [],
): AsyncGenerator<readonly RollLine[]> {
  let reader: LineReader | undefined;
  let waiting = "";
  let encoding: Encoding = "utf-8";
  const readerOf = (form: RollForm) => {
    const { delimiter, columns, heading } = form;
    onForm({ encoding, delimiter, nas_column: columns.nas + 1, code_column: columns.code + 1, heading });
    if (others.length > 0 && heading !== "known") {
      const wanted = others.map((name) => `"${name}"`).join(", ");
      throw new Refusal(`${file.name} has no first line that names its columns, so that ${wanted} cannot be found.`);
    }
    return new LineReader(form, rule, others);
  };
  const texts = decodeText(file.bytes(), file.name, (found) => {
    encoding = found;
  });
  for await (const text of wholeLines(texts)) {
    if (reader === undefined) {
      waiting += text;
      const lines = notBlank(waiting);
      if (lines.length < FORM_LINES) continue;
      const form = formOf(lines.slice(0, FORM_LINES), file.name);
      if (form === undefined) continue;
      reader = readerOf(form);
      yield reader.read(waiting);
      waiting = "";
    } else yield reader.read(text);
  }
  const form = reader === undefined ? formOf(notBlank(waiting), file.name) : undefined;
  if (form !== undefined) yield readerOf(form).read(waiting);
}

function notBlank(text: string): string[] {
  return text
    .split("\n")
    .map(withoutMarks)
    .filter((line) => line.trim() !== "");
}

/**
 * Where the heading of a second file begins in a line: that file was put behind one that did not end with a line feed.
 */
function headingInside(line: string): number | undefined {
  for (const { index } of line.matchAll(MARK_INSIDE)) {
    const rest = withoutMarks(line.slice(index));
    if (DELIMITERS.some((delimiter) => columnsOfHeading(fieldsOf(rest, delimiter) ?? []) !== undefined)) return index;
  }
  return undefined;
}

/** Reads lines one after the other. A heading further down (of a second file) may change the columns. */
class LineReader {
  readonly #rule: CodeRule;
  readonly #others: readonly string[];
  #form: RollForm;
  #otherColumns: readonly number[] = [];
  #line = 0;
  #seesFirst = true;

  constructor(form: RollForm, rule: CodeRule, others: readonly string[]) {
    this.#form = form;
    this.#rule = rule;
    this.#others = others;
  }

  /** @param text whole lines */
  read(text: string): readonly RollLine[] {
    const found: RollLine[] = [];
    // Text with a quote or with marks is read line by line, so that a quote that is not closed ends with its line.
    if (text === "\n" || UNUSUAL.some((mark) => text.includes(mark))) {
      for (const line of text.slice(0, -1).split("\n")) this.#readLine(line, found);
      return found;
    }
    const { data } = Papa.parse<string[]>(text.slice(0, -1), {
      delimiter: this.#form.delimiter,
      newline: "\n",
      fastMode: true,
    });
    for (const fields of data) {
      const voter = this.#seesFirst ? undefined : this.#plainVoter(fields);
      if (voter !== undefined) found.push(voter);
      else this.#readLine(fields.join(this.#form.delimiter), found);
    }
    return found;
  }

  /** Reads a line without anything unusual, like nearly every line; undefined for other lines. */
  #plainVoter(fields: readonly string[]): RollLine | undefined {
    const { columns, width } = this.#form;
    const nas = fields[columns.nas] ?? "";
    const code = fields[columns.code] ?? "";
    if (!PLAIN_NAS.test(nas) || !PLAIN_CODE.test(code)) return undefined;
    for (let at = width; at < fields.length; at++) if (fields[at] !== "") return undefined;
    const taken = this.#rule(code);
    if (taken === undefined) return undefined;
    return this.#voter({ line: ++this.#line, nas, code: taken }, fields);
  }

  #voter(credentials: Credentials, fields: readonly string[]): RollLine {
    if (this.#others.length === 0) return { kind: "voter", voter: credentials };
    const others = this.#otherColumns.map((column) => (fields[column] ?? "").trim());
    return { kind: "voter", voter: { ...credentials, others } };
  }

  #readLine(raw: string, found: RollLine[]): void {
    const line = ++this.#line;
    const end = headingInside(raw) ?? raw.length;
    this.#readPart(raw.slice(0, end), line, found);
    if (end < raw.length) this.#readPart(raw.slice(end), line, found);
  }

  #readPart(raw: string, line: number, found: RollLine[]): void {
    const text = withoutMarks(raw);
    if (text.trim() === "" || isSeparatorLine(text)) return;
    const isFirst = this.#seesFirst;
    this.#seesFirst = false;
    if (isFirst && this.#form.heading === "unknown") return;
    if (text.length > MAX_LINE) return void found.push({ kind: "bad", bad: badLine(line, "too_long") });
    const { delimiter } = this.#form;
    let fault: LineFaultKind = "columns";
    // First with the file's delimiter. Lines of a second file may have another one.
    for (const one of [delimiter, ...[",", ";", "\t"].filter((other) => other !== delimiter)]) {
      const fields = fieldsOf(text, one);
      if (fields === undefined) fault = "unclosed_quote";
      if (fields === undefined || fields.length < 2) continue;
      const columns = columnsOfHeading(fields);
      if (columns !== undefined) {
        const width = Math.max(this.#form.width, fields.length);
        this.#form = { ...this.#form, columns, width };
        this.#otherColumns = this.#columnsOfOthers(fields, columns);
        return;
      }
      found.push(this.#lineOf(fields, line));
      return;
    }
    found.push({ kind: "bad", bad: badLine(line, fault) });
  }

  /** Whatever the other columns are for, it is nothing that a NAS or a code belongs in: an address, a language. */
  #columnsOfOthers(heading: readonly string[], columns: Columns): readonly number[] {
    const found = namedColumns(heading, this.#others);
    for (const [at, column] of found.entries()) {
      if (column !== columns.nas && column !== columns.code) continue;
      const what = column === columns.nas ? "the NAS" : "the codes";
      throw new Refusal(
        `The column "${this.#others[at]}" has ${what}, which must be in no address and name no language: ` +
          "name another column.",
      );
    }
    return found;
  }

  #lineOf(fields: readonly string[], line: number): RollLine {
    const bad = (kind: LineFaultKind): RollLine => ({ kind: "bad", bad: badLine(line, kind) });
    const { columns, width } = this.#form;
    if (fields.slice(width).some((field) => field !== "")) return bad("columns");
    const [nas = "", code = ""] = [fields[columns.nas], fields[columns.code]];
    // The same schema with which ingest reads a vote.
    const parsedNas = VoteRequest.shape.nas.safeParse(nas);
    if (!parsedNas.success) return bad(faultOfNas(nas));
    const parsedCode = VoteRequest.shape.code.safeParse(code);
    if (!parsedCode.success) return bad(faultOfCode(code));
    const taken = this.#rule(parsedCode.data);
    if (taken === undefined) return bad("code_check");
    return this.#voter({ line, nas: parsedNas.data, code: taken }, fields);
  }
}
