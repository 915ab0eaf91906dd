import { crc32, deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { addressChecker } from "../../../papers/letters/address-check.ts";
import { makeLetters } from "../../../papers/letters/make-letters.ts";
import type { PaperName } from "../../../papers/page-size.ts";
import type { Addressee, LetterLanguage } from "../../../shared/domain/letter.ts";
import { LETTER_CODE, LETTER_JOB } from "../../support/letter-job.ts";
import { readPaper, readQrCodes } from "../../support/read-paper.ts";

const addressee = (other: Partial<Addressee> = {}): Addressee => ({
  number: 1,
  code: LETTER_CODE,
  address: [],
  language: "both",
  ...other,
});
async function lettersOf(...args: Parameters<typeof makeLetters>): Promise<Uint8Array> {
  const bytes = await makeLetters(...args);
  if (bytes === undefined) throw new Error("nobody has stopped it");
  return bytes;
}
const flat = (text: string | undefined) => (text ?? "").replaceAll(/\s+/g, " ");

describe("a letter in both languages", async () => {
  const address = ["Amélie Tremblay", "12, rue de l’Église", "Québec (QC)  G1R 4S9"];
  const bytes = await lettersOf(LETTER_JOB, [addressee({ number: 1234, address })]);
  const paper = await readPaper(bytes);
  const text = flat(paper.pages[0]);

  test("says who writes, to whom, on which law, when and how to vote, and the code in groups", () => {
    for (const part of [
      "Bureau électoral du Nord",
      "Northern Election Office",
      "Amélie Tremblay 12, rue de l’Église Québec (QC) G1R 4S9",
      "Loi L2026-014, lettre 1 234",
      "Law L2026-014, letter 1,234",
      "Loi sur les rives publiques",
      "Public Shores Act",
      "Le vote est ouvert le mardi 24 novembre 2026, de 8 h 00 à 20 h 00 (HNE).",
      "Voting is open on Tuesday, November 24, 2026, from 8:00 a.m. to 8:00 p.m. (EST).",
      "allez à vote.example.org",
      "go to vote.example.org",
      "help@example.org",
      "ABCD EFGH JKLM NPQR STUV",
      "no I, no O, no 0 and no 1",
    ]) {
      expect(text).toContain(part);
    }
    expect(paper.pages).toHaveLength(1);
    expect(text).not.toMatch(/Rehearsal|Répétition/);
  });

  test("has a QR code that opens the voting page with the code behind #", () => {
    expect(readQrCodes(bytes)).toEqual([`https://vote.example.org/vote.html?law=L2026-014#code=${LETTER_CODE}`]);
  });

  test("names its language, its title, its headings, lists and pictures for readers", () => {
    expect(paper).toMatchObject({ language: "fr-CA", title: "Lettres aux électeurs\u00a0: loi L2026-014" });
    const kinds = paper.structure[0] ?? [];
    expect(kinds.filter((kind) => kind === "H1")).toHaveLength(2);
    expect(kinds.filter((kind) => kind === "LI").length).toBe(14);
    expect(kinds).toContain("Sect en-CA");
    expect(kinds.filter((kind) => kind.startsWith("Figure"))).toEqual([
      expect.stringMatching(/^Figure fr-CA \(Code QR qui ouvre .* QR code that opens the voting page/),
    ]);
    // PDF/UA is announced, and every font is in the file.
    const file = Buffer.from(bytes).toString("latin1");
    expect(file).toMatch(/<pdfuaid:part>1<\/pdfuaid:part>/);
    expect(file.match(/\/FontFile2/g)?.length).toBe(file.match(/\/Type \/FontDescriptor/g)?.length);
    // A CIDSet must name every glyph that is in the file (7.21.4.2); PDFKit's does not, and none is needed.
    expect(file).not.toContain("/CIDSet");
  });

  test("is the same file when it is made again", async () => {
    const again = await lettersOf(LETTER_JOB, [addressee({ number: 1234, address })]);
    expect(Buffer.compare(again, bytes)).toBe(0);
  });
});

test("a name in two scripts is on one line and in two fonts, with its words beside each other", async () => {
  const bytes = await lettersOf(LETTER_JOB, [addressee({ address: ["Nguyễn ᐃᓄᒃ", "Ольга ᐃᓄᒃ", "Box 2"] })]);
  const { pages, lines } = await readPaper(bytes);
  expect(flat(pages[0])).toMatch(/Nguyễn ᐃᓄᒃ ?Ольга ᐃᓄᒃ ?Box 2/);
  const parts = ["Nguyễn ", "ᐃᓄᒃ", "Ольга ", "ᐃᓄᒃ"].map((part) =>
    lines[0]?.find(({ text }) => text.trim() === part.trim()),
  );
  expect(parts[1]?.top).toBeCloseTo(parts[0]?.top ?? 0);
  // pdf.js leaves out the space between them.
  const gap = (parts[1]?.left ?? 0) - (parts[0]?.left ?? 0) - (parts[0]?.width ?? 0);
  expect(gap).toBeGreaterThan(0);
  expect(gap).toBeLessThan(4);
});

test("letters of one file are each in their own language, and their pages in their order", async () => {
  const people = [
    addressee({ number: 1, language: "en", code: "AAAA2222AAAA2222AAAA" }),
    addressee({ number: 2, language: "fr", code: "BBBB3333BBBB3333BBBB" }),
    addressee({ number: 3, language: "both", code: "CCCC4444CCCC4444CCCC" }),
  ];
  const bytes = await lettersOf(LETTER_JOB, people);
  const { pages, language } = await readPaper(bytes);
  expect(language).toBe("fr-CA");
  expect(pages.map((page) => [/How to vote/.test(page), /Comment voter/.test(page)])).toEqual([
    [true, false],
    [false, true],
    [true, true],
  ]);
  expect(readQrCodes(bytes).map((address) => new URL(address).searchParams.get("lang"))).toEqual(["en", "fr", null]);
  expect(readQrCodes(bytes).map((address) => new URL(address).hash)).toEqual(people.map(({ code }) => `#code=${code}`));
});

test("a code of any form says which of its characters are which, and that capitals matter", async () => {
  const job = { ...LETTER_JOB, law: { ...LETTER_JOB.law, hasCheckedCodes: false } };
  const [text] = (await readPaper(await lettersOf(job, [addressee({ code: "l0OI1oab9", language: "en" })]))).pages;
  expect(flat(text)).toContain("l0O I1o ab9");
  expect(flat(text)).toContain("Capital and small letters matter. l = small L, 0 = zero, O = capital o, I = capital i");
});

test("letters of a rehearsal say so, and a window of several days, or without an end, is told", async () => {
  const rehearsal = { ...LETTER_JOB.law, isRehearsal: true, closesAt: "2026-11-27T01:00:00.000Z" };
  const read = async (law: typeof LETTER_JOB.law) =>
    flat((await readPaper(await lettersOf({ ...LETTER_JOB, law }, [addressee({ language: "en" })]))).pages[0]);
  const text = await read(rehearsal);
  expect(text).toContain("Rehearsal: these votes do not count.");
  expect(text).toContain(
    "open from Tuesday, November 24, 2026, 8:00 a.m. (EST) to Thursday, November 26, 2026, 8:00 p.m. (EST).",
  );
  expect(await read({ ...rehearsal, closesAt: null })).toContain("stays open until further notice");
});

/** A picture as wide as a logo may be: white, in one bit per pixel (PNG, ISO 15948). */
function wideLogo(): Uint8Array {
  const [width, height] = [150, 44];
  const chunk = (type: string, data: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const header = Buffer.from([0, 0, 0, width, 0, 0, 0, height, 1, 0, 0, 0, 0]);
  const rows = Buffer.concat(Array.from({ length: height }, () => Buffer.from([0, ...Array(19).fill(0xff)])));
  const signature = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.of()),
  ]);
}

/** As long as the setting `office.name` allows. */
const LONG_NAME = { fr: "Élections ".repeat(8).trim().padEnd(80, "é"), en: "W".repeat(80) };

test.each<[PaperName, LetterLanguage, { fr: string; en: string }]>([
  ["letter", "both", LONG_NAME],
  ["letter", "both", { fr: "W".repeat(80), en: "W".repeat(80) }],
  ["a4", "both", LONG_NAME],
  ["a4", "en", LONG_NAME],
  ["letter", "fr", LETTER_JOB.office.name],
])("on %s, %s, the mark of a rehearsal is below a name of %j, and above the address", async (paper, language, name) => {
  const job = {
    ...LETTER_JOB,
    law: { ...LETTER_JOB.law, isRehearsal: true },
    office: { ...LETTER_JOB.office, name, paper, logo: wideLogo() },
  };
  const [lines = []] = (await readPaper(await lettersOf(job, [addressee({ language, address: ["Amélie"] })]))).lines;
  const marks = lines.filter(({ text }) => /^(Répétition|Rehearsal)/.test(text));
  expect(marks).toHaveLength(language === "both" ? 2 : 1);
  const [first, last] = [marks[0], marks.at(-1)];
  const names = lines.slice(
    0,
    lines.findIndex(({ text }) => text === first?.text),
  );
  expect(names.map(({ text }) => text.trim()).join("")).toContain(language === "fr" ? name.fr : name.en);
  // From baseline to baseline: the frame of the mark is between them.
  for (const { top } of names) expect((first?.top ?? 0) - top).toBeGreaterThan(18);
  const address = lines.find(({ text }) => text === "Amélie");
  expect((address?.top ?? 0) - (last?.top ?? 0)).toBeGreaterThan(18);
});

test("what the office writes comes in the place of the first sentences, and behind the rules", async () => {
  const job = {
    ...LETTER_JOB,
    opening: { fr: undefined, en: ["A word of ours."] },
    closing: { fr: [], en: ["Yours, the office."] },
  };
  const [text] = (await readPaper(await lettersOf(job, [addressee({ language: "en" })]))).pages;
  expect(flat(text)).toMatch(/A word of ours\.\s*How to vote.*new code\.\s*Yours, the office\./);
  expect(flat(text)).not.toContain("You can vote on this law online");
});

test("a text that does not fit on the sheet is refused", async () => {
  const title = { fr: "très long ".repeat(120), en: "Short" };
  const job = { ...LETTER_JOB, law: { ...LETTER_JOB.law, title } };
  await expect(makeLetters(job, [addressee()])).rejects.toThrow(/does not fit on a sheet: shorten the titles/);
});

test.each([
  ["Vietnamese and Polish", ["Đặng Thị Łukasz"], undefined],
  ["Inuktitut", ["ᐊᓕᒃ ᓄᓇᕗᑦ", "Iqaluit NU  X0A 0H0"], undefined],
  ["a name in two scripts", ["Nguyễn ᐃᓄᒃ", "Ольга ᐃᓄᒃ"], undefined],
  ["no address", [], undefined],
  ["letters that no font has", ["山田太郎"], "address_characters"],
  ["a control character", ["Amélie\u202eTremblay"], "address_characters"],
  ["a line that is too long", ["A very long street name ".repeat(6)], "address_too_long"],
  ["too many lines", Array.from({ length: 12 }, () => "line"), "address_too_long"],
])("an address with %s", (_, address, fault) => {
  expect(addressChecker("a4")(address)).toBe(fault);
});
