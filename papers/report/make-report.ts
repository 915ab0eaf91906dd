import { PAPER_LANGUAGES, type PaperLanguage } from "../../shared/domain/letter.ts";
import { PaperDocument } from "../document.ts";
import { drawOffice, type Office } from "../office.ts";
import { numberOf } from "../words.ts";
import type { LawReport } from "./law-report.ts";
import { Flow, MARGIN } from "./report-flow.ts";
import { drawLawPart, drawSignatures } from "./report-parts.ts";
import { REPORT_TEXTS } from "./texts/texts.ts";

/**
 * Makes the official report of a law as a tagged document: first all of it in French, then all of it in English, then
 * places to sign. The same report is the same file again.
 *
 * @param report everything that it says
 * @param office whose head it has
 */
export async function makeReport(report: LawReport, office: Office): Promise<Uint8Array<ArrayBuffer>> {
  // How many pages there are is known once they are drawn, and each of them says it.
  const { pages } = await drawn(report, office, 0);
  return (await drawn(report, office, pages)).bytes;
}

async function drawn(report: LawReport, office: Office, pages: number) {
  const titles = PAPER_LANGUAGES.map((language) => REPORT_TEXTS[language].titles[report.standing](report.law.id));
  const document = new PaperDocument({
    title: titles.join(" / "),
    author: office.name.fr,
    language: "fr",
    paper: office.paper,
    createdAt: new Date(report.at),
  });
  const flow = new Flow(document, document.body);
  let language: PaperLanguage = "fr";
  document.onEveryPage((number) => drawRunning(document, report, { language, number, pages }));
  for (const one of PAPER_LANGUAGES) {
    language = one;
    flow.newPage();
    const outer = flow.enter(one);
    const top = marksOf(report, one).length > 0 ? 50 : 34;
    const head = drawOffice(document, flow.part, office, [one], { x: MARGIN, y: top }, 60);
    flow.y = Math.max(112, head + 8);
    drawLawPart(flow, report, one, office.timeZone);
    flow.leave(outer);
  }
  if (report.standing !== "provisional") drawSignatures(flow);
  return { pages: document.pages, bytes: await document.end() };
}

/** What stands on every page of a report that must not be taken for a certified one. */
function marksOf({ standing, law }: LawReport, language: PaperLanguage): readonly string[] {
  const texts = REPORT_TEXTS[language];
  return [...(law.isRehearsal ? [texts.rehearsal] : []), ...(standing === "certified" ? [] : [texts.marks[standing]])];
}

function drawRunning(
  document: PaperDocument,
  report: LawReport,
  { language, number, pages }: { readonly language: PaperLanguage; readonly number: number; readonly pages: number },
): void {
  const texts = REPORT_TEXTS[language];
  const width = document.page.width - 2 * MARGIN;
  const foot = document.page.height - 42;
  const marks = marksOf(report, language);
  document.adorn((pdf) => {
    pdf
      .moveTo(MARGIN, foot)
      .lineTo(MARGIN + width, foot)
      .lineWidth(0.5)
      .stroke("black");
    if (marks.length > 0) pdf.rect(MARGIN, 20, width, 22).lineWidth(1.2).stroke("black");
  });
  const small = { face: "regular", size: 8, width: width / 2 } as const;
  const title = document.lay(texts.titles[report.standing](report.law.id), small);
  const page = document.lay(texts.page(numberOf(number, language), numberOf(pages, language)), small);
  const mark = document.lay(marks.join(" · "), { face: "bold", size: 11, width });
  document.adornWithText([
    { block: title, x: MARGIN, y: foot + 5 },
    { block: page, x: MARGIN + width - document.widthOf(page), y: foot + 5 },
    ...(marks.length === 0 ? [] : [{ block: mark, x: MARGIN + (width - document.widthOf(mark)) / 2, y: 24 }]),
  ]);
}
