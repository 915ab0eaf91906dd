import QRCode from "qrcode";
import type { Box } from "./document.ts";

/**
 * Draws a QR code that still reads when 15 % of it is damaged (level M), as it may be where a letter is folded.
 *
 * @param pdf the document
 * @param text what it says
 * @param box where, without the white border of four modules that it needs (ISO/IEC 18004)
 */
export function drawQrCode(pdf: PDFKit.PDFDocument, text: string, { x, y, width }: Box): void {
  // As bytes throughout: looking for parts with a shorter form takes longer than the rest, and the code is no smaller.
  const segments = [{ data: Buffer.from(text), mode: "byte" as const }];
  const { modules } = QRCode.create(segments, { errorCorrectionLevel: "M" });
  const rectangles: string[] = [];
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; ) {
      let end = column;
      while (end < modules.size && modules.get(row, end)) end++;
      // One rectangle for a run of dark modules: a printer leaves no hairline between them.
      if (end > column) rectangles.push(`${column} ${row} ${end - column} 1 re`);
      column = end + 1;
    }
  }
  pdf.translate(x, y).scale(width / modules.size);
  // A call for each rectangle would take longer than all else on the page.
  pdf.addContent(rectangles.join("\n"));
  pdf.fill("black");
}
