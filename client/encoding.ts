import type { Bytes } from "./hpke.ts";

/** Undefined when the text is not canonical base64url without padding. */
export function fromBase64url(text: string): Bytes | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const decoded = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return toBase64url(decoded) === text ? decoded : undefined;
}

/** Base64url without padding. */
export function toBase64url(decoded: Bytes): string {
  return btoa(String.fromCharCode(...decoded))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Hexadecimal digits. */
export function toHex(decoded: Bytes): string {
  return Array.from(decoded, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
