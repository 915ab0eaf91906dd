import type { Face, FontName } from "./fonts.ts";

/** A text in lines of at most a width. */
export interface TextBlock {
  /** Each but the last of a paragraph ends with the space that was there: a reader that joins them needs it. */
  readonly lines: readonly string[];
  readonly face: Face;
  /** The one font that has all its characters; undefined: it takes several. */
  readonly font: FontName | undefined;
  /** In points. */
  readonly size: number;
  /** From line to line, in points. */
  readonly leading: number;
  /** Of all lines together, in points. */
  readonly height: number;
  /** Whether it is on many pages: it is in the file once then. */
  readonly isFixed: boolean;
}

/**
 * Breaks a paragraph into lines at its spaces. A word that is wider than a line is broken where it must be.
 *
 * @param text one paragraph
 * @param width of a line, in points
 * @param widthOf the width of a text, in points
 */
export function breakLines(text: string, width: number, widthOf: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((one) => pieces(one, width, widthOf))) {
    const longer = line === "" ? word.text : `${line}${word.joins ? "" : " "}${word.text}`;
    if (line !== "" && widthOf(longer) > width) {
      lines.push(word.joins ? line : `${line} `);
      line = word.text;
    } else line = longer;
  }
  return [...lines, line];
}

/**
 * Breaks a line of a text that is compared to the letter, such as a certificate. It is broken anywhere but beside a
 * space, which would not be seen there: whoever joins the lines has the text.
 *
 * @param text one line
 * @param width of a line, in points
 * @param widthOf the width of a text, in points
 */
export function breakExactly(text: string, width: number, widthOf: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const most = longestFitting(rest, width, widthOf);
    if (most >= rest.length) return [...lines, rest];
    let end = most;
    while (end > 1 && (rest[end - 1] === " " || rest[end] === " ")) end -= 1;
    // Nothing but spaces: no place is better than another.
    if (end === 1) end = most;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
}

/** A word, or the parts of one that no line can hold. */
function pieces(word: string, width: number, widthOf: (text: string) => number) {
  const found: { readonly text: string; readonly joins: boolean }[] = [];
  let rest = word;
  for (;;) {
    const end = longestFitting(rest, width, widthOf);
    const isLast = end >= rest.length;
    found.push({ text: isLast ? rest : rest.slice(0, end), joins: found.length > 0 });
    if (isLast) return found;
    rest = rest.slice(end);
  }
}

/**
 * How many characters of a text fit on a line: at least one. It never measures much more than a line, because a
 * certificate is one word of thousands of characters.
 */
function longestFitting(text: string, width: number, widthOf: (text: string) => number): number {
  if (text === "") return 0;
  const isTooLong = (end: number) => widthOf(text.slice(0, end)) > width;
  let [fits, tooLong] = [1, Math.min(16, text.length)];
  while (!isTooLong(tooLong)) {
    if (tooLong === text.length) return tooLong;
    [fits, tooLong] = [tooLong, Math.min(2 * tooLong, text.length)];
  }
  while (tooLong - fits > 1) {
    const middle = Math.floor((fits + tooLong) / 2);
    if (isTooLong(middle)) tooLong = middle;
    else fits = middle;
  }
  return fits;
}
