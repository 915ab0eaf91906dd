/** The longest line that is kept in memory. A voter's line has at most some hundred characters. */
export const MAX_LINE = 4_096;
/**
 * A byte order mark before a line (also in the form that Windows-1252 gives it), and control characters such as NUL and
 * Ctrl-Z around it.
 */
const MARKS = /^(?:\ufeff|ï»¿|(?!\t)\p{Cc})+|(?:(?!\t)\p{Cc})+$/gu;

/**
 * A line without marks around it.
 *
 * @param line its text
 */
export function withoutMarks(line: string): string {
  return line.replaceAll(MARKS, "");
}

/**
 * Joins pieces of text so that each ends with a line. Only the beginning of a line that is far too long is kept.
 *
 * @param pieces of a file
 */
export async function* wholeLines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const text = (rest + piece).replaceAll("\r\n", "\n");
    const end = text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (rest.length > MAX_LINE) rest = rest.slice(0, MAX_LINE + 1);
    if (end > 0) yield text.slice(0, end);
  }
  if (rest !== "") yield `${rest.replace(/\r$/, "")}\n`;
}
