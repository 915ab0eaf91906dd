import { PAPER_LANGUAGES, type PaperLanguage } from "../../shared/domain/letter.ts";
import type { TextStyle } from "../document.ts";
import { PaperDocument, type Part, type TextKind } from "../document.ts";
import { drawOffice } from "../office.ts";
import { drawTable } from "../table.ts";
import { numberOf } from "../words.ts";
import type { WrittenFile } from "./letter-folder.ts";
import type { LetterJob } from "./letter-job.ts";
import { windowSentence } from "./letter-texts.ts";

const MARGIN = 54;
const BOTTOM = 38;

interface PrinterTexts {
  readonly title: string;
  readonly law: (id: string, title: string) => string;
  readonly rehearsal: string;
  readonly counts: (letters: string, files: string, paper: string) => string;
  readonly paper: Readonly<Record<"letter" | "a4", string>>;
  readonly rules: readonly string[];
}

const TEXTS: Readonly<Record<PaperLanguage, PrinterTexts>> = {
  fr: {
    title: "Pour l’imprimeur",
    law: (id, title) => `Loi ${id} : ${title}`,
    rehearsal: "Répétition : ces votes ne comptent pas.",
    counts: (letters, files, paper) => `Lettres : ${letters}. Fichiers : ${files}. Feuilles : ${letters}, ${paper}.`,
    paper: { letter: "format lettre (8½ × 11 po)", a4: "format A4" },
    rules: [
      "Avant d’imprimer, comparez les sommes de contrôle : sha256sum -c SHA256SUMS.",
      "Imprimez chaque fichier une fois, dans l’ordre du tableau : une feuille par lettre, au recto, en taille réelle.",
      "Gardez l’ordre des pages. Le numéro en haut à droite de chaque lettre va de la première à la dernière sans trou.",
      "Chaque lettre contient un code secret. Détruisez les feuilles ratées, ne gardez ni copie ni fichier, et dites combien de feuilles ont été détruites.",
    ],
  },
  en: {
    title: "For the printer",
    law: (id, title) => `Law ${id}: ${title}`,
    rehearsal: "Rehearsal: these votes do not count.",
    counts: (letters, files, paper) => `Letters: ${letters}. Files: ${files}. Sheets: ${letters}, ${paper}.`,
    paper: { letter: "letter size (8½ × 11 in)", a4: "A4" },
    rules: [
      "Before you print, compare the check sums: sha256sum -c SHA256SUMS.",
      "Print each file once, in the order of the table: one sheet per letter, on one side, at actual size.",
      "Keep the order of the pages. The number at the upper right of each letter goes from the first to the last without a gap.",
      "Each letter holds a secret code. Destroy spoiled sheets, keep no copy and no file, and say how many sheets were destroyed.",
    ],
  },
};

/**
 * Makes the page that goes to the printer with the files: what is to be printed, in which order, and check sums. It has
 * no code, no name and no address.
 *
 * @param job what the letters have in common
 * @param files the files, in order
 */
export async function makePrinterPage(job: LetterJob, files: readonly WrittenFile[]): Promise<Uint8Array> {
  const { law, office } = job;
  const document = new PaperDocument({
    title: `${TEXTS.fr.title} / ${TEXTS.en.title} : ${law.id}`,
    author: office.name.fr,
    language: "fr",
    paper: office.paper,
    createdAt: new Date(job.begunAt),
  });
  document.newPage();
  const head = drawOffice(document, document.body, office, PAPER_LANGUAGES, { x: MARGIN, y: 34 }, 66);
  const letters = files.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const width = document.page.width - 2 * MARGIN;
  let y = Math.max(108, head + 8);
  for (const language of PAPER_LANGUAGES) {
    const texts = TEXTS[language];
    const part = document.body.part("Sect", { language });
    const pen = linesFrom(document, part, y, width);
    pen.add("H1", texts.title, { face: "bold", size: 15 }, 0);
    pen.add("P", texts.law(law.id, law.title[language]), { face: "bold", size: 10 }, 2);
    if (law.isRehearsal) pen.add("P", texts.rehearsal, { face: "bold", size: 10 }, 2);
    pen.add("P", windowSentence(law, language, office.timeZone), { face: "regular", size: 9.5 }, 1);
    const counts = texts.counts(
      numberOf(letters, language),
      numberOf(files.length, language),
      texts.paper[office.paper],
    );
    pen.add("P", counts, { face: "bold", size: 9.5 }, 3);
    pen.list(texts.rules, { face: "regular", size: 9.5 });
    part.end();
    y = pen.y + 12;
  }
  y = drawTable(document, document.body, {
    x: MARGIN,
    top: y,
    topOfPage: MARGIN,
    bottom: document.page.height - BOTTOM,
    size: 8,
    columns: [
      { title: "Fichier / File", width: 136 },
      { title: "Lettres / Letters", width: 92, align: "right" },
      { title: "Feuilles / Sheets", width: 84, align: "right" },
      { title: "SHA-256", width: width - 312, face: "digest", gap: 16 },
    ],
    rows: files.map(({ name, first, last, sha256 }) => [
      name,
      `${numberOf(first, "fr")} – ${numberOf(last, "fr")}`,
      numberOf(last - first + 1, "fr"),
      `${sha256.slice(0, 32)} ${sha256.slice(32)}`,
    ]),
  });
  drawSignatures(document, y);
  return document.end();
}

function linesFrom(document: PaperDocument, part: Part, top: number, width: number) {
  let y = top;
  type Style = Pick<TextStyle, "face" | "size">;
  return {
    get y() {
      return y;
    },
    add(kind: TextKind, text: string, style: Style, above: number) {
      const block = document.lay(text, { ...style, width });
      y += above;
      part.text(kind, block, { x: MARGIN, y });
      y += block.height;
    },
    list(items: readonly string[], style: Style) {
      const list = part.part("L");
      y += 2;
      for (const [at, item] of items.entries()) {
        const label = document.lay(`${at + 1}. `, { ...style, width: 14 });
        const block = document.lay(item, { ...style, width: width - 14 });
        list.item(label, block, { x: MARGIN, y }, 14);
        y += block.height + 1;
      }
    },
  };
}

/** Where those sign who hand the files over and who take them. */
function drawSignatures(document: PaperDocument, below: number): void {
  const height = 66;
  let y = below + 4;
  if (y + height > document.page.height - BOTTOM) {
    document.newPage();
    y = MARGIN;
  }
  const width = document.page.width - 2 * MARGIN;
  const half = (width - 24) / 2;
  for (const [row, labels] of [
    ["Remis par / Handed over by", "Date"],
    ["Reçu par / Received by", "Date"],
  ].entries()) {
    for (const [column, label] of labels.entries()) {
      const place = { x: MARGIN + column * (half + 24), y: y + row * 32 + 20 };
      document.adorn((pdf) =>
        pdf
          .moveTo(place.x, place.y)
          .lineTo(place.x + half, place.y)
          .lineWidth(0.5)
          .stroke("black"),
      );
      document.body.text("P", document.lay(label, { face: "regular", size: 7.5, width: half }), {
        x: place.x,
        y: place.y + 2,
      });
    }
  }
}
