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

/**
 * The first font of a face that has every character of a text, so that a name is not set in two.
 *
 * @param face the face
 * @param text the text, in composed form
 * @returns undefined when no font has them all
 */
export function fontFor(face: Face, text: string): FontName | undefined {
  return BY_FACE[face].find((name) => {
    const known = charactersOf(name);
    for (const character of text) if (!known.has(character.codePointAt(0) ?? 0)) return false;
    return true;
  });
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
  if (fontFor(face, composed) !== undefined && !UNSEEN.test(composed)) return composed;
  // The second font of a face has the letters of most languages.
  const [first, widest = first] = BY_FACE[face];
  const known = charactersOf(widest ?? "regular");
  return Array.from(composed, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (known.has(code) && !UNSEEN.test(character)) return character;
    return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  }).join("");
}
