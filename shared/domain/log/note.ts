import { createHash, type KeyObject, sign, verify } from "node:crypto";
import { ED25519_KEY_BYTES, ED25519_SIGNATURE_BYTES, ed25519PublicKey } from "../ed25519.ts";

/** The type of a key of Ed25519 in a signed note. */
const ED25519 = 0x01;
const KEY_HASH_BYTES = 4;
/** What precedes the signatures of a note. */
const SIGNATURES = "\n\n";
/** The beginning of a line with a signature: an em dash and a blank. */
const DASH = "— ";
/** The name of a key has neither blanks nor a plus sign. */
const NAME = /^[^\s+]+$/u;
/** Base64 of a key hash and a signature, 68 bytes. */
const SIGNATURE = /^[A-Za-z0-9+/]{91}=$/;

/** A key that notes are checked with. */
export interface NoteKey {
  /** The name of the key. */
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

/** A key that signs notes. Where its private half is, only it knows. */
export interface NoteSigner extends NoteKey {
  /**
   * Signs by Ed25519 (RFC 8032).
   *
   * @param message its bytes
   * @returns 64 bytes
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/**
 * The hash of a key, which stands before its signatures (C2SP signed-note).
 *
 * @param key which key
 */
function keyHash({ name, publicKey }: NoteKey): Buffer {
  const hash = createHash("sha256").update(`${name}\n`).update(Uint8Array.of(ED25519)).update(publicKey);
  return hash.digest().subarray(0, KEY_HASH_BYTES);
}

/**
 * A key as text: what others give to their tools (C2SP signed-note, "vkey").
 *
 * @param key which key
 */
export function verifierKey(key: NoteKey): string {
  const typed = Buffer.concat([Uint8Array.of(ED25519), key.publicKey]);
  return `${key.name}+${keyHash(key).toString("hex")}+${typed.toString("base64")}`;
}

/**
 * The key of a law's log as text.
 *
 * @param origin the name of the log, which its key has too
 * @param publicKey 32 bytes as base64url
 */
export function logKeyText(origin: string, publicKey: string): string {
  return verifierKey({ name: origin, publicKey: Buffer.from(publicKey, "base64url") });
}

/**
 * Signs a note.
 *
 * @param text lines, each with a line feed at its end
 * @param signer the key
 * @returns the text and the signature (C2SP signed-note)
 * @throws RangeError for a text or a name that a note cannot have
 */
export async function signNote(text: string, signer: NoteSigner): Promise<string> {
  if (!isNoteText(text)) throw new RangeError("The text of a note is lines without control characters.");
  if (!NAME.test(signer.name)) throw new RangeError("The name of a key has neither blanks nor a plus sign.");
  const signature = await signer.sign(Buffer.from(text));
  const bytes = Buffer.concat([keyHash(signer), signature]);
  return `${text}\n${DASH}${signer.name} ${bytes.toString("base64")}\n`;
}

/**
 * A key that signs notes by a private key in memory.
 *
 * @param name the name of the key
 * @param publicKey 32 bytes
 * @param privateKey of Ed25519
 * @throws RangeError for a public key of another length
 */
export function noteSigner(name: string, publicKey: Uint8Array, privateKey: KeyObject): NoteSigner {
  if (publicKey.length !== ED25519_KEY_BYTES) throw new RangeError("A public key of Ed25519 has 32 bytes.");
  return { name, publicKey, sign: async (message) => sign(null, message, privateKey) };
}

/**
 * Reads a note, if a key has signed it. Signatures of other keys are allowed and not looked at.
 *
 * @param note the text and its signatures
 * @param key the key that must have signed it
 * @returns the text; undefined when the key has not signed it
 */
export function openNote(note: string, key: NoteKey): string | undefined {
  const at = note.lastIndexOf(SIGNATURES);
  if (at < 0 || !note.endsWith("\n")) return undefined;
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + SIGNATURES.length, -1).split("\n");
  if (!isNoteText(text) || lines.some((line) => !line.startsWith(DASH))) return undefined;
  const hash = keyHash(key);
  const publicKey = ed25519PublicKey(key.publicKey);
  const isSigned = lines.some((line) => {
    const [name, signature = "", ...more] = line.slice(DASH.length).split(" ");
    if (name !== key.name || more.length > 0 || !SIGNATURE.test(signature)) return false;
    const bytes = Buffer.from(signature, "base64");
    if (bytes.length !== KEY_HASH_BYTES + ED25519_SIGNATURE_BYTES) return false;
    if (!bytes.subarray(0, KEY_HASH_BYTES).equals(hash)) return false;
    return verify(null, Buffer.from(text), publicKey, bytes.subarray(KEY_HASH_BYTES));
  });
  return isSigned ? text : undefined;
}

/** Whether a text is lines of Unicode without control characters but line feeds. */
function isNoteText(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: C2SP signed-note forbids them.
  return text.endsWith("\n") && text.isWellFormed() && !/[\0-\x09\x0b-\x1f]/.test(text);
}
