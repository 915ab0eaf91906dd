import { expect, test } from "vitest";
import { type AddressingOptions, readAddressees } from "../../../operations/roll/addressees.ts";
import { ANY_CODE } from "../../../operations/roll/file/code-rule.ts";
import { openRoll } from "../../../operations/roll/file/source.ts";
import type { Addressee } from "../../../shared/domain/letter.ts";

async function read(content: string, options: Partial<AddressingOptions> = {}) {
  const addressees: Addressee[] = [];
  const bad: string[] = [];
  let repeated = 0;
  const file = await openRoll(
    (async function* () {
      yield content;
    })(),
  );
  const all = { rule: ANY_CODE, address: [], faultOf: () => undefined, ...options };
  for await (const lines of readAddressees(file, all)) {
    for (const line of lines) {
      if (line.kind === "addressee") addressees.push(line.addressee);
      else if (line.kind === "bad") bad.push(`${line.bad.line} ${line.bad.kind}`);
      else repeated += 1;
    }
  }
  return { addressees, bad, repeated };
}

const ADDRESS = ["{prenom} {NOM}", "{Adresse}", "{Ville} ({Province})  {Code postal}"];
const HEADING = "NAS;Code;Prénom;Nom;Adresse;Ville;Province;Code postal;Langue";

test("without columns, each voter gets a letter in both languages, once, without the NAS", async () => {
  const { addressees, repeated } = await read("046454286,ABCD2345\n123456782,EFGH6789\n046454286,ABCD2345\n");
  expect(addressees).toEqual([
    { number: 1, code: "ABCD2345", address: [], language: "both" },
    { number: 2, code: "EFGH6789", address: [], language: "both" },
  ]);
  expect(repeated).toBe(1);
});

test("addresses and languages come from the columns that are named, whatever their capitals and accents", async () => {
  const lines = [
    HEADING,
    '046454286;ABCD2345;Amélie;Tremblay;"12, rue A";Québec;QC;G1R 4S9;FR',
    "123456782;EFGH6789;Mary;Smith;Box 7;Iqaluit;;X0A 0H0;English",
    "987654324;JKMN2345;Lee;;;Toronto;ON;;",
  ];
  const { addressees, bad } = await read(lines.join("\n"), { address: ADDRESS, languageColumn: "langue" });
  expect(bad).toEqual([]);
  expect(addressees.map(({ address, language }) => [language, ...address])).toEqual([
    ["fr", "Amélie Tremblay", "12, rue A", "Québec (QC)  G1R 4S9"],
    ["en", "Mary Smith", "Box 7", "Iqaluit   X0A 0H0"],
    ["both", "Lee", "Toronto (ON)"],
  ]);
});

test("a voter without an address, in another language, under two codes or with a code of elsewhere is a bad line", async () => {
  const lines = [
    HEADING,
    "046454286;ABCD2345;;;;;;;FR",
    "123456782;EFGH6789;Mary;Smith;Box 7;Iqaluit;NU;X0A 0H0;de",
    "987654324;JKMN2345;Lee;Ho;Box 8;Toronto;ON;M1M 1M1;EN",
    "987654324;OTHER234;Lee;Ho;Box 8;Toronto;ON;M1M 1M1;EN",
    "111222333;WRNG2345;Kim;Roy;Box 9;Toronto;ON;M1M 1M1;EN",
    "111222334;LONG2345;Kim;Long;Box 9;Toronto;ON;M1M 1M1;EN",
  ];
  const { addressees, bad } = await read(lines.join("\n"), {
    address: ADDRESS,
    languageColumn: "langue",
    refused: new Set([6]),
    faultOf: ([name]) => (name === "Kim Long" ? "address_too_long" : undefined),
  });
  expect(addressees.map(({ number, code }) => [number, code])).toEqual([[1, "JKMN2345"]]);
  expect(bad).toEqual([
    "2 address_missing",
    "3 language_unknown",
    "5 second_code",
    "6 code_check",
    "7 address_too_long",
  ]);
});

test("an address that has its voter's NAS or code in it is a bad line, in whatever column it came", async () => {
  const lines = [
    "NAS,Code,Nom,Numéro",
    "046454286,ABCD2345,Roy,046454286",
    "123456782,EFGH6789,Roy,no 123-456 782",
    "987654324,JKMN2345,Roy,jkmn 2345",
    "111222333,PQRS2345,Roy 111222,333",
    "111222334,TUVW2345,Roy,046454286",
  ];
  const { addressees, bad } = await read(lines.join("\n"), { address: ["{nom}", "{numero}"] });
  expect(bad).toEqual([2, 3, 4, 5].map((line) => `${line} address_credentials`));
  expect(addressees.map(({ code }) => code)).toEqual(["TUVW2345"]);
});

test.each([
  ["NAS,Code,Nom", "{NAS} {Nom}"],
  ["NAS,Code,Nom", "{code}"],
  ["Nom,SIN,Voting code", "{sin}"],
  ["Nom,SIN,Voting code", "{VOTING CODE}"],
  ["Numéro d'assurance sociale,PIN,Nom", "{numero d assurance sociale}"],
  ["Numéro d'assurance sociale,PIN,Nom", "{pin}"],
])("of a roll file with %s, %s can be in no address and name no language", async (heading, line) => {
  const content = `${heading}\n046454286,ABCD2345,Roy\n`;
  const refused = /^The column "[^"]+" has the (?:NAS|codes), which must be in no address/;
  await expect(read(content, { address: ["{nom}", line] })).rejects.toThrow(refused);
  const languageColumn = /\{([^}]+)\}/.exec(line)?.[1];
  await expect(read(content, { languageColumn })).rejects.toThrow(refused);
});

test.each([
  [
    "a column that is not there",
    `${HEADING}\n046454286;ABCD2345`,
    "Rue",
    /no single column "Rue".*: NAS, Code, Prénom/,
  ],
  ["a column that comes twice", "nas,code,Nom,nom\n046454286,ABCD2345,a,b", "Nom", /no single column "Nom"/],
  ["no heading", "046454286,ABCD2345,FR\n", "langue", /no first line that names its columns/],
])("%s is refused", async (_, content, languageColumn, message) => {
  await expect(read(content, { languageColumn })).rejects.toThrow(message);
});
