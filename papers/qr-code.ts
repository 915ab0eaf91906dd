import QRCode from "qrcode";
import type { Box } from "./document.ts";

/** Modules of white around a code (ISO/IEC 18004). The box does not hold them: leave that much room. */
export const QUIET_MODULES = 4;

/**
 * Draws a QR code that still reads when 15 % of it is damaged (level M), as it may be where a letter is folded.
 *
 * @param pdf the document
 * @param text what it says
 * @param box where, without its white border
 */
export function drawQrCode(pdf: PDFKit.PDFDocument, text: string, { x, y, width }: Box): void {
  const { modules } = QRCode.create(text, { errorCorrectionLevel: "M" });
  const unit = width / modules.size;
  for (let row = 0; row < modules.size; row++) {
    for (let column = 0; column < modules.size; ) {
      let end = column;
      while (end < modules.size && modules.get(row, end)) end++;
      // One rectangle for a run of dark modules: a printer leaves no hairline between them.
      if (end > column) pdf.rect(x + column * unit, y + row * unit, (end - column) * unit, unit);
      column = end + 1;
    }
  }
  pdf.fill("black");
}
