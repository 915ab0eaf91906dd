import { describe, expect, test } from "vitest";
import { readPersons } from "../../../operations/roll/file/persons.ts";
import { openRoll } from "../../../operations/roll/file/source.ts";

async function* pieces(content: string | Uint8Array) {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

const read = async (content: string | Uint8Array) => readPersons(await openRoll(pieces(content)));
const TWO = [
  ["046454286", "ABCD2345"],
  ["123456782", "EFGH6789"],
] as const;

describe("a list of persons", () => {
  test.each<[string, string | Uint8Array]>([
    ["NAS alone", "046454286\n123456782\n"],
    ["with a heading", "NAS\r\n046454286\r\n123456782\r\n"],
    ["with blanks, dashes and quotes", 'nas\n"046 454 286"\n\n123-456-782'],
    ["a roll file", `nas,code\n${TWO.map((one) => one.join(",")).join("\n")}`],
    ["a roll file whose codes come first", `code;nas\n${TWO.map(([nas, code]) => `${code};${nas}`).join("\n")}`],
    ["with other columns, without a heading", '046454286;"Roy; Anne"\n123456782;Tremblay\n'],
    ["with a French heading", "Nom\tNuméro d'assurance sociale\nRoy\t046454286\nTremblay\t123456782\n"],
    ["as Excel writes Unicode text", Buffer.from(`\ufeffNAS\r\n046454286\r\n123456782\r\n`, "utf16le")],
    ["with a byte order mark and sep=", "\ufeffsep=;\nNAS;nom\n046454286;Roy\n123456782;Côté\n"],
    ["in Windows-1252", Buffer.from("NAS;nom\n046454286;Roy\n123456782;C\xf4t\xe9\n", "latin1")],
    ["with marks", "046454286\0\n123456782\n\u001a"],
  ])("is read as a roll file is: %s", async (_, content) => {
    const { persons, faults } = await read(content);
    expect(faults.faults()).toEqual([]);
    expect(persons.map(({ nas }) => nas)).toEqual(TWO.map(([nas]) => nas));
  });

  test("says by line what a spreadsheet has done to a NAS", async () => {
    const { persons, faults } = await read("46454286\n123456782\n1.23E+08\n'046454286\n\"046454286\nnobody\n");
    expect(persons).toEqual([{ line: 2, nas: "123456782" }]);
    const found = faults.faults().map(({ kind, lines }) => [kind, lines]);
    expect(Object.fromEntries(found)).toEqual({
      nas_8_digits: [1],
      nas_scientific: [3],
      nas_text_mark: [4],
      unclosed_quote: [5],
      nas_malformed: [6],
    });
  });
});
