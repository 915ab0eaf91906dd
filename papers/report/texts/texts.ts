import { PAPER_LANGUAGES, type PaperLanguage } from "../../../shared/domain/letter.ts";
import type { Both } from "../law-report.ts";
import type { ReportTexts } from "../report-texts.ts";
import { en } from "./en.ts";
import { fr } from "./fr.ts";

/** Everything that a report says. */
export const REPORT_TEXTS: Readonly<Record<PaperLanguage, ReportTexts>> = { fr, en };

/**
 * A text in both languages.
 *
 * @param say makes it of the texts of a language
 */
export function both(say: (texts: ReportTexts, language: PaperLanguage) => string): Both {
  const [french = "", english = ""] = PAPER_LANGUAGES.map((language) => say(REPORT_TEXTS[language], language));
  return { fr: french, en: english };
}
