import type { LetterLanguage, PaperLanguage } from "../../shared/domain/letter.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import type { PaperDocument, Part, TextKind } from "../document.ts";
import type { Face } from "../fonts.ts";
import type { TextBlock } from "../text-block.ts";
import type { LetterJob } from "./letter-job.ts";
import { LETTER_TEXTS, windowSentence } from "./letter-texts.ts";

/** Where things are on the sheet, in points: it is folded twice, and the address shows in the window of an envelope. */
export const SHEET = {
  margin: 54,
  top: 34,
  /** Windows of North America's number 10 and of DL envelopes both show this. */
  address: { x: 63, y: 156, width: 235, height: 78 },
  bodyTop: 246,
  /** The box with the code, within the lowest third. */
  box: { height: 140, bottom: 36 },
} as const;
const GUTTER = 26;
/** Sizes that are tried, down to the smallest that is printed. */
const SCALES = [1.25, 1.2, 1.15, 1.1, 1.05, 1, 0.95, 0.9, 0.86];
const SIZE = 10.5;
const LEADING = 1.28;
const INDENT = 14;

interface Row {
  readonly kind: TextKind | "item";
  readonly block: TextBlock;
  /** Of an item of a list: its number or dot. */
  readonly label?: TextBlock;
  /** Room above it, in points. */
  readonly above: number;
}

/** The fixed text of letters in one language, in lines. */
export interface LetterColumn {
  readonly language: PaperLanguage;
  readonly x: number;
  readonly rows: readonly Row[];
  readonly height: number;
}

/**
 * Sets the fixed text of letters. It is the same for all letters of a language, so it is done once per document.
 *
 * @param document the document
 * @param job the law and the office
 * @param language one column of the whole width, or one for each language
 * @throws Refusal when it does not fit on a sheet
 */
export function layColumns(document: PaperDocument, job: LetterJob, language: LetterLanguage): readonly LetterColumn[] {
  const languages: readonly PaperLanguage[] = language === "both" ? ["fr", "en"] : [language];
  const room = document.page.height - SHEET.bodyTop - SHEET.box.height - SHEET.box.bottom - 12;
  const whole = document.page.width - 2 * SHEET.margin;
  const width = (whole - GUTTER * (languages.length - 1)) / languages.length;
  for (const scale of SCALES) {
    const columns = languages.map((one, at) =>
      layColumn(document, job, one, SHEET.margin + at * (width + GUTTER), width, scale),
    );
    if (columns.every(({ height }) => height <= room)) return columns;
  }
  throw new Refusal(
    "The text of the letters does not fit on a sheet: shorten the titles of the law, or opening and closing of the letter file.",
  );
}

function layColumn(
  document: PaperDocument,
  job: LetterJob,
  language: PaperLanguage,
  x: number,
  width: number,
  scale: number,
): LetterColumn {
  const texts = LETTER_TEXTS[language];
  const size = SIZE * scale;
  const rows: Row[] = [];
  const lay = (text: string, face: Face, factor = 1, within = width) =>
    document.layFixed(text, { face, size: size * factor, width: within, leading: LEADING });
  const add = (kind: TextKind, text: string, face: Face, above: number, factor = 1) =>
    rows.push({ kind, block: lay(text, face, factor), above: above * scale });
  const list = (items: readonly string[], labelOf: (at: number) => string, first: number) => {
    const indent = INDENT * scale;
    for (const [at, item] of items.entries()) {
      const block = lay(item, "regular", 1, width - indent);
      const label = lay(`${labelOf(at)} `, "regular");
      rows.push({ kind: "item", block, label, above: (at === 0 ? first : 1.5) * scale });
    }
  };
  add("H1", job.law.title[language], "bold", 0, 1.25);
  add("P", windowSentence(job.law, language, job.office.timeZone), "bold", 4);
  for (const text of job.opening[language] ?? texts.opening) add("P", text, "regular", 4);
  add("H2", texts.howHeading, "bold", 7, 1.08);
  list(texts.steps(shownAddress(job.pages)), (at) => `${at + 1}.`, 1.5);
  add("H2", texts.goodToKnow, "bold", 7, 1.08);
  list([...texts.rules, texts.lost], () => "•", 1.5);
  for (const text of job.closing[language]) add("P", text, "regular", 4);
  const contact = job.office.contact[language];
  if (contact.length > 0) {
    add("H2", texts.ask, "bold", 7, 1.08);
    add("P", contact.join("\n"), "regular", 0);
  }
  return { language, x, rows, height: rows.reduce((sum, { above, block }) => sum + above + block.height, 0) };
}

/**
 * Draws a column.
 *
 * @param part where it belongs in the structure
 * @param column the column
 * @param top where it begins
 */
export function drawColumn(part: Part, { language, x, rows }: LetterColumn, top: number): void {
  const section = part.part("Sect", { language });
  let y = top;
  let list: Part | undefined;
  for (const { kind, block, label, above } of rows) {
    y += above;
    if (kind === "item" && label !== undefined) {
      list ??= section.part("L");
      list.item(label, block, { x, y }, (INDENT * block.size) / SIZE);
    } else if (kind !== "item") {
      list = undefined;
      section.text(kind, block, { x, y });
    }
    y += block.height;
  }
}

/** An address as people type it: browsers add https:// themselves. */
export function shownAddress(pages: string): string {
  const { protocol, host, pathname } = new URL(pages);
  return `${protocol === "https:" ? "" : `${protocol}//`}${host}${pathname === "/" ? "" : pathname}`;
}
