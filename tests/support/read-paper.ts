import { inflateSync } from "node:zlib";
import jsqr from "jsqr";
import { getDocumentProxy } from "unpdf";

/** The package's types say that it is a module with a default; Node.js gives its function as the module. */
const decodeQrCode = jsqr as unknown as typeof jsqr.default;

/** An element of a document's structure, as pdf.js gives it. */
interface StructureNode {
  readonly role?: string;
  readonly alt?: string;
  readonly lang?: string;
  readonly children?: readonly StructureNode[];
}

/** A text of one font on one line. */
interface PlacedText {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

/** A PDF as a program reads it. */
export interface ReadPaper {
  readonly title: string;
  readonly language: string;
  /** The text of each page. */
  readonly pages: readonly string[];
  /** What stands where on each page, in points from its upper left corner; `top` is that of the baseline. */
  readonly lines: readonly (readonly PlacedText[])[];
  /** The kinds of elements on each page in the order of reading, such as `H1` or `Figure (its text)`. */
  readonly structure: readonly (readonly string[])[];
}

/**
 * Reads a PDF.
 *
 * @param bytes the file
 */
export async function readPaper(bytes: Uint8Array): Promise<ReadPaper> {
  // pdf.js takes the bytes away.
  const document = await getDocumentProxy(new Uint8Array(bytes));
  try {
    const { info } = await document.getMetadata();
    const { Title, Language } = info as { Title: string; Language: string };
    const pages: string[] = [];
    const lines: PlacedText[][] = [];
    const structure: string[][] = [];
    for (let number = 1; number <= document.numPages; number++) {
      const page = await document.getPage(number);
      const { items } = await page.getTextContent();
      pages.push(items.map((item) => ("str" in item ? `${item.str}${item.hasEOL ? "\n" : ""}` : "")).join(""));
      const [, , , height = 0] = page.view;
      lines.push(
        items.flatMap((item) => {
          if (!("str" in item) || item.str.trim() === "") return [];
          const [, , , , left, bottom]: number[] = item.transform;
          return [{ text: item.str, left: left ?? 0, top: height - (bottom ?? 0), width: item.width }];
        }),
      );
      structure.push(kindsOf((await page.getStructTree()) as StructureNode | null));
    }
    return { title: Title, language: Language, pages, lines, structure };
  } finally {
    await document.loadingTask.destroy();
  }
}

function kindsOf(node: StructureNode | null): string[] {
  if (node?.role === undefined) return [];
  const language = node.lang === undefined ? "" : ` ${node.lang}`;
  const alt = node.alt === undefined ? "" : ` (${node.alt})`;
  return [`${node.role}${language}${alt}`, ...(node.children ?? []).flatMap(kindsOf)];
}

/**
 * What the QR codes of a PDF say, as a telephone reads them: from the rectangles that the pages draw.
 *
 * @param bytes the file
 */
export function readQrCodes(bytes: Uint8Array): readonly string[] {
  // The rectangles of a code follow one another.
  const drawn = streamsOf(Buffer.from(bytes)).flatMap((content) => content.match(/(?:^\d+ \d+ \d+ 1 re\n?)+/gm) ?? []);
  return drawn.map((code) => {
    const rectangles = [...code.matchAll(/^(\d+) (\d+) (\d+) 1 re$/gm)].map(([, ...numbers]) => numbers.map(Number));
    const [quiet, pixels] = [4, 4];
    const modules = Math.max(...rectangles.map(([, row = 0]) => row)) + 1;
    const side = (modules + 2 * quiet) * pixels;
    const picture = new Uint8ClampedArray(side * side * 4).fill(255);
    for (const [column = 0, row = 0, width = 0] of rectangles) {
      for (let y = (row + quiet) * pixels; y < (row + quiet + 1) * pixels; y++) {
        const from = (y * side + (column + quiet) * pixels) * 4;
        for (let at = from; at < from + width * pixels * 4; at++) if (at % 4 !== 3) picture[at] = 0;
      }
    }
    return decodeQrCode(picture, side, side)?.data ?? "not readable";
  });
}

/** The streams of a PDF that are text, in the order of the file. */
function streamsOf(file: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; ; ) {
    const start = file.indexOf("stream\n", at);
    if (start < 0) return found;
    const end = file.indexOf("\nendstream", start);
    at = end + "\nendstream".length;
    const bytes = file.subarray(start + "stream\n".length, end);
    // 0x78: zlib's first byte.
    if (bytes[0] === 0x78) found.push(inflateSync(bytes).toString("latin1"));
  }
}
