/** Bytes of this package; WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const VALUES = valuesOfDigits();

function valuesOfDigits(): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const [value, digit] of [..."0123456789abcdef"].entries()) values[digit.charCodeAt(0)] = value;
  return values;
}

/** The bytes of a text in UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * The text of bytes in UTF-8.
 *
 * @throws TypeError when they are none
 */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Joins bytes. */
export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether two lists of bytes are equal. */
export function equal(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** A whole number as bytes, the highest first. @param length 1 to 8 */
export function numberBytes(value: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += DIGITS[byte];
  return text;
}

/**
 * Reads lower-case hexadecimal digits.
 *
 * @param text the digits
 * @param length how many bytes they must be
 * @returns undefined for anything else
 */
export function fromHex(text: unknown, length: number): Bytes | undefined {
  if (typeof text !== "string" || text.length !== 2 * length) return undefined;
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    const value = ((VALUES[text.charCodeAt(2 * at)] ?? -1) << 4) | (VALUES[text.charCodeAt(2 * at + 1)] ?? -1);
    if (value < 0) return undefined;
    bytes[at] = value;
  }
  return bytes;
}

/** Bytes as base64 (RFC 4648 §4). */
export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/**
 * Reads base64 in its only right form.
 *
 * @param text with padding
 * @returns undefined for anything else
 */
export function fromBase64(text: string): Bytes | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return base64(bytes) === text ? bytes : undefined;
}

/**
 * Reads base64url without padding (RFC 4648 §5) in its only right form.
 *
 * @param text the text
 * @param length how many bytes it must be
 * @returns undefined for anything else
 */
export function fromBase64url(text: unknown, length: number): Bytes | undefined {
  if (typeof text !== "string" || !/^[\w-]*$/.test(text) || text.length !== Math.ceil((length * 4) / 3))
    return undefined;
  const padded = text
    .replaceAll("-", "+")
    .replaceAll("_", "/")
    .padEnd(Math.ceil(text.length / 4) * 4, "=");
  return fromBase64(padded);
}

/** Bytes as base64url without padding. */
export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
