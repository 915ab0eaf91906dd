/** Bytes of this package; WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Joins bytes and texts in UTF-8. */
export function joined(...parts: readonly (string | ArrayLike<number>)[]): Bytes {
  const encoded = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part));
  const whole = new Uint8Array(encoded.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of encoded) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Undefined when the text is not canonical base64url without padding. */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const decoded = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toBase64url(decoded) === text ? decoded : undefined;
}

/** Base64url without padding. */
export function toBase64url(decoded: Uint8Array): string {
  return btoa(String.fromCharCode(...decoded))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Hexadecimal digits. */
export function toHex(decoded: Uint8Array): string {
  let text = "";
  for (const byte of decoded) text += DIGITS[byte];
  return text;
}
