import { describe, expect, test } from "vitest";
import { asData, inWords, type Value } from "../../../../papers/report/blocks.ts";
import { type LawReport, percent } from "../../../../papers/report/law-report.ts";
import { makeReport } from "../../../../papers/report/make-report.ts";
import { reportCsv } from "../../../../papers/report/report-csv.ts";
import { sectionsOf } from "../../../../papers/report/sections.ts";
import { REPORT_TEXTS } from "../../../../papers/report/texts/texts.ts";
import { PAPER_LANGUAGES } from "../../../../shared/domain/letter.ts";
import { toJson } from "../../../../terminal/json.ts";
import { LAW_REPORT, PROVISIONAL_REPORT, UNCERTIFIED_REPORT } from "../../../support/law-report.ts";
import { LETTER_JOB } from "../../../support/letter-job.ts";
import { readPaper, readQrCodes } from "../../../support/read-paper.ts";

const OFFICE = LETTER_JOB.office;
const flat = (text: string | undefined) => (text ?? "").replaceAll(/\s+/g, " ");
/** Without spaces: long values are broken into lines. */
const dense = (text: string) => text.replaceAll(/\s+/g, "");

/** The pages of a paper in each language. */
async function readReport(report: LawReport) {
  const bytes = await makeReport(report, OFFICE);
  const paper = await readPaper(bytes);
  const english = paper.pages.findIndex(
    (page) => flat(page).includes(REPORT_TEXTS.en.page("1", "").slice(0, 4)) && /Page \d+ of \d+/.test(flat(page)),
  );
  return { bytes, paper, fr: paper.pages.slice(0, english), en: paper.pages.slice(english) };
}

/** Every value of a report, wherever it stands. */
function valuesOf(report: LawReport): Value[] {
  return sectionsOf(report).flatMap(({ blocks }) =>
    blocks.flatMap((block): Value[] => {
      if (block.kind === "facts") return block.facts.map(({ value }) => value);
      if (block.kind === "list") return block.rows.flat();
      return block.kind === "verbatim" ? [{ kind: "text", text: block.text }] : [];
    }),
  );
}

/** A CSV file in fields (RFC 4180). */
function fieldsOf(csv: string): string[][] {
  return [...csv.matchAll(/((?:"(?:[^"]|"")*"|[^,\r\n"]*)(?:,(?:"(?:[^"]|"")*"|[^,\r\n"]*))*)\r\n/g)].map(
    ([, line = ""]) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain = ""]) =>
        quoted === undefined ? plain : quoted.replaceAll('""', '"'),
      ),
  );
}

describe("the official report", async () => {
  const { bytes, paper, fr, en } = await readReport(LAW_REPORT);
  const texts = { fr: fr.map(flat).join(" "), en: en.map(flat).join(" ") };

  test("says all of it in French, and all of it in English", () => {
    expect(fr.length).toBeGreaterThan(4);
    for (const language of PAPER_LANGUAGES) {
      const { sections, titles, verify } = REPORT_TEXTS[language];
      for (const said of [
        titles.certified("L2026-014"),
        LAW_REPORT.law.title[language],
        verify.heading,
        ...Object.values(sections),
      ])
        expect(texts[language]).toContain(flat(said));
      const found = dense(texts[language]);
      for (const value of valuesOf(LAW_REPORT)) {
        // What stands at the foot of a page may come between the lines of a long text.
        const said = dense(inWords(value, language, OFFICE.timeZone)).slice(0, 200);
        expect(found).toContain(said);
      }
    }
    expect(texts.fr).toContain("Bureau électoral du Nord");
    expect(texts.en).toContain("Northern Election Office");
    expect(texts.fr).toContain("Bulletins nuls 29");
    expect(texts.en).toContain("Yes (oui) 700,000 56.70%");
    expect(texts.fr).toContain("Oui 700 000 56,70 %");
    expect(texts.en).toContain("2026-11-24 09:00 – 21:00 EST 600,001");
    expect(texts.en).not.toMatch(/PROVISIONAL|NOT CERTIFIED|REHEARSAL/);
  });

  test("has a page number of all on each page", () => {
    for (const [at, page] of fr.entries()) expect(flat(page)).toContain(`Page ${at + 1} de ${paper.pages.length}`);
    for (const [at, page] of en.entries())
      expect(flat(page)).toContain(`Page ${fr.length + at + 1} of ${paper.pages.length}`);
  });

  test("says how anyone checks it, and its QR codes have the address and the log's key", () => {
    const key = LAW_REPORT.log?.key ?? "";
    expect(dense(texts.en)).toContain(dense(`npm run verify -- ${LAW_REPORT.address} --key "${key}"`));
    expect(readQrCodes(bytes)).toEqual([LAW_REPORT.address, key, LAW_REPORT.address, key]);
  });

  test("has places to sign, at its end", () => {
    expect(flat(paper.pages.at(-1))).toContain("Signatures Nom et fonction / Name and function");
  });

  test("tells readers its language, headings, tables and pictures", () => {
    expect(paper).toMatchObject({
      language: "fr-CA",
      title: "Rapport officiel sur la loi L2026-014 / Official report on law L2026-014",
    });
    const kinds = paper.structure.flat();
    expect(kinds.filter((kind) => kind === "H1")).toHaveLength(2);
    // The question, ten sections, how to check it; and the signatures.
    expect(kinds.filter((kind) => kind === "H2")).toHaveLength(2 * 12 + 1);
    expect(kinds).toContain("Sect en-CA");
    expect(kinds.filter((kind) => kind.startsWith("Figure"))).toEqual([
      "Figure (Code QR avec l’adresse de la loi.)",
      "Figure (Code QR avec la clé du registre.)",
      "Figure (QR code with the address of the law.)",
      "Figure (QR code with the key of the log.)",
    ]);
    expect(kinds.filter((kind) => kind === "Table").length).toBeGreaterThan(20);
    const file = Buffer.from(bytes).toString("latin1");
    expect(file).toMatch(/<pdfuaid:part>1<\/pdfuaid:part>/);
    expect(file.match(/\/FontFile2/g)?.length).toBe(file.match(/\/Type \/FontDescriptor/g)?.length);
    expect(file).not.toContain("/CIDSet");
  });

  test("is the same file when it is made again", async () => {
    expect(Buffer.compare(await makeReport(LAW_REPORT, OFFICE), bytes)).toBe(0);
  });
});

test("names characters that no font has, and keeps texts of several lines on one", async () => {
  const setAside = [{ number: 1, reason: "junk 😀\non\u202e a queue", sha256: "d".repeat(64) }];
  const { title } = { title: { fr: "Łódź ᐊᓕᒃ\u00a0?", en: "山" } };
  const { en } = await readReport({ ...LAW_REPORT, law: { ...LAW_REPORT.law, title }, setAside, journal: null });
  const text = flat(en.join(" "));
  expect(text).toContain("junk [U+1F600] on[U+202E] a queue");
  expect(text).toContain("[U+5C71]");
});

describe("a report that is not certified", () => {
  test.each([
    ["provisional", PROVISIONAL_REPORT, "PROVISOIRE", "PROVISIONAL"],
    ["without a log", UNCERTIFIED_REPORT, "NON CERTIFIÉ", "NOT CERTIFIED"],
    [
      "of a rehearsal",
      { ...LAW_REPORT, law: { ...LAW_REPORT.law, isRehearsal: true }, journal: null, certificate: null },
      "RÉPÉTITION\u00a0: ces votes ne comptent pas",
      "REHEARSAL: these votes do not count",
    ],
  ] as const)(
    "(%s) says so on every page, and not that it is an official report",
    async (what, report, french, english) => {
      const { fr, en } = await readReport(report);
      for (const page of fr) expect(flat(page)).toContain(flat(french));
      for (const page of en) expect(flat(page)).toContain(flat(english));
      if (what !== "of a rehearsal")
        expect(flat([...fr, ...en].join(" "))).not.toMatch(/Official report|Rapport officiel/);
    },
  );

  test("has no place to sign while it is provisional, and says what nobody can know of a law without a log", async () => {
    const provisional = flat((await readReport(PROVISIONAL_REPORT)).en.join(" "));
    expect(provisional).not.toContain("Signatures");
    expect(provisional).toContain("The certificate will name the messages that were set aside.");
    const { bytes, en } = await readReport(UNCERTIFIED_REPORT);
    expect(flat(en.join(" "))).toContain("Nobody outside the election office can check this report");
    expect(readQrCodes(bytes)).toEqual([]);
  });
});

test("breaks the certificate beside no blank, so that joined lines are what was signed", async () => {
  // Words of many lengths: some blank would come to each margin.
  const words = Array.from({ length: 400 }, (_, at) => "abcdefghijkl".slice(0, 1 + (at % 12))).join(" ");
  const certificate = { text: `{"kind":"${words}"}\n`, signatures: [] };
  const { paper } = await readReport({ ...LAW_REPORT, certificate });
  const lines = paper.pages.flatMap((page) => page.split("\n"));
  const joined = lines.map((line) => line.trim()).join("");
  expect(joined).toContain(words.slice(0, 800));
});

describe("the CSV file", () => {
  const rows = fieldsOf(reportCsv(LAW_REPORT).slice(1));
  const found = (section: string, field: string, row = "") =>
    rows.filter((one) => one[0] === section && one[2] === row && one[3] === field).map((one) => one[4]);

  test("has a line for each value, with its name in both languages, and a name for each table", () => {
    expect(rows[0]).toEqual(["section", "table", "row", "field", "value", "libelle", "label"]);
    expect(rows.every((row) => row.length === 7)).toBe(true);
    expect(rows).toContainEqual(["turnout", "", "", "voted", "1234567", "Votants", "Voted"]);
    expect(rows).toContainEqual(["result", "options", "1", "share", "56.70", "Part", "Share"]);
    const places = rows.map((row) => row.slice(0, 4).join(" "));
    expect(new Set(places).size).toBe(places.length);
  });

  test("has the figures of the JSON file, which has those of the report, as the PDF file does", async () => {
    const json = JSON.parse(toJson(LAW_REPORT));
    expect(found("turnout", "eligible")).toEqual([String(json.roll.eligible)]);
    expect(found("turnout", "voted")).toEqual([String(json.turnout.voted)]);
    expect(found("result", "spoiled")).toEqual([String(json.result.spoiled)]);
    expect(found("log", "root")).toEqual([json.log.root]);
    expect(found("certificate", "text")).toEqual([json.certificate.text.trimEnd()]);
    const statuses = rows.filter((row) => row[1] === "statuses" && row[3] === "number").map((row) => Number(row[4]));
    expect(statuses).toEqual(Object.values(json.submissions));
    const figures = valuesOf(LAW_REPORT).filter((value) => value.kind === "count");
    const data = new Set(rows.map((row) => row[4]));
    const numbers = new Set([...toJson(LAW_REPORT).matchAll(/(?<=[:,[])\d+(?=[,}\]])/g)].map(([number]) => number));
    for (const figure of figures) {
      expect(data).toContain(asData(figure));
      expect(numbers.has(asData(figure)) || figure.count === 1_234_567).toBe(true);
    }
  });

  test("says of a list without a line that it has none, as JSON and PDF do", async () => {
    const nothing = {
      ...LAW_REPORT,
      roll: { ...LAW_REPORT.roll, changes: [] },
      window: { ...LAW_REPORT.window, changes: [] },
      setAside: [],
    };
    const lines = fieldsOf(reportCsv(nothing).slice(1));
    for (const [section, field, label] of [
      ["roll", "roll_changes", "Changes of the sealed roll"],
      ["window", "window_changes", "Changes of the voting times"],
      ["set_aside", "messages_set_aside", "Messages that were set aside"],
    ] as const) {
      expect(lines.filter((one) => one[0] === section && one[3] === field).map((one) => [one[4], one[6]])).toEqual([
        ["0", label],
      ]);
    }
    expect(JSON.parse(toJson(nothing))).toMatchObject({
      set_aside: [],
      roll: { changes: [] },
      window: { changes: [] },
    });
    expect(found("set_aside", "messages_set_aside")).toEqual([String(LAW_REPORT.setAside?.length)]);
    // A law without a log says nothing of what nobody can know.
    expect(reportCsv(UNCERTIFIED_REPORT)).not.toMatch(/messages_set_aside|roll_changes|window_changes/);
  });

  test("cannot act on a program for tables", () => {
    expect(found("set_aside", "reason", "1")).toEqual(['\'=junk on a queue, "twice"']);
  });
});

test.each([
  [1, 3, 33.33],
  [2, 3, 66.67],
  [1, 8, 12.5],
  [1, 16, 6.25],
  [1, 32, 3.13],
  [0, 5, 0],
  [5, 5, 100],
  [7_999_999, 8_000_000, 100],
  [0, 0, null],
])("%i of %i are %s percent", (part, whole, expected) => {
  expect(percent(part, whole)).toBe(expected);
});
