import { dayAndTime } from "../../shared/domain/day-and-time.ts";
import { PAPER_LANGUAGES, PAPER_LOCALES, type PaperLanguage } from "../../shared/domain/letter.ts";
import { settable } from "../fonts.ts";
import { drawQrCode } from "../qr-code.ts";
import type { TableCell, TableOptions } from "../table.ts";
import { type Block, inWords, type Value } from "./blocks.ts";
import type { LawReport } from "./law-report.ts";
import { type Flow, MARGIN } from "./report-flow.ts";
import type { Label, ReportTexts } from "./report-texts.ts";
import { sectionsOf } from "./sections.ts";
import { REPORT_TEXTS } from "./texts/texts.ts";

/** Columns of numbers, which stand under each other by their last digits. */
const NUMBERS: ReadonlySet<Label> = new Set([
  ...(["ballots", "share", "voters", "on_roll", "number", "voted", "entry"] as const),
]);
const QR_SIDE = 92;

/** How a part is written. */
interface Writing {
  readonly language: PaperLanguage;
  readonly texts: ReportTexts;
  readonly timeZone: string;
}

/**
 * Draws all of a report in one language.
 *
 * @param flow where
 * @param report everything that it says
 * @param language in which
 * @param timeZone in which times are given
 */
export function drawLawPart(flow: Flow, report: LawReport, language: PaperLanguage, timeZone: string): void {
  const texts = REPORT_TEXTS[language];
  const writing: Writing = { language, texts, timeZone };
  const { standing, law, at } = report;
  flow.text("H1", texts.titles[standing](law.id), { face: "bold", size: 18 });
  // What stands on every page only adorns it; readers get it once.
  const marks = [
    ...(standing === "certified" ? [] : [texts.marks[standing]]),
    ...(law.isRehearsal ? [texts.rehearsal] : []),
  ];
  for (const mark of marks) flow.text("P", `${mark}.`, { face: "bold", size: 11 });
  flow.note(texts.standings[standing](dayAndTime(at, PAPER_LOCALES[language], timeZone)));
  flow.heading(texts.question);
  flow.text("P", law.title[language], { face: "bold", size: 11 });
  flow.note(`${texts.labels.form}${language === "fr" ? "\u00a0" : ""}: ${texts.forms[law.form ?? "none"]}.`);
  for (const { name, blocks } of sectionsOf(report)) {
    flow.heading(texts.sections[name]);
    for (const [at, block] of blocks.entries()) {
      // What introduces a table does not stand alone at the end of a page.
      if (block.kind === "note" && blocks[at + 1]?.kind === "list") flow.need(80);
      drawBlock(flow, block, writing);
    }
  }
  drawVerify(flow, report, texts);
}

function drawBlock(flow: Flow, block: Block, writing: Writing): void {
  switch (block.kind) {
    case "note":
      flow.note(block.said[writing.language]);
      break;
    case "facts":
      drawFacts(flow, block, writing);
      break;
    case "list":
      drawList(flow, block, writing);
      break;
    case "verbatim":
      flow.text("P", writing.texts.labels[block.field], { face: "bold", size: 9.5 });
      flow.verbatim(block.text, 7.5, true);
      break;
  }
}

function cellOf(value: Value, { language, timeZone }: Writing): TableCell {
  const text = inWords(value, language, timeZone);
  const face = value.kind === "digest" ? "digest" : "regular";
  return { text: settable(face, text), face };
}

function drawFacts(flow: Flow, { facts }: Block & { kind: "facts" }, writing: Writing): void {
  const { labels } = writing.texts;
  const areNumbers = facts.every(({ value }) => value.kind === "count" || value.kind === "percent");
  const widths = areNumbers ? [0.5, 0.25] : [0.36, 0.64];
  const [item = 0, value = 0] = widths.map((part) => part * flow.width);
  flow.table({
    columns: [
      { title: labels.item, width: item },
      { title: labels.value, width: value, ...(areNumbers ? { align: "right" } : {}) },
    ],
    rows: facts.map((fact) => [{ text: labels[fact.field] }, cellOf(fact.value, writing)]),
  });
}

function drawList(flow: Flow, { columns, rows }: Block & { kind: "list" }, writing: Writing): void {
  const drawnColumns: TableOptions["columns"] = columns.map(({ field, width }, at) => ({
    title: writing.texts.labels[field],
    width: width * flow.width,
    // What follows a number does not stick to it.
    ...(NUMBERS.has(columns[at - 1]?.field ?? "item") && !NUMBERS.has(field) ? { gap: 8 } : {}),
    ...(NUMBERS.has(field) ? { align: "right" } : {}),
  }));
  flow.table({ columns: drawnColumns, rows: rows.map((row) => row.map((value) => cellOf(value, writing))) });
}

function drawVerify(flow: Flow, { standing, log, address, law }: LawReport, { verify }: ReportTexts): void {
  flow.heading(verify.heading);
  if (log === null || standing === "not_certified") {
    flow.note(verify.impossible);
    return;
  }
  const [get = "", compare = "", what = ""] = verify.steps;
  flow.steps([get, compare]);
  flow.verbatim(`npm run verify -- ${address ?? `./${law.id}`} --key "${log.key}"`, 8);
  if (address === null) flow.note(verify.folder);
  flow.steps([what, verify[standing]], 3);
  const codes = [
    ...(address === null ? [] : [{ said: address, alt: verify.addressAlt, caption: verify.addressCaption }]),
    { said: log.key, alt: verify.keyAlt, caption: verify.keyCaption },
  ];
  flow.need(QR_SIDE + 40);
  const y = flow.y + 10;
  for (const [at, { said, alt, caption }] of codes.entries()) {
    const x = MARGIN + at * (flow.width / 2);
    const box = { x, y, width: QR_SIDE, height: QR_SIDE };
    flow.part.figure(alt, box, (pdf) => drawQrCode(pdf, said, box));
    const block = flow.document.lay(caption, { face: "regular", size: 9, width: flow.width / 2 - 12 });
    flow.part.text("P", block, { x, y: y + QR_SIDE + 6 });
  }
  flow.y = y + QR_SIDE + 24;
}

/** Where those sign who answer for the report. @param flow where */
export function drawSignatures(flow: Flow): void {
  const { document, width } = flow;
  const rows = 2;
  flow.y += 20;
  flow.need(40 + rows * 46);
  flow.text("H2", REPORT_TEXTS.fr.signatures.heading, { face: "bold", size: 13 });
  const labels = REPORT_TEXTS.fr.signatures.lines.map((_, at) =>
    PAPER_LANGUAGES.map((language) => REPORT_TEXTS[language].signatures.lines[at] ?? ""),
  );
  const each = (width - 2 * 16) / 3;
  for (let row = 0; row < rows; row++) {
    flow.y += 34;
    for (const [column, [french = "", english = ""]] of labels.entries()) {
      const x = MARGIN + column * (each + 16);
      const y = flow.y;
      document.adorn((pdf) =>
        pdf
          .moveTo(x, y)
          .lineTo(x + each, y)
          .lineWidth(0.5)
          .stroke("black"),
      );
      const label = french === english ? french : `${french} / ${english}`;
      flow.part.text("P", document.lay(label, { face: "regular", size: 7.5, width: each }), { x, y: y + 2 });
    }
    flow.y += 12;
  }
}
