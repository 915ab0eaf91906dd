/** The possible faults of a line of a roll file. */
export type LineFaultKind =
  | "nas_8_digits"
  | "nas_too_short"
  | "nas_scientific"
  | "nas_text_mark"
  | "nas_decimal"
  | "nas_malformed"
  | "code_scientific"
  | "code_text_mark"
  | "code_malformed"
  | "code_check"
  | "second_code"
  | "columns"
  | "too_long"
  | "unclosed_quote"
  | AddressFault
  | "language_unknown";

/** What is wrong with the address of a letter. */
export type AddressFault = "address_missing" | "address_credentials" | "address_characters" | "address_too_long";

/** A line that is not a voter, with the reason. Its text is not repeated. */
export interface BadLine {
  /** The number of the line, from 1. */
  readonly line: number;
  readonly kind: LineFaultKind;
  readonly reason: string;
}

/** The number of lines with the same fault. */
export interface Fault {
  readonly kind: LineFaultKind;
  readonly count: number;
  /** The first of these lines. */
  readonly lines: readonly number[];
  /** The cause, and what to do about it. */
  readonly text: string;
}

const AS_TEXT = "Export the list again with this column as text; nothing is filled up by guess.";

/** The words about the lines with a fault. */
interface FaultWords {
  /** The reason of one line. */
  readonly line: string;
  /** What follows the number of all lines with the fault: its beginning for one line and for several, and the rest. */
  readonly one: string;
  readonly several: string;
  readonly rest: string;
}

const WORDS: Readonly<Record<LineFaultKind, FaultWords>> = {
  nas_8_digits: {
    line: "the nas has 8 digits",
    one: "number has",
    several: "numbers have",
    rest: ` 8 digits: was the column saved as a number, which drops the zero in front? ${AS_TEXT}`,
  },
  nas_too_short: {
    line: "the nas has fewer than 8 digits",
    one: "number has",
    several: "numbers have",
    rest: ` fewer than 8 digits: was the column saved as a number, which drops zeros in front? ${AS_TEXT}`,
  },
  nas_scientific: {
    line: "the nas is in scientific notation",
    one: "number is",
    several: "numbers are",
    rest: ` in scientific notation, as 1.23E+08: the column was saved as a number, and digits are lost. ${AS_TEXT}`,
  },
  nas_text_mark: {
    line: 'the nas begins with an apostrophe or is wrapped in ="…"',
    one: "number is",
    several: "numbers are",
    rest: ` marked as text, by an apostrophe in front or by ="…". ${AS_TEXT}`,
  },
  nas_decimal: {
    line: "the nas has decimals",
    one: "number has",
    several: "numbers have",
    rest: ` decimals, as 123456789.0: the column was saved as a number. ${AS_TEXT}`,
  },
  nas_malformed: {
    line: "the nas must have exactly 9 digits",
    one: "number is",
    several: "numbers are",
    rest: " not a nas: 9 digits, with or without blanks and dashes between them.",
  },
  code_scientific: {
    line: "the code is in scientific notation",
    one: "code is",
    several: "codes are",
    rest: ` in scientific notation, as 1.23E+15: the column was saved as a number. ${AS_TEXT}`,
  },
  code_text_mark: {
    line: 'the code begins with an apostrophe or is wrapped in ="…"',
    one: "code is",
    several: "codes are",
    rest: ` marked as text, by an apostrophe in front or by ="…". ${AS_TEXT}`,
  },
  code_malformed: {
    line: "the code must be 6 to 32 letters and digits; case matters",
    one: "code is",
    several: "codes are",
    rest: " malformed: a code is 6 to 32 letters and digits.",
  },
  code_check: {
    line: "the code is not one that this stage made: its check does not fit",
    one: "code is",
    several: "codes are",
    rest:
      " not of this stage: the check does not fit. The law takes only codes made by voters generate --law; " +
      "codes from elsewhere need a law that was added with --codes any.",
  },
  second_code: {
    line: "this nas stands on an earlier line with another code",
    one: "person is",
    several: "persons are",
    rest: " there already under another code: a person is on a roll once.",
  },
  columns: {
    line: "must have two columns: nas,code",
    one: "line does",
    several: "lines do",
    rest: " not have the columns nas and code.",
  },
  too_long: {
    line: "is too long for a voter",
    one: "line is",
    several: "lines are",
    rest: " too long for a voter.",
  },
  unclosed_quote: {
    line: "a quote is opened and not closed on this line",
    one: "line has",
    several: "lines have",
    rest: " a quote that is opened and not closed on the same line.",
  },
  address_missing: {
    line: "the columns of the address are empty",
    one: "voter has",
    several: "voters have",
    rest: " no address: the columns of the address are empty.",
  },
  address_credentials: {
    line: "the address has the voter's nas or code in it",
    one: "address has",
    several: "addresses have",
    rest: " the voter's nas or code in it, with which whoever finds the letter could vote: use other columns.",
  },
  address_characters: {
    line: "the address has characters that no font of the letters has",
    one: "address has",
    several: "addresses have",
    rest: " characters that no font of the letters has: use Latin letters or syllabics.",
  },
  address_too_long: {
    line: "the address does not fit into an envelope's window",
    one: "address does",
    several: "addresses do",
    rest: " not fit into an envelope's window: use shorter lines.",
  },
  language_unknown: {
    line: "the language is neither French nor English",
    one: "line names",
    several: "lines name",
    rest: " a language that is neither French nor English; fr, en, and nothing for both are understood.",
  },
};

/** How many lines are named per kind of fault. */
const EXAMPLES = 5;

/**
 * A bad line, with its reason in words.
 *
 * @param line its number
 * @param kind its fault
 */
export function badLine(line: number, kind: LineFaultKind): BadLine {
  return { line, kind, reason: WORDS[kind].line };
}

/** Counts bad lines by what is wrong with them. */
export class FaultCounter {
  readonly #counts = new Map<LineFaultKind, { count: number; readonly lines: number[] }>();

  add({ line, kind }: Pick<BadLine, "line" | "kind">): void {
    this.addMany(kind, 1, [line]);
  }

  /**
   * Adds lines with the same fault.
   *
   * @param kind the fault
   * @param count how many lines
   * @param lines the first of them
   */
  addMany(kind: LineFaultKind, count: number, lines: readonly number[]): void {
    if (count === 0) return;
    const found = this.#counts.get(kind) ?? { count: 0, lines: [] };
    this.#counts.set(kind, found);
    found.count += count;
    found.lines.push(...lines.slice(0, EXAMPLES - found.lines.length));
  }

  get total(): number {
    let total = 0;
    for (const { count } of this.#counts.values()) total += count;
    return total;
  }

  /** The faults, the most frequent first. */
  faults(): readonly Fault[] {
    return [...this.#counts]
      .map(([kind, { count, lines }]) => ({
        kind,
        count,
        lines: [...lines],
        text: textOf(kind, count),
      }))
      .sort((one, other) => other.count - one.count);
  }
}

function textOf(kind: LineFaultKind, count: number): string {
  const { one, several, rest } = WORDS[kind];
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}${rest}`;
}

/**
 * The kind of damage that a spreadsheet has done to a NAS.
 *
 * @param nas as it stands in the file
 */
export function faultOfNas(nas: string): LineFaultKind {
  if (/^'|^="?/.test(nas)) return "nas_text_mark";
  if (/^\d+(?:[.,]\d+)?E\+?\d+$/i.test(nas)) return "nas_scientific";
  if (/^\d{5,9}[.,]0*$/.test(nas)) return "nas_decimal";
  const digits = nas.replaceAll(/[ -]/g, "");
  if (/^\d{8}$/.test(digits)) return "nas_8_digits";
  return /^\d{1,7}$/.test(digits) ? "nas_too_short" : "nas_malformed";
}

/**
 * The same for a code.
 *
 * @param code as it stands in the file
 */
export function faultOfCode(code: string): LineFaultKind {
  if (/^'|^="?/.test(code)) return "code_text_mark";
  return /^\d+(?:[.,]\d+)?E\+\d+$/i.test(code) ? "code_scientific" : "code_malformed";
}
