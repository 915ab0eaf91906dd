import { asData } from "./blocks.ts";
import type { LawReport } from "./law-report.ts";
import { sectionsOf } from "./sections.ts";
import { REPORT_TEXTS } from "./texts/texts.ts";

/** The name of a table, and the number of a row in it. */
type Row = readonly [string, string];
/** What is said of a section once. */
const WHOLE: Row = ["", ""];
/** Programs for tables take these at the beginning of a field for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A report as CSV (RFC 4180): a line for each value, with its section, its table and row, the name of its field, and
 * what the field is called in French and in English. Numbers and times are as programs read them.
 *
 * @param report everything that it says
 */
export function reportCsv(report: LawReport): string {
  const { law, standing, office, address } = report;
  const rows: string[][] = [["section", "table", "row", "field", "value", "libelle", "label"]];
  const add = (section: string, row: Row, field: string, value: string, label?: string, libelle = label) =>
    rows.push([section, ...row, field, value, libelle ?? "", label ?? ""]);
  add("report", WHOLE, "form", report.form);
  add("report", WHOLE, "standing", standing);
  add("report", WHOLE, "at", report.at);
  add("report", WHOLE, "office_fr", office.fr);
  add("report", WHOLE, "office_en", office.en);
  add("report", WHOLE, "address", address ?? "");
  add("law", WHOLE, "law_id", law.id);
  add("law", WHOLE, "title_fr", law.title.fr);
  add("law", WHOLE, "title_en", law.title.en);
  add("law", WHOLE, "form", law.form ?? "");
  add("law", WHOLE, "rehearsal", String(law.isRehearsal));
  for (const { name, blocks } of sectionsOf(report)) {
    for (const block of blocks) {
      if (block.kind === "note") continue;
      if (block.kind === "verbatim") addField(name, WHOLE, block.field, block.text);
      else if (block.kind === "facts") {
        for (const { field, value } of block.facts) addField(name, WHOLE, field, asData(value));
      } else {
        for (const [at, row] of block.rows.entries()) {
          for (const [column, value] of row.entries()) {
            const field = block.columns[column]?.field;
            if (field !== undefined && !isSaidOnly(field))
              addField(name, [block.name, String(at + 1)], field, asData(value));
          }
        }
      }
    }
  }
  // Programs for tables take UTF-8 for another encoding unless it begins so.
  return `\ufeff${rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("")}`;

  function addField(section: string, row: Row, field: keyof typeof REPORT_TEXTS.fr.labels, value: string) {
    add(section, row, field, value, REPORT_TEXTS.en.labels[field], REPORT_TEXTS.fr.labels[field]);
  }
}

/** Columns that say in words what the column before has as a code. */
function isSaidOnly(field: string): boolean {
  return field === "meaning" || field === "title";
}

function quoted(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
