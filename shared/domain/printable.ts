/**
 * Characters that control a terminal or change the order of its text: control characters except tab and line feed (C0,
 * DEL, and C1, which contains a one-byte escape), line separators, and direction marks.
 */
const ACTED_UPON = /(?![\t\n])[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Makes text safe to print: the title of a law, a line of a log or an argument must not colour, clear or retitle the
 * terminal of the person who reads it. JSON stays the same JSON.
 *
 * @param text any text
 * @returns the same with such characters as `\uXXXX`
 */
export function printable(text: string): string {
  return text.replaceAll(ACTED_UPON, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Makes text safe to print within a line: like `printable`, but also without line feeds, so that text cannot look like
 * another line of the output.
 *
 * @param text any text
 */
export function printableLine(text: string): string {
  return printable(text).replaceAll("\n", "\\u000a").replaceAll("\t", "\\u0009");
}

/** Whether text holds a character that `printable` would replace, or more than one line. */
export function isPlainLine(text: string): boolean {
  return printableLine(text) === text;
}
