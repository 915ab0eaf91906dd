import {
  type Addressee,
  codeGroups,
  type LetterLanguage,
  letterAddress,
  type PaperLanguage,
} from "../../shared/domain/letter.ts";
import type { Box, PaperDocument, Part } from "../document.ts";
import { drawOffice } from "../office.ts";
import { drawQrCode } from "../qr-code.ts";
import type { TextBlock } from "../text-block.ts";
import { numberOf } from "../words.ts";
import { drawColumn, type LetterColumn, layColumns, SHEET, shownAddress } from "./letter-form.ts";
import type { LetterJob } from "./letter-job.ts";
import { LETTER_TEXTS } from "./letter-texts.ts";

const ADDRESS = { size: 11, smallest: 8, leading: 1.18 };
const QR_SIDE = 108;
/** A code that would be smaller than the smallest on one line comes on two. */
const CODE = { largest: 25, smallest: 17, onTwoLines: 19 };
const NOTE = { largest: 9, smallest: 7 };
/** Above and below the mark of a rehearsal. */
const MARK_GAP = 8;

interface Note {
  readonly language: PaperLanguage;
  readonly block: TextBlock;
}

function heightOf(notes: readonly Note[]): number {
  return notes.reduce((sum, { block }) => sum + block.height, 0);
}

/** Draws the letters of one document. What is the same in all of them is set once. */
export class LetterPen {
  readonly #document: PaperDocument;
  readonly #job: LetterJob;
  readonly #columns = new Map<LetterLanguage, readonly LetterColumn[]>();

  constructor(document: PaperDocument, job: LetterJob) {
    this.#document = document;
    this.#job = job;
  }

  /**
   * Draws a letter on a new page.
   *
   * @param addressee whose it is
   * @throws Refusal when its text does not fit on the page
   */
  draw(addressee: Addressee): void {
    const document = this.#document;
    const columns = this.#columns.get(addressee.language) ?? layColumns(document, this.#job, addressee.language);
    this.#columns.set(addressee.language, columns);
    const languages = columns.map(({ language }) => language);
    const [first = "fr"] = languages;
    document.newPage();
    const letter = document.body.part("Sect", {
      title: LETTER_TEXTS[first].letter(numberOf(addressee.number, first), this.#job.law.id),
      language: first,
    });
    this.#drawHead(letter, languages);
    this.#drawNumber(letter, languages, addressee);
    const address = layAddress(document, addressee.address);
    if (address !== undefined) letter.text("P", address, SHEET.address);
    for (const column of columns) drawColumn(letter, column, SHEET.bodyTop);
    this.#drawBox(letter, languages, addressee);
    this.#drawFolds();
    letter.end();
  }

  /** Marks at the edge where the sheet is folded in three. */
  #drawFolds(): void {
    const { height } = this.#document.page;
    this.#document.adorn((pdf) => {
      for (const y of [height / 3, (2 * height) / 3]) pdf.moveTo(12, y).lineTo(22, y);
      pdf.lineWidth(0.4).stroke("black");
    });
  }

  #drawNumber(letter: Part, languages: readonly PaperLanguage[], { number }: Addressee): void {
    const { page } = this.#document;
    let { y }: { y: number } = SHEET.address;
    for (const language of languages) {
      const text = LETTER_TEXTS[language].letter(numberOf(number, language), this.#job.law.id);
      const block = this.#document.lay(text, { face: "regular", size: 9, width: 200 });
      letter.text("P", block, { x: page.width - SHEET.margin - this.#document.widthOf(block), y }, { language });
      y += block.height;
    }
  }

  /** The office, and below it the mark of a rehearsal. */
  #drawHead(letter: Part, languages: readonly PaperLanguage[]): void {
    const document = this.#document;
    const width = document.page.width - 2 * SHEET.margin;
    const { isRehearsal } = this.#job.law;
    const lines = (isRehearsal ? languages : []).map((language) => {
      const text = LETTER_TEXTS[language].rehearsal;
      return { language, block: document.layFixed(text, { face: "bold", size: 12, width: width - 20 }) };
    });
    const height = isRehearsal ? heightOf(lines) + 10 : 0;
    const room = SHEET.address.y - SHEET.top - height - 2 * MARK_GAP;
    const place = { x: SHEET.margin, y: SHEET.top };
    const top = drawOffice(document, letter, this.#job.office, languages, place, room) + MARK_GAP;
    if (!isRehearsal) return;
    document.adorn((pdf) => pdf.rect(SHEET.margin, top, width, height).lineWidth(1.5).stroke("black"));
    let y = top + 5;
    for (const { language, block } of lines) {
      letter.text("P", block, { x: SHEET.margin + 10, y }, { language });
      y += block.height;
    }
  }

  /** The box with the code, which is in the lowest third and so inside of the folded letter. */
  #drawBox(letter: Part, languages: readonly PaperLanguage[], addressee: Addressee): void {
    const document = this.#document;
    const { page } = document;
    const box: Box = {
      x: SHEET.margin,
      y: page.height - SHEET.box.bottom - SHEET.box.height,
      width: page.width - 2 * SHEET.margin,
      height: SHEET.box.height,
    };
    document.adorn((pdf) => pdf.rect(box.x, box.y, box.width, box.height).lineWidth(1).stroke("black"));
    const left = box.x + 16;
    const width = box.width - QR_SIDE - 60;
    const part = letter.part("Sect");
    const labels = languages.map((language) => {
      return { language, block: document.layFixed(LETTER_TEXTS[language].code, { face: "bold", size: 11, width }) };
    });
    const code = this.#layCode(addressee.code, width);
    const room = box.height - 30 - code.height - (labels[0]?.block.height ?? 0);
    const notes = this.#layNotes(addressee.code, languages, width, room);
    let y = box.y + 10 + (room - heightOf(notes)) / 2;
    let x = left;
    for (const { language, block } of labels) {
      part.text("H2", block, { x, y }, { language });
      x += document.widthOf(block) + 16;
    }
    y += (labels[0]?.block.height ?? 0) + 3;
    // A reader says the characters one by one, and copies them without the blanks between groups.
    part.text("P", code, { x: left, y }, { spoken: addressee.code });
    y += code.height + 7;
    for (const { language, block } of notes) {
      part.text("P", block, { x: left, y }, { language });
      y += block.height;
    }
    const qr = { x: box.x + box.width - QR_SIDE - 18, y: box.y + 14, width: QR_SIDE, height: QR_SIDE };
    const address = letterAddress(this.#job.pages, this.#job.law.id, addressee);
    const [first = "fr"] = languages;
    const alt = languages.map((language) => LETTER_TEXTS[language].qrAlt).join(" ");
    part.figure(alt, qr, (pdf) => drawQrCode(pdf, address, qr), first);
    const shown = document.layFixed(shownAddress(this.#job.pages), {
      face: "bold",
      size: NOTE.largest,
      width: QR_SIDE + 40,
    });
    part.text("P", shown, { x: qr.x + (QR_SIDE - document.widthOf(shown)) / 2, y: qr.y + QR_SIDE + 5 });
  }

  /** What stands below the code, smaller where there is much to say. */
  #layNotes(code: string, languages: readonly PaperLanguage[], width: number, room: number): readonly Note[] {
    let notes: readonly Note[] = [];
    for (let size = NOTE.largest; size >= NOTE.smallest; size -= 0.5) {
      notes = languages.flatMap((language) =>
        [this.#noteOf(code, language), LETTER_TEXTS[language].qrCode].map((text) => {
          return { language, block: this.#document.layFixed(text, { face: "regular", size, width }) };
        }),
      );
      if (heightOf(notes) <= room) break;
    }
    return notes;
  }

  /** How a code is typed, and which of its characters look like others. */
  #noteOf(code: string, language: PaperLanguage): string {
    const texts = LETTER_TEXTS[language];
    if (this.#job.law.hasCheckedCodes) return texts.codeChecked;
    const told = [...new Set(code)].flatMap((character) => texts.alike[character] ?? []);
    return told.length === 0 ? texts.codeAny : `${texts.codeAny} ${told.join(", ")}.`;
  }

  /** The code in groups, as large as it fits on a line, or on two. */
  #layCode(code: string, width: number): TextBlock {
    const groups = codeGroups(code);
    const document = this.#document;
    for (let size = CODE.largest; size >= CODE.smallest; size--) {
      const block = document.lay(groups.join(" "), { face: "code", size, width, leading: 1.25 });
      if (block.lines.length === 1) return block;
    }
    return document.lay(groups.join(" "), { face: "code", size: CODE.onTwoLines, width, leading: 1.25 });
  }
}

/**
 * Sets an address for the window of an envelope, smaller where it is long.
 *
 * @param document the document
 * @param address its lines
 * @returns undefined when it does not fit, or has no line
 */
export function layAddress(document: PaperDocument, address: readonly string[]): TextBlock | undefined {
  const { width, height } = SHEET.address;
  for (let size = ADDRESS.size; size >= ADDRESS.smallest; size -= 0.5) {
    const style = { face: "regular", size, width, leading: ADDRESS.leading } as const;
    const block = document.lay(address.join("\n"), style);
    if (block.lines.length === address.length && block.height <= height) return block;
  }
  return undefined;
}
