/**
 * What separates groups of digits or letters in what people paste from letters, web pages and spreadsheets, and is
 * ignored: tab and the blanks of Unicode (category Zs), characters without width, the dashes (category Pd), hyphen
 * bullet and minus. Not the ends of lines: whoever sends one has sent more than one value. The inside of a character
 * class.
 */
export const SEPARATORS =
  "\\t \\u00a0\\u1680\\u2000-\\u200d\\u202f\\u205f\\u3000\\u00ad\\u2060\\ufeff\\u058a\\u05be\\u1400\\u1806\\u2010-\\u2015\\u2043\\u2212\\u2e17\\u2e1a\\u2e3a\\u2e3b\\u2e40" +
  "\\u2e5d\\u301c\\u3030\\u30a0\\ufe31\\ufe32\\ufe58\\ufe63\\uff0d-";
const SEPARATOR = new RegExp(`[${SEPARATORS}]`, "g");

/**
 * Takes separators out of what a person typed or pasted.
 *
 * @param text the NAS or the code as it was typed
 */
export function withoutSeparators(text: string): string {
  return text.replaceAll(SEPARATOR, "");
}
