import type { Voter } from "../environment.ts";

/**
 * The promises of README and docs/openapi.json, written a second time and by other means than in the product: plain
 * loops over characters, and a separate reader of JSON's keys.
 */

/** The contents of the stack under test. */
export interface World {
  readonly openLaws: readonly string[];
  /** Not open yet, closed, frozen. */
  readonly otherLaws: readonly string[];
  /** Everybody whose credentials are sent; the first `onRoll` of them are on the roll of every law. */
  readonly voters: readonly Voter[];
  readonly onRoll: number;
  /** Request ids that were issued, and are final. */
  readonly issued: readonly string[];
}

/** A vote in a body, by the contract. */
export interface ReadVote extends Voter {
  readonly lawId: string;
  readonly choice: "oui" | "non";
}

export const LARGEST_BODY = 8192;
const FIELDS = ["nas", "code", "law_id", "vote"];
const DIGITS = "0123456789";
/** Separators that people paste between groups of digits: blanks, dashes and invisible characters. */
const SEPARATORS = [
  ..."\t -",
  ...[0xa0, 0xad, 0x202f, 0x2060, 0x2212, 0xfeff].map((code) => String.fromCodePoint(code)),
  ...Array.from({ length: 12 }, (_, index) => String.fromCodePoint(0x2000 + index)),
  ...Array.from({ length: 6 }, (_, index) => String.fromCodePoint(0x2010 + index)),
];
const LONGEST_FIELD = 200;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const consistsOf = (text: string, alphabet: string) => [...text].every((character) => alphabet.includes(character));
const isBetween = (length: number, least: number, most: number) => length >= least && length <= most;

/**
 * The vote in a body.
 *
 * @param body the bytes that were sent
 * @returns undefined for a body that is not a vote
 */
export function voteIn(body: Uint8Array): ReadVote | undefined {
  const text = utf8Of(body);
  const value = text === undefined ? undefined : jsonOf(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const names = Object.keys(value);
  if (text === undefined || keysOf(text).length !== FIELDS.length || names.length !== FIELDS.length) return undefined;
  const field = (name: string): string | undefined => {
    const own: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
    return typeof own === "string" ? own : undefined;
  };
  const [nas, code, law, choice] = FIELDS.map(field);
  if (nas === undefined || code === undefined || law === undefined) return undefined;
  if (choice !== "oui" && choice !== "non") return undefined;
  if ([nas, code, law].some((text) => text.length > LONGEST_FIELD)) return undefined;
  const digits = withoutSeparators(nas);
  if (digits.length !== 9 || !consistsOf(digits, DIGITS)) return undefined;
  const typed = withoutSeparators(code);
  if (!isBetween(typed.length, 6, 32) || !consistsOf(typed, LETTERS + DIGITS)) return undefined;
  const lawId = withoutBlanks(law);
  if (!isLawId(lawId)) return undefined;
  return { nas: digits, code: typed, lawId, choice };
}

function withoutSeparators(text: string): string {
  return [...text].filter((character) => !SEPARATORS.includes(character)).join("");
}

/** Whether a text can be the id of a law. */
export function isLawId(text: string): boolean {
  const [first = ""] = text;
  if (first === "" || !isBetween(text.length, 1, 50)) return false;
  return consistsOf(first, LETTERS + DIGITS) && consistsOf(text, `${LETTERS}${DIGITS}._-`);
}

/** Whether a text can be an Idempotency-Key: 1 to 255 visible ASCII characters. */
export function isIdempotencyKey(value: string): boolean {
  return isBetween(value.length, 1, 255) && [...value].every((character) => character > " " && character <= "~");
}

/** Removes what a server must remove from both ends of a header's value (RFC 9110, section 5.5), and of a law. */
export function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && " \t".includes(text.charAt(from))) from += 1;
  while (to > from && " \t".includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** The text of bytes, a byte order mark kept; undefined when they are not UTF-8. */
export function utf8Of(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes).toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every key of the outermost object of valid JSON, also those that are written twice. */
function keysOf(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charAt(at);
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    else if (character === '"') {
      let end = at + 1;
      while (json.charAt(end) !== '"') end += json.charAt(end) === "\\" ? 2 : 1;
      let after = end + 1;
      while (" \t\r\n".includes(json.charAt(after)) && after < json.length) after += 1;
      if (depth === 1 && json.charAt(after) === ":") keys.push(json.slice(at, end + 1));
      at = end;
    }
  }
  return keys;
}
