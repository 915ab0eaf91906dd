import { readFileSync } from "node:fs";
import type { PaperLanguage } from "../shared/domain/letter.ts";
import { Refusal } from "../shared/domain/refusal.ts";
import type { Box, PaperDocument, Part } from "./document.ts";
import type { PaperName } from "./page-size.ts";
import type { Place } from "./stamps.ts";

/** The election office that issues a paper. */
export interface Office {
  readonly name: Readonly<Record<PaperLanguage, string>>;
  /** How to reach it, a line each. */
  readonly contact: Readonly<Record<PaperLanguage, readonly string[]>>;
  /** A PNG or JPEG. */
  readonly logo?: Uint8Array | undefined;
  readonly paper: PaperName;
  readonly timeZone: string;
}

/** The room for a logo, in points. */
const LOGO = { width: 150, height: 44 };
const NAME = { size: 13, smallest: 8 };
const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];

/**
 * Reads the office's logo.
 *
 * @param path a PNG or JPEG
 * @throws Refusal when it is neither
 */
export function readLogo(path: string): Uint8Array {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new Refusal(`The logo ${path} (setting office.logo) cannot be read.`);
  }
  if (![PNG, JPEG].some((magic) => magic.every((byte, at) => bytes[at] === byte))) {
    throw new Refusal(`The logo ${path} (setting office.logo) is neither PNG nor JPEG.`);
  }
  return bytes;
}

/**
 * Heads a page with the office's logo and its name, which is smaller where it is long.
 *
 * @param document the document
 * @param part where it belongs in the structure
 * @param office the office
 * @param languages of the name, one or both
 * @param place the upper left corner
 * @param room how high it may be, in points
 * @returns where it ends
 */
export function drawOffice(
  document: PaperDocument,
  part: Part,
  office: Office,
  languages: readonly PaperLanguage[],
  { x, y }: Place,
  room: number,
): number {
  let left = x;
  const { logo } = office;
  if (logo !== undefined) {
    const [first = "fr"] = languages;
    const picture = document.picture(logo);
    const scale = Math.min(LOGO.width / picture.width, LOGO.height / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    const box: Box = { x, y: y + (LOGO.height - height) / 2, width, height };
    // The name stands beside it as text.
    part.picture("Logo", picture, box, first);
    left += width + 14;
  }
  const width = document.page.width - left - x;
  const layNames = (size: number) => {
    const names = languages.map((language) =>
      document.layFixed(office.name[language], { face: "bold", size, width, leading: 1.25 }),
    );
    return { names, height: names.reduce((sum, name) => sum + name.height, 0) };
  };
  let { names, height } = layNames(NAME.size);
  for (let size = NAME.size - 1; height > room && size >= NAME.smallest; size--) ({ names, height } = layNames(size));
  let top = y + Math.max(0, (LOGO.height - height) / 2);
  for (const [at, name] of names.entries()) {
    part.text("P", name, { x: left, y: top }, { language: languages[at] ?? "fr" });
    top += name.height;
  }
  return Math.max(top, y + LOGO.height);
}
