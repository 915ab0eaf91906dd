import { canonicalJson } from "../canonical-json.ts";
import { type ElectionKeys, isSignedFor, signFor } from "./election-keys.ts";

/** What the trustees sign, so that no signature passes for another. */
export type Purpose = "referendum election keys v1" | "referendum test opening v1" | "referendum opening v1";

/**
 * Signs fields of JSON: Ed25519 over the purpose, a line feed and the fields as JSON with their names in order.
 *
 * @param keys the election's
 * @param purpose what it is
 * @param fields everything but the signature
 * @returns the fields and the signature, base64url
 */
export function signed<T extends object>(keys: ElectionKeys, purpose: Purpose, fields: T): T & { signature: string } {
  const message = Buffer.from(canonicalJson(fields));
  return { ...fields, signature: signFor(keys.signing.privateKey, purpose, message).toString("base64url") };
}

/**
 * Whether fields carry the signature of a key.
 *
 * @param signingKey base64url
 * @param purpose what it must be
 * @param value fields and signature
 */
export function isSigned(signingKey: string, purpose: Purpose, value: { readonly signature: string }): boolean {
  const { signature, ...fields } = value;
  const message = Buffer.from(canonicalJson(fields));
  return isSignedFor(Buffer.from(signingKey, "base64url"), purpose, message, Buffer.from(signature, "base64url"));
}
