import { type FontRun, fontRuns } from "./fonts.ts";
import type { TextBlock } from "./text-block.ts";

/** A place on a page, in points from its upper left corner. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Of PDFKit's page, what drawing text needs; its types leave it out. */
interface DrawnPage {
  readonly xobjects: Record<string, unknown>;
  readonly fonts: Record<string, unknown>;
  write(content: string): void;
}

/** Of PDFKit's document, what its types say otherwise. */
interface DrawnDocument {
  page: DrawnPage;
}

/**
 * Draws the lines of a text.
 *
 * @param pdf the document
 * @param block the text
 * @param place its upper left corner
 */
export function drawLines(pdf: PDFKit.PDFDocument, block: TextBlock, { x, y }: Place): void {
  const { face, font, size, leading, lines } = block;
  pdf.fontSize(size).fillColor("black");
  for (const [at, line] of lines.entries()) {
    const top = y + at * leading;
    if (font !== undefined) pdf.font(font).text(line, x, top, { lineBreak: false });
    else drawRuns(pdf, fontRuns(face, line) ?? [], { x, y: top });
  }
}

/** Draws the parts of a line in several fonts on one baseline. */
function drawRuns(pdf: PDFKit.PDFDocument, runs: readonly FontRun[], { x, y }: Place): void {
  let left = x;
  let baseline: number | undefined;
  for (const { font, text } of runs) {
    pdf.font(font);
    baseline ??= y + ascentOf(pdf);
    pdf.text(text, left, baseline - ascentOf(pdf), { lineBreak: false });
    left += pdf.widthOfString(text);
  }
}

/** From the top of a line to its baseline. PDFKit's types leave its fonts out. */
function ascentOf(pdf: PDFKit.PDFDocument): number {
  const { _font, _fontSize } = pdf as unknown as { _font: { ascender: number }; _fontSize: number };
  return (_font.ascender / 1_000) * _fontSize;
}

/**
 * The width of a line, in points.
 *
 * @param pdf the document
 * @param style what it is set in
 * @param line the line
 */
export function widthOfLine(
  pdf: PDFKit.PDFDocument,
  { face, font, size }: Pick<TextBlock, "face" | "font" | "size">,
  line: string,
): number {
  pdf.fontSize(size);
  if (font !== undefined) return pdf.font(font).widthOfString(line);
  return (fontRuns(face, line) ?? []).reduce((sum, run) => sum + pdf.font(run.font).widthOfString(run.text), 0);
}

/**
 * Text that comes on many pages, as form XObjects (ISO 32000-1, 8.10): it is drawn once, and pages refer to it.
 * Drawing it anew on every page takes longer, and makes a larger file. PDFKit has no function for it.
 */
export class Stamps {
  readonly #pdf: PDFKit.PDFDocument;
  readonly #names = new Map<TextBlock, Map<string, { readonly name: string; readonly form: unknown }>>();
  #count = 0;

  constructor(pdf: PDFKit.PDFDocument) {
    this.#pdf = pdf;
  }

  /**
   * Draws a text that is drawn again on other pages.
   *
   * @param block the text
   * @param place its upper left corner
   */
  draw(block: TextBlock, place: Place): void {
    const places = this.#names.get(block) ?? new Map();
    this.#names.set(block, places);
    const key = `${place.x} ${place.y}`;
    const stamp = places.get(key) ?? { name: `T${this.#count++}`, form: this.#make(block, place) };
    places.set(key, stamp);
    const { page } = this.#drawn;
    page.xobjects[stamp.name] = stamp.form;
    this.#pdf.addContent(`/${stamp.name} Do`);
  }

  #make(block: TextBlock, place: Place): unknown {
    const drawn = this.#drawn;
    const { page } = drawn;
    const { width, height } = this.#pdf.page;
    const content: string[] = [];
    const fonts = {};
    // What is drawn meanwhile goes into the form instead of the page.
    drawn.page = Object.create(page, {
      fonts: { value: fonts },
      write: { value: (text: string) => void content.push(text) },
    });
    try {
      drawLines(this.#pdf, block, place);
    } finally {
      drawn.page = page;
    }
    const form = this.#pdf.ref({
      Type: "XObject",
      Subtype: "Form",
      BBox: [0, 0, width, height],
      Resources: { Font: fonts },
    });
    form.end(content.join("\n"));
    return form;
  }

  get #drawn(): DrawnDocument {
    return this.#pdf as unknown as DrawnDocument;
  }
}
