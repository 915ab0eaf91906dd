import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import * as fontkit from "fontkit";

/** What a text is set in: running text, emphasis, a code that is typed, or a check sum. */
export type Face = "regular" | "bold" | "code" | "digest";

const { resolve } = createRequire(import.meta.url);
const fileOf = (name: string) => resolve(`@expo-google-fonts/${name}`);

/**
 * The fonts, by preference. Atkinson Hyperlegible was drawn by the Braille Institute so that no two characters look
 * alike. Noto has the letters of other names: all of Latin, Greek, Cyrillic; and the syllabics of Canada.
 */
const FONTS = {
  regular: fileOf("atkinson-hyperlegible-next/400Regular/AtkinsonHyperlegibleNext_400Regular.ttf"),
  bold: fileOf("atkinson-hyperlegible-next/700Bold/AtkinsonHyperlegibleNext_700Bold.ttf"),
  code: fileOf("atkinson-hyperlegible-mono/700Bold/AtkinsonHyperlegibleMono_700Bold.ttf"),
  digest: fileOf("atkinson-hyperlegible-mono/400Regular/AtkinsonHyperlegibleMono_400Regular.ttf"),
  "noto-regular": fileOf("noto-sans/400Regular/NotoSans_400Regular.ttf"),
  "noto-bold": fileOf("noto-sans/700Bold/NotoSans_700Bold.ttf"),
  "syllabics-regular": fileOf("noto-sans-canadian-aboriginal/400Regular/NotoSansCanadianAboriginal_400Regular.ttf"),
  "syllabics-bold": fileOf("noto-sans-canadian-aboriginal/700Bold/NotoSansCanadianAboriginal_700Bold.ttf"),
} as const;
export type FontName = keyof typeof FONTS;

const BY_FACE: Readonly<Record<Face, readonly FontName[]>> = {
  regular: ["regular", "noto-regular", "syllabics-regular"],
  bold: ["bold", "noto-bold", "syllabics-bold"],
  code: ["code"],
  digest: ["digest"],
};

/** Files by name, each read once per thread. */
const files = new Map<FontName, Buffer>();
const characters = new Map<FontName, ReadonlySet<number>>();

/** The file of a font. */
export function fontFile(name: FontName): Buffer {
  const known = files.get(name) ?? readFileSync(FONTS[name]);
  files.set(name, known);
  return known;
}

function charactersOf(name: FontName): ReadonlySet<number> {
  const known = characters.get(name);
  if (known !== undefined) return known;
  const font = fontkit.create(fontFile(name));
  // A collection has no characters of its own; none of the files is one.
  const found = new Set("characterSet" in font ? font.characterSet : []);
  characters.set(name, found);
  return found;
}

/** The first font of a face that has every character of a text; undefined: none has. */
function fontFor(face: Face, text: string): FontName | undefined {
  return BY_FACE[face].find((name) => {
    const known = charactersOf(name);
    for (const character of text) if (!known.has(character.codePointAt(0) ?? 0)) return false;
    return true;
  });
}

/** A part of a text that is set in one font. */
export interface FontRun {
  readonly font: FontName;
  readonly text: string;
}

/** An accent without a character of its own stays with its letter. */
const LETTERS = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * The fonts of a text: one where one has all of it. Otherwise each word has its own, so that no name is set in two, and
 * only a word that no font has is set in several.
 *
 * @param face the face
 * @param text the text, in composed form
 * @returns undefined when a character is in no font of the face
 */
export function fontRuns(face: Face, text: string): readonly FontRun[] | undefined {
  const whole = fontFor(face, text);
  if (whole !== undefined) return [{ font: whole, text }];
  const runs: FontRun[] = [];
  const add = (part: string) => {
    const font = fontFor(face, part);
    if (font === undefined) return false;
    const last = runs.at(-1);
    if (last?.font === font) runs.splice(-1, 1, { font, text: last.text + part });
    else runs.push({ font, text: part });
    return true;
  };
  for (const word of text.split(/(?<= )/)) {
    if (add(word)) continue;
    for (const { segment } of LETTERS.segment(word)) {
      if (!add(segment) && !Array.from(segment).every(add)) return undefined;
    }
  }
  return runs;
}

/** Characters that nobody sees, and that may turn the order of others. */
const UNSEEN = /[\p{Cc}\p{Cf}]/u;

/**
 * A text that can be set whatever it says: characters that nobody sees, or that no font of the face has, are named by
 * their code points, such as `[U+1F600]`, and ends of lines are spaces.
 *
 * @param face the face
 * @param text the text
 */
export function settable(face: Face, text: string): string {
  const composed = text.normalize("NFC").replaceAll(/[\t\n\r\u2028\u2029]+/g, " ");
  return Array.from(composed, (character) => {
    if (fontFor(face, character) !== undefined && !UNSEEN.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }).join("");
}
