import type { Addressee } from "../../shared/domain/letter.ts";
import { PaperDocument } from "../document.ts";
import { LetterPen } from "./draw-letter.ts";
import type { LetterJob } from "./letter-job.ts";
import { LETTER_TEXTS } from "./letter-texts.ts";

/** How many letters are drawn between two reports. */
const REPORT_EVERY = 50;

/**
 * Makes the file of some letters, in memory.
 *
 * @param job what they have in common
 * @param addressees whose they are, in the order of the pages
 * @param onProgress called with the number of letters since the last call
 */
export async function makeLetters(
  job: LetterJob,
  addressees: readonly Addressee[],
  onProgress: (letters: number) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const isEnglish = addressees.every(({ language }) => language === "en");
  const language = isEnglish ? "en" : "fr";
  const document = new PaperDocument({
    title: LETTER_TEXTS[language].documentTitle(job.law.id),
    author: job.office.name[language],
    language,
    paper: job.office.paper,
    createdAt: new Date(job.begunAt),
  });
  const pen = new LetterPen(document, job);
  let unreported = 0;
  for (const addressee of addressees) {
    pen.draw(addressee);
    if (++unreported < REPORT_EVERY) continue;
    onProgress(unreported);
    unreported = 0;
  }
  onProgress(unreported);
  return document.end();
}
