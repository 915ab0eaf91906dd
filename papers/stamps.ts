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
  pdf.font(block.font).fontSize(block.size).fillColor("black");
  for (const [at, line] of block.lines.entries()) pdf.text(line, x, y + at * block.leading, { lineBreak: false });
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
