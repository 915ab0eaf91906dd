import { createHmac } from "node:crypto";
import { CODE_ALPHABET, hasCheckedForm, SECRET_CHARACTERS } from "./code-form.ts";
import type { SecretKey } from "./voter-hash.ts";

/**
 * The codes that a law takes: any text in the form of a code, or only codes that this stage made, which have a check.
 * It is fixed when the law is added.
 */
export const CODE_KINDS = ["any", "checked"] as const;
export type CodeKind = (typeof CODE_KINDS)[number];

/**
 * The check of a code: the first 20 bits of HMAC-SHA-256 of its secret part. It does not depend on the voter or the
 * law, so a code that fits shows only that this stage may have made it.
 *
 * @param secret the random part, `SECRET_CHARACTERS` long
 * @param key 32 secret bytes
 */
export function checkOf(secret: string, key: SecretKey): string {
  const bits = createHmac("sha256", key).update(secret).digest().readUInt32BE() >>> 12;
  let check = "";
  for (let shift = 15; shift >= 0; shift -= 5) check += CODE_ALPHABET.charAt((bits >>> shift) & 31);
  return check;
}

/**
 * Reads a code with a check as a person types it, in capital or small letters.
 *
 * @param code blanks and dashes already removed
 * @param key the key of checks
 * @returns the code as it was made, or undefined when it was not made with this key or is mistyped
 */
export function readCheckedCode(code: string, key: SecretKey): string | undefined {
  if (!hasCheckedForm(code)) return undefined;
  const plain = code.toUpperCase();
  const secret = plain.slice(0, SECRET_CHARACTERS);
  return checkOf(secret, key) === plain.slice(SECRET_CHARACTERS) ? plain : undefined;
}
