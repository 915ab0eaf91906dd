/**
 * What separates groups of digits or letters in what people paste from letters, web pages and spreadsheets, and is
 * ignored: blanks and tab, no-break and thin spaces, zero-width spaces, hyphens, dashes and minus. The inside of a
 * character class.
 */
export const SEPARATORS = "\\t \\u00a0\\u00ad\\u2000-\\u200b\\u202f\\u2060\\ufeff\\u2010-\\u2015\\u2212-";
const SEPARATOR = new RegExp(`[${SEPARATORS}]`, "g");

/**
 * Takes separators out of what a person typed or pasted.
 *
 * @param text the NAS or the code as it was typed
 */
export function withoutSeparators(text: string): string {
  return text.replaceAll(SEPARATOR, "");
}
