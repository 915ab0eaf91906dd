import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import PDFDocument from "pdfkit";
import { PAPER_LOCALES, type PaperLanguage } from "../shared/domain/letter.ts";
import { Refusal } from "../shared/domain/refusal.ts";
import { type Face, type FontName, fontFile, fontRuns } from "./fonts.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { PAGE_SIZES, type PaperName } from "./page-size.ts";
import { drawLines, type Place, Stamps, widthOfLine } from "./stamps.ts";
import { breakExactly, breakLines, type TextBlock } from "./text-block.ts";

/** Kinds of elements of a document's structure that hold text (ISO 32000-1, 14.8.4). */
export type TextKind = "P" | "H1" | "H2" | "H3" | "TH" | "TD" | "Caption";
/** Kinds that hold other elements. */
export type PartKind = "Sect" | "Div" | "L" | "Table" | "THead" | "TBody" | "TR";

export interface PaperOptions {
  readonly title: string;
  /** Who issues it. */
  readonly author: string;
  /** Parts in the other language say so themselves. */
  readonly language: PaperLanguage;
  readonly paper: PaperName;
  /** Written into the file, so that the same document made again is the same file. */
  readonly createdAt: Date;
}

export interface TextStyle {
  readonly face: Face;
  /** In points. */
  readonly size: number;
  /** Of a line, in points. */
  readonly width: number;
  /** From line to line, as a multiple of the size. */
  readonly leading?: number;
  /** Whether it is compared to the letter: then it is not broken beside spaces. */
  readonly isExact?: boolean;
}

/** A picture in its own pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
}

/** A part of a page, in points from its upper left corner. */
export interface Box extends Place {
  readonly width: number;
  readonly height: number;
}

/**
 * A document for print and for readers alike: its text is text, its fonts are in the file, and every part has its
 * place, its kind and its language in the structure (PDF/UA-1, ISO 14289-1). It is made in memory.
 */
export class PaperDocument {
  readonly page: { readonly width: number; readonly height: number };
  readonly body: Part;
  readonly #pdf: PDFKit.PDFDocument;
  readonly #written = new GrowingBytes();
  readonly #fonts = new Set<FontName>();
  readonly #pictures = new Map<Uint8Array, Picture>();
  readonly #fixed = new Map<string, TextBlock>();
  #pages = 0;
  #onPage: (number: number) => void = () => undefined;

  constructor({ title, author, language, paper, createdAt }: PaperOptions) {
    this.page = PAGE_SIZES[paper];
    this.#pdf = new PDFDocument({
      pdfVersion: "1.7",
      // The types do not know it.
      subset: "PDF/UA" as "PDF/A-2",
      tagged: true,
      displayTitle: true,
      lang: PAPER_LOCALES[language],
      info: { Title: title, Author: author, Producer: "Referendum", Creator: "Referendum", CreationDate: createdAt },
      size: [this.page.width, this.page.height],
      margin: 0,
      autoFirstPage: false,
    });
    // For the number 1, PDFKit writes a CIDSet, which lacks glyphs that others are made of: a fault in PDF/UA-1
    // (7.21.4.2), which needs none. The file says the same.
    Object.assign(this.#pdf, { subset: "1" });
    this.#pdf.on("data", (chunk: Uint8Array) => this.#written.add(chunk));
    const root = this.#pdf.struct("Document");
    this.#pdf.addStructure(root);
    this.body = new Part(this.#pdf, root, new Stamps(this.#pdf));
  }

  /**
   * Says what each page has that comes from now on, such as running heads.
   *
   * @param draw draws it; it gets the number of the page, from 1
   */
  onEveryPage(draw: (number: number) => void): void {
    this.#onPage = draw;
  }

  /** How many pages there are. */
  get pages(): number {
    return this.#pages;
  }

  newPage(): void {
    this.#pdf.addPage();
    this.#pages += 1;
    this.#onPage(this.#pages);
  }

  /**
   * Sets a paragraph in lines.
   *
   * @param text the paragraph; it may have line feeds of its own
   * @param style its font and width
   * @throws Refusal when fonts lack one of its characters
   */
  lay(text: string, { face, size, width, leading = 1.3, isExact = false }: TextStyle): TextBlock {
    const composed = text.normalize("NFC");
    const runs = fontRuns(face, composed.replaceAll("\n", " "));
    if (runs === undefined) throw new Refusal(`No font of papers has a character of "${text}".`);
    for (const { font } of runs) this.#register(font);
    const [first, ...others] = runs;
    const style = { face, font: others.length === 0 ? first?.font : undefined, size };
    const lines = composed.split("\n").flatMap((paragraph, at, { length }) => {
      const broken = (isExact ? breakExactly : breakLines)(paragraph, width, (one) =>
        widthOfLine(this.#pdf, style, one),
      );
      return at === length - 1 ? broken : [...broken.slice(0, -1), `${broken.at(-1)} `];
    });
    return { ...style, lines, leading: size * leading, height: lines.length * size * leading, isFixed: false };
  }

  #register(font: FontName): void {
    if (this.#fonts.has(font)) return;
    this.#pdf.registerFont(font, fontFile(font));
    this.#fonts.add(font);
  }

  /**
   * Sets a paragraph that comes on many pages. It is set once, and is in the file once for each place where it is.
   *
   * @param text the paragraph
   * @param style its font and width
   * @throws Refusal when fonts lack one of its characters
   */
  layFixed(text: string, style: TextStyle): TextBlock {
    const key = JSON.stringify([text, style.face, style.size, style.width, style.leading, style.isExact]);
    const known = this.#fixed.get(key);
    if (known !== undefined) return known;
    const block = { ...this.lay(text, style), isFixed: true };
    this.#fixed.set(key, block);
    return block;
  }

  /**
   * The width of the longest line of a text, in points.
   *
   * @param block the text, as it was laid
   */
  widthOf(block: TextBlock): number {
    return Math.max(...block.lines.map((line) => widthOfLine(this.#pdf, block, line)));
  }

  /**
   * A picture that is in the file once, however often it is drawn.
   *
   * @param bytes a PNG or JPEG
   * @throws Error when it cannot be read
   */
  picture(bytes: Uint8Array): Picture {
    const known = this.#pictures.get(bytes);
    if (known !== undefined) return known;
    // Buffers that are drawn directly would each be embedded again. The types do not know of opened images.
    const opened = (this.#pdf as unknown as { openImage(bytes: Buffer): Picture }).openImage(Buffer.from(bytes));
    this.#pictures.set(bytes, opened);
    return opened;
  }

  /** Draws what only adorns the page and is no part of what it says. */
  adorn(draw: (pdf: PDFKit.PDFDocument) => void): void {
    this.#pdf.markContent("Artifact", { type: "Layout" });
    this.#pdf.save();
    draw(this.#pdf);
    this.#pdf.restore();
    this.#pdf.endMarkedContent();
  }

  /** Repeats text that is in the structure elsewhere, such as the headings of a table on its next page. */
  adornWithText(texts: readonly (Place & { readonly block: TextBlock })[]): void {
    this.#pdf.markContent("Artifact", { type: "Pagination" });
    for (const { block, ...place } of texts) drawLines(this.#pdf, block, place);
    this.#pdf.endMarkedContent();
  }

  /** Takes over what PDFKit has written so far, in hundreds of thousands of small pieces for a long document. */
  flush(): Promise<void> {
    return setImmediate();
  }

  /**
   * Ends the document.
   *
   * @returns its file
   */
  async end(): Promise<Uint8Array<ArrayBuffer>> {
    this.body.end();
    const ended = once(this.#pdf, "end");
    this.#pdf.end();
    await ended;
    return this.#written.bytes();
  }
}

/** A part of a document's structure. Its text and its parts are read in the order in which they are added. */
export class Part {
  readonly #pdf: PDFKit.PDFDocument;
  readonly #element: PDFKit.PDFStructureElement;
  readonly #stamps: Stamps;

  constructor(pdf: PDFKit.PDFDocument, element: PDFKit.PDFStructureElement, stamps: Stamps) {
    this.#pdf = pdf;
    this.#element = element;
    this.#stamps = stamps;
  }

  /** Adds a part. */
  part(kind: PartKind, options: { readonly title?: string; readonly language?: PaperLanguage } = {}): Part {
    const { title, language } = options;
    const element = this.#pdf.struct(kind, {
      ...(title === undefined ? {} : { title }),
      ...(language === undefined ? {} : { lang: PAPER_LOCALES[language] }),
    });
    this.#element.add(element);
    return new Part(this.#pdf, element, this.#stamps);
  }

  /**
   * Adds text and draws it.
   *
   * @param kind what it is
   * @param block the text
   * @param place its upper left corner
   * @param options its language, if it is not that of its part; what is read in its place; of a heading of a table,
   *   what it is about
   */
  text(
    kind: TextKind,
    block: TextBlock,
    place: Place,
    options: {
      readonly language?: PaperLanguage;
      readonly spoken?: string;
      readonly scope?: "Column" | "Row";
    } = {},
  ): void {
    const { language, spoken, scope } = options;
    const draw = () => this.#draw(block, place);
    const attributes = {
      ...(language === undefined ? {} : { lang: PAPER_LOCALES[language] }),
      ...(spoken === undefined ? {} : { actual: spoken }),
      ...(scope === undefined ? {} : { scope }),
    };
    this.#element.add(this.#pdf.struct(kind, attributes, [draw]));
  }

  /**
   * Adds an item to a list, with its number or dot. Both are one element, which is all that a reader needs, and spares
   * thousands of letters seven each.
   *
   * @param label the number or dot
   * @param block the text
   * @param place the upper left corner of the label
   * @param indent how far to the right the text begins, in points
   */
  item(label: TextBlock, block: TextBlock, place: Place, indent: number): void {
    const draw = () => {
      this.#draw(label, place);
      this.#draw(block, { x: place.x + indent, y: place.y });
    };
    this.#element.add(this.#pdf.struct("LI", {}, [this.#pdf.struct("LBody", {}, [draw])]));
  }

  #draw(block: TextBlock, place: Place): void {
    if (block.isFixed) this.#stamps.draw(block, place);
    else drawLines(this.#pdf, block, place);
  }

  /**
   * Adds a picture.
   *
   * @param alt what it shows, for whoever does not see it
   * @param box where it is
   * @param draw draws it
   */
  figure(
    alt: string,
    { x, y, width, height }: Box,
    draw: (pdf: PDFKit.PDFDocument) => void,
    language?: PaperLanguage,
  ): void {
    const attributes = {
      alt,
      bbox: [x, y, x + width, y + height] as [number, number, number, number],
      ...(language === undefined ? {} : { lang: PAPER_LOCALES[language] }),
    };
    this.#element.add(
      this.#pdf.struct("Figure", attributes, [
        () => {
          this.#pdf.save();
          draw(this.#pdf);
          this.#pdf.restore();
        },
      ]),
    );
  }

  /**
   * Adds a picture that was read from a file.
   *
   * @param alt what it shows
   * @param picture the picture
   * @param box where; it fills the box
   */
  picture(alt: string, picture: Picture, box: Box, language?: PaperLanguage): void {
    const { x, y, width, height } = box;
    // The types take a path or a buffer, which would be read again.
    const image = picture as unknown as Buffer;
    this.figure(alt, box, (pdf) => void pdf.image(image, x, y, { width, height }), language);
  }

  end(): void {
    this.#element.end();
  }
}
