import { describe, expect, test } from "vitest";
import { ANY_CODE } from "../../../operations/roll/file/code-rule.ts";
import { checkRoll, type RollCheck } from "../../../operations/roll/file/inspect.ts";
import { readRoll } from "../../../operations/roll/file/read.ts";
import { openRoll } from "../../../operations/roll/file/source.ts";

/** Files as people hand them in. Each voter line is one of these, however it is written. */
const VOTERS = [
  ["046454286", "ABCD2345"],
  ["123456782", "EFGH6789"],
  ["987654324", "JKMN2345"],
] as const;

async function* pieces(content: string | Uint8Array, size = 7) {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function check(content: string | Uint8Array): Promise<RollCheck> {
  return checkRoll(await openRoll(pieces(content)), { rule: ANY_CODE });
}

/** The voters of a file, whatever size the pieces have in which it arrives. */
async function votersOf(content: string | Uint8Array): Promise<(readonly [string, string])[]> {
  const found = [];
  for (const size of [7, 1 << 18]) {
    const voters: (readonly [string, string])[] = [];
    for await (const lines of readRoll(await openRoll(pieces(content, size)), ANY_CODE)) {
      for (const line of lines) {
        if (line.kind === "voter") voters.push([line.voter.nas, line.voter.code]);
        else throw new Error(`line ${line.bad.line} is bad: ${line.bad.reason}`);
      }
    }
    found.push(voters);
  }
  expect(found[0]).toEqual(found[1]);
  return found[0] ?? [];
}

const rows = (delimiter: string, heading?: string, end = "\n") =>
  [...(heading === undefined ? [] : [heading]), ...VOTERS.map((voter) => voter.join(delimiter))].join(end) + end;
const swapped = (heading?: string) =>
  [...(heading === undefined ? [] : [heading]), ...VOTERS.map(([nas, code]) => `${code},${nas}`)].join("\n");
const named = (line: (nas: string, code: string, index: number) => string, heading?: string) =>
  [...(heading === undefined ? [] : [heading]), ...VOTERS.map(([nas, code], index) => line(nas, code, index))].join(
    "\n",
  );
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();
const windows1252 = (text: string) => Buffer.from(text, "latin1");

test.each<[string, string | Uint8Array, object]>([
  [
    "a heading",
    rows(";", "NAS;Code"),
    { encoding: "utf-8", delimiter: ";", nas_column: 1, code_column: 2, heading: "known" },
  ],
  ["no heading", rows("\t"), { delimiter: "\t", nas_column: 1, code_column: 2, heading: "none" }],
  ["swapped columns", swapped("code,nas"), { nas_column: 2, code_column: 1, heading: "known" }],
  ["a heading without known names", rows(",", "abc,def"), { nas_column: 1, code_column: 2, heading: "unknown" }],
  ["UTF-16", Buffer.from(rows(","), "utf16le"), { encoding: "utf-16le" }],
  [
    "Windows-1252",
    windows1252(named((nas, code) => `${nas},${code},Zoé`, "nas,code,nom")),
    { encoding: "windows-1252" },
  ],
])("a check says how it has read a file with %s", async (_, content, form) => {
  expect((await check(content)).form).toMatchObject(form);
});

describe("a roll file is read", () => {
  const NAMES = ["Tremblay, Zoé", "Côté; René", "O'Neil"];
  test.each<[string, string | Uint8Array]>([
    ["with a heading", rows(",", "nas,code")],
    ["without one", rows(",")],
    ["with CRLF", rows(",", "nas,code", "\r\n")],
    ["without an end to its last line", rows(",").trimEnd()],
    ["with blank lines", rows(",").replaceAll("\n", "\n\n")],
    ["with a byte order mark", `\ufeff${rows(";", "NAS;Code")}`],
    ["with quotes", named((nas, code) => `"${nas}","${code}"`, '"nas","code"')],
    [
      "with blanks and dashes in the nas",
      named((nas, code) => `${nas.slice(0, 3)} ${nas.slice(3, 6)}-${nas.slice(6)},${code}`),
    ],
    ["with codes in groups", named((nas, code) => `${nas},${code.slice(0, 4)}-${code.slice(4)}`)],
    [
      "in UTF-16 with tabs, as a spreadsheet's Unicode text",
      Buffer.from(`\ufeff${rows("\t", "NAS\tCode", "\r\n")}`, "utf16le"),
    ],
    ["in UTF-16 big-endian", utf16be(`\ufeff${rows(",", "nas,code")}`)],
    ["in UTF-16 without a mark", Buffer.from(rows(",", "nas,code"), "utf16le")],
    ["with tabs", rows("\t", "nas\tcode")],
    ["with a semicolon behind each line", named((nas, code) => `${nas};${code};`, "nas;code;")],
    ["with the code first, by its heading", swapped("code,nas")],
    ["with the code first, by its form", swapped()],
    ["with names beside, by its heading", named((nas, code, at) => `"${NAMES[at]}",${code},${nas}`, "Nom,Code,NAS")],
    ["with names beside, by its form", named((nas, code, at) => `${nas},${code},"${NAMES[at]}"`)],
    ["with sep=;", `sep=;\r\n${rows(";", "nas;code", "\r\n")}`],
    ["with a French heading", rows(";", "Numéro d'assurance sociale;Code")],
    ["with a French heading in Windows-1252", windows1252(rows(";", "Numéro d'assurance sociale;Code"))],
    ["with a heading in two languages", rows(",", "NAS/SIN,code")],
    ["with an English heading", rows(",", "Social Insurance Number,Voting code")],
    ["with a postal code beside", named((nas, code) => `${nas},H2X 1Y4,${code}`, "NAS,Code postal,Code")],
    ["with an unusual heading", rows(",", "électeur,secret")],
    ["with NUL at its end", `${rows(",")}\0\0`],
    ["with Ctrl-Z at its end", `${rows(",")}\u001a`],
  ])("%s", async (_, content) => {
    expect(await votersOf(content)).toEqual(VOTERS);
  });

  test.each(['046454286;ABCD2345;"Sin, Mei";codeur@example.org', "046454286;ABCD2345;Nas;Code"])(
    "%s is a voter's line, and no heading",
    async (line) => {
      expect(await votersOf(`nas;code;nom;courriel\n${line}\n`)).toEqual([["046454286", "ABCD2345"]]);
    },
  );

  test.each<[string, string | Uint8Array]>([
    ["with marks and headings", `\ufeff${rows(",", "nas,code", "\r\n")}\ufeff${rows(",", "nas,code", "\r\n")}`],
    ["the second one with the code first", `${rows(",", "nas,code")}${swapped("code,nas")}`],
    ["the second one with semicolons", `${rows(",", "nas,code")}\ufeff${rows(";", "nas;code")}`],
    [
      "the first one without an end to its last line",
      `${rows(",", "nas,code").trimEnd()}\ufeff${rows(",", "nas,code")}`,
    ],
    ["the same, the second one with the code first", `${rows(",", "nas,code").trimEnd()}\ufeff${swapped("code,nas")}`],
    ["the first one with Ctrl-Z and no end to its last line", `${rows(",").trimEnd()}\u001a${rows(",", "nas,code")}`],
    ["the first one with Ctrl-Z at its end", `${rows(",", "nas,code")}\u001a${rows(",")}`],
  ])("that consists of two files, %s", async (_, content) => {
    expect(await votersOf(content)).toEqual([...VOTERS, ...VOTERS]);
  });
});

describe("a file that cannot be read with certainty is refused in one sentence", () => {
  test.each<[string, string | Uint8Array, RegExp]>([
    ["empty", "", /^There is no voter in standard input; nothing was changed\.$/],
    ["blank", "\n \r\n\n", /^There is no voter in/],
    ["only a heading", "nas,code\n", /^There is no voter in/],
    ["only a mark, a separator line and a heading", "\ufeffsep=;\r\nnas;code\r\n", /^There is no voter in/],
    ["with CR alone", rows(",", "nas,code", "\r"), /^There is no voter in .* carriage return alone/],
    ["without one right line", "nas,code\n46454286,ABCD2345\n", /^There is no voter in .* 1 number has 8 digits: was/],
    ["a workbook", Buffer.from([0x50, 0x4b, 3, 4, 20, 0]), /workbook or an archive/],
    ["an old workbook", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), /old Excel workbook/],
    ["compressed", Buffer.from([0x1f, 0x8b, 8, 0]), /compressed/],
    ["in UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x6e, 0, 0, 0]), /UTF-32/],
    ["with two columns of codes", named((nas, code) => `${nas},${code},H2X1Y4`), /not certain which of the 3 columns/],
    ["with names alone", "Tremblay,Zoé1\nCôté,René2\n", /not certain which of the 2 columns/],
  ])("%s", async (_, content, words) => {
    const failure = await check(content).then(
      () => "nothing was wrong",
      (error: Error) => error.message,
    );
    expect(failure).toMatch(words);
    expect(failure).not.toMatch(/ABCD|4645|Tremblay|H2X/);
  });
});

describe("bad lines", () => {
  test("are named by their cause, with a count and the first line numbers", async () => {
    const damaged = [
      "46454286",
      "4.65E+07",
      "4,65E+07",
      "'046454286",
      '="046454286"',
      "46454286.0",
      "12345",
      "12345678x",
    ];
    const text = [...damaged.map((nas) => `${nas};ABCD2345`), rows(";")].join("\n");
    const found = await check(text);
    expect(found).toMatchObject({ lines: 11, voters: 3, repeated: 0, refused: 8 });
    expect(found.faults.map(({ kind, count, lines }) => [kind, count, lines])).toEqual([
      ["nas_scientific", 2, [2, 3]],
      ["nas_text_mark", 2, [4, 5]],
      ["nas_8_digits", 1, [1]],
      ["nas_decimal", 1, [6]],
      ["nas_too_short", 1, [7]],
      ["nas_malformed", 1, [8]],
    ]);
    expect(JSON.stringify(found)).not.toMatch(/46454286|ABCD2345|12345678x/);
  });

  test("with a thousand of one kind give one sentence", async () => {
    const text = [...Array.from({ length: 12_031 }, (_, index) => `${10_000_000 + index},ABCD2345`), rows(",")].join(
      "\n",
    );
    const { faults } = await check(text);
    expect(faults).toMatchObject([
      {
        kind: "nas_8_digits",
        count: 12_031,
        text: expect.stringMatching(/^12,031 numbers have 8 digits: was the column saved as a number/),
      },
    ]);
  });

  test("are counted with everything else: voters + repeated + refused = lines", async () => {
    const [first, second] = [`${VOTERS[0].join(",")}`, `${VOTERS[0][0]},OTHER2345`];
    const found = await check(
      [first, first, second, "x", "", 'a "stray quote', ...rows(",").trim().split("\n")].join("\n"),
    );
    expect(found).toMatchObject({ lines: 8, voters: 3, repeated: 2, refused: 3 });
    expect(found.faults.map(({ kind, count }) => [kind, count])).toEqual([
      ["columns", 2],
      ["second_code", 1],
    ]);
    expect(found.voters + found.repeated + found.refused).toBe(found.lines);
  });

  test("with a quote that is not closed do not affect other lines", async () => {
    const found = await check(`nas,code\n"${VOTERS[0][0]},${VOTERS[0][1]}\n${rows(",")}`);
    expect(found).toMatchObject({ lines: 4, voters: 3, refused: 1, faults: [{ kind: "unclosed_quote", lines: [2] }] });
  });

  test("that are too long are not held in memory", async () => {
    const found = await check(`${rows(",")}${"9".repeat(100_000)}\n${VOTERS[0].join(",")}\n`);
    expect(found).toMatchObject({ lines: 5, repeated: 1, faults: [{ kind: "too_long", lines: [4] }] });
  });
});

test("hundreds of thousands of persons are told apart, with their codes", async () => {
  const lines = function* () {
    yield "nas,code\n";
    for (let nas = 0; nas < 300_000; nas++) yield `${String(nas * 3_331).padStart(9, "0")},CODE0${nas}\n`;
    for (let nas = 0; nas < 300_000; nas += 100) yield `${String(nas * 3_331).padStart(9, "0")},CODE0${nas}\n`;
    for (let nas = 0; nas < 300_000; nas += 1_000) yield `${String(nas * 3_331).padStart(9, "0")},OTHER${nas}\n`;
  };
  // In pieces of thousands of lines, as a file is read.
  const stream = (async function* () {
    const all = [...lines()];
    for (let from = 0; from < all.length; from += 2_000) yield all.slice(from, from + 2_000).join("");
  })();
  const found = await checkRoll(await openRoll(stream), { rule: ANY_CODE });
  expect(found).toMatchObject({ lines: 303_300, voters: 300_000, repeated: 3_000, refused: 300 });
});
