import type { PaperLanguage } from "../../shared/domain/letter.ts";
import type { PaperDocument, Part, TextKind, TextStyle } from "../document.ts";
import { settable } from "../fonts.ts";
import { drawTable, type TableOptions } from "../table.ts";

export const MARGIN = 54;
/** Room for what stands on every page. */
const TOP = 62;
const BOTTOM = 58;
/** A heading does not stand alone at the end of a page. */
const WITH_HEADING = 92;

type Style = Pick<TextStyle, "face" | "size" | "leading">;

/** Text and tables one below the other, over as many pages as it takes. */
export class Flow {
  readonly document: PaperDocument;
  readonly width: number;
  y: number;
  #part: Part;

  constructor(document: PaperDocument, part: Part) {
    this.document = document;
    this.width = document.page.width - 2 * MARGIN;
    this.y = TOP;
    this.#part = part;
  }

  get part(): Part {
    return this.#part;
  }

  get bottom(): number {
    return this.document.page.height - BOTTOM;
  }

  /** Goes on in another part of the structure. */
  enter(language?: PaperLanguage): Part {
    const outer = this.#part;
    this.#part = outer.part("Sect", language === undefined ? {} : { language });
    return outer;
  }

  /** Ends the part. @param outer what `enter` has given */
  leave(outer: Part): void {
    this.#part.end();
    this.#part = outer;
  }

  newPage(): void {
    this.document.newPage();
    this.y = TOP;
  }

  /** Begins a page unless so much room is left. @param height in points */
  need(height: number): void {
    if (this.y + height > this.bottom) this.newPage();
  }

  heading(text: string): void {
    this.y += 14;
    this.need(WITH_HEADING);
    this.text("H2", text, { face: "bold", size: 13 });
    this.y += 3;
  }

  text(kind: TextKind, text: string, style: Style): void {
    const block = this.document.lay(settable(style.face, text), { ...style, width: this.width });
    this.need(block.height);
    this.#part.text(kind, block, { x: MARGIN, y: this.y });
    this.y += block.height;
  }

  note(text: string): void {
    this.y += 3;
    this.text("P", text, { face: "regular", size: 9.5 });
    this.y += 3;
  }

  /**
   * Text that may be longer than a page.
   *
   * @param text the text
   * @param size in points
   * @param isExact whether it is compared to the letter; otherwise it is broken at its spaces
   */
  verbatim(text: string, size: number, isExact = false): void {
    const { lines, ...block } = this.document.lay(settable("digest", text), {
      ...{ face: "digest", size, width: this.width, leading: 1.25, isExact },
    });
    for (let at = 0; at < lines.length; ) {
      this.need(block.leading);
      const some = lines.slice(at, at + Math.max(1, Math.floor((this.bottom - this.y) / block.leading)));
      const height = some.length * block.leading;
      this.#part.text("P", { ...block, lines: some, height }, { x: MARGIN, y: this.y });
      this.y += height;
      at += some.length;
    }
    this.y += 3;
  }

  /** Numbered steps. */
  steps(items: readonly string[], first = 1): void {
    const list = this.#part.part("L");
    const style = { face: "regular", size: 9.5 } as const;
    for (const [at, item] of items.entries()) {
      const label = this.document.lay(`${first + at}. `, { ...style, width: 16 });
      const block = this.document.lay(item, { ...style, width: this.width - 16 });
      this.need(block.height);
      list.item(label, block, { x: MARGIN, y: this.y }, 16);
      this.y += block.height + 2;
    }
    list.end();
  }

  table(options: Pick<TableOptions, "columns" | "rows">): void {
    this.y += 4;
    // The headings and a row.
    this.need(40);
    const { bottom, y: top } = this;
    this.y = drawTable(this.document, this.#part, { ...options, size: 9, x: MARGIN, top, topOfPage: TOP, bottom });
    this.y += 6;
  }
}
