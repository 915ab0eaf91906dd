import type { Addressee } from "../../shared/domain/letter.ts";
import { PaperDocument } from "../document.ts";
import { LetterPen } from "./draw-letter.ts";
import type { LetterJob } from "./letter-job.ts";
import { LETTER_TEXTS } from "./letter-texts.ts";

/** How many letters are drawn between two reports. */
const REPORT_EVERY = 50;

export interface MakeOptions {
  /** Called with the number of letters since the last call. */
  readonly onProgress?: (letters: number) => void;
  /** Whether the rest is not wanted any more; asked before each letter. */
  readonly isStopped?: () => boolean;
}

/**
 * Makes the file of some letters, in memory.
 *
 * @param job what they have in common
 * @param addressees whose they are, in the order of the pages
 * @param options reports and interruption
 * @returns undefined when it was stopped
 */
export async function makeLetters(
  job: LetterJob,
  addressees: readonly Addressee[],
  { onProgress = () => undefined, isStopped = () => false }: MakeOptions = {},
): Promise<Uint8Array<ArrayBuffer> | undefined> {
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
    if (isStopped()) return undefined;
    pen.draw(addressee);
    if (++unreported < REPORT_EVERY) continue;
    onProgress(unreported);
    unreported = 0;
    await document.flush();
  }
  onProgress(unreported);
  return document.end();
}
