import type { PaperDocument, Part } from "./document.ts";
import type { Face } from "./fonts.ts";

/** A column of a table. */
interface TableColumn {
  readonly title: string;
  /** In points. */
  readonly width: number;
  readonly align?: "right";
  /** More room on its left, in points. */
  readonly gap?: number;
  readonly face?: Face;
}

/** A text of a table. */
export interface TableCell {
  readonly text: string;
  /** Instead of that of its column. */
  readonly face?: Face;
}

export interface TableOptions {
  readonly columns: readonly TableColumn[];
  /** The texts of each row, a column each. The first is the heading of its row. */
  readonly rows: readonly (readonly (string | TableCell)[])[];
  /** In points. */
  readonly size: number;
  /** Where it begins, and on a page that follows. */
  readonly top: number;
  readonly topOfPage: number;
  /** Where a page ends. */
  readonly bottom: number;
  readonly x: number;
}

const PADDING = 2;

/**
 * Draws a table whose headings readers know, over as many pages as it takes.
 *
 * @param document the document
 * @param part where it belongs in the structure
 * @param options what is in it, and where
 * @returns where it ends on the last page
 */
export function drawTable(document: PaperDocument, part: Part, options: TableOptions): number {
  const { columns, rows, size, x } = options;
  const table = part.part("Table");
  const lay = (cells: readonly (string | TableCell)[], face?: Face) =>
    columns.map((column, at) => {
      const cell = cells[at] ?? "";
      const { text, face: own } = typeof cell === "string" ? { text: cell, face: undefined } : cell;
      const style = {
        face: face ?? own ?? column.face ?? "regular",
        size,
        width: column.width - 2 * PADDING - (column.gap ?? 0),
      };
      return document.lay(text, style);
    });
  const titles = lay(
    columns.map(({ title }) => title),
    "bold",
  );
  const heightOf = (blocks: typeof titles) => Math.max(...blocks.map(({ height }) => height)) + 2 * PADDING;
  /** The place of a text in its cell. */
  const placeOf = (block: (typeof titles)[number], at: number, y: number) => {
    const left = x + columns.slice(0, at).reduce((sum, { width }) => sum + width, 0);
    const column = columns[at];
    const right =
      column?.align === "right" ? column.width - PADDING - document.widthOf(block) : PADDING + (column?.gap ?? 0);
    return { x: left + right, y: y + PADDING };
  };
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const rule = (y: number, lineWidth: number) =>
    document.adorn((pdf) =>
      pdf
        .moveTo(x, y)
        .lineTo(x + width, y)
        .lineWidth(lineWidth)
        .stroke("black"),
    );
  const head = table.part("THead").part("TR");
  for (const [at, block] of titles.entries())
    head.text("TH", block, placeOf(block, at, options.top), { scope: "Column" });
  let y = options.top + heightOf(titles);
  rule(y, 1);
  const body = table.part("TBody");
  for (const cells of rows) {
    const blocks = lay(cells);
    const height = heightOf(blocks);
    if (y + height > options.bottom) {
      document.newPage();
      y = options.topOfPage;
      // The headings are in the structure already: here they only help the eye.
      document.adornWithText(titles.map((block, at) => ({ block, ...placeOf(block, at, y) })));
      y += heightOf(titles);
      rule(y, 1);
    }
    const row = body.part("TR");
    for (const [at, block] of blocks.entries()) {
      row.text(at === 0 ? "TH" : "TD", block, placeOf(block, at, y), at === 0 ? { scope: "Row" } : {});
    }
    y += height;
    rule(y, 0.4);
    row.end();
  }
  table.end();
  return y;
}
