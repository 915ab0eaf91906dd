import { isSigned, SIGNATURE_BYTES, type VerifyingKey, verifyingKey } from "../bytes/ed25519.ts";
import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, base64, equal, fromBase64, fromHex, hex, joined, utf8 } from "../bytes/text.ts";

/**
 * Signed notes (C2SP signed-note): a text, an empty line, and lines with signatures. The log signs its checkpoints, the
 * description of its law and the certificate in this form.
 */

/** The type of Ed25519 keys of notes. */
const ED25519 = 1;
const KEY_HASH_BYTES = 4;
/** Begins with an em dash, written so that no page with another encoding misreads it. */
const SIGNATURE_LINE = /^\u2014 (\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** A key that verifies notes. */
export interface NoteKey {
  /** The log's origin. */
  readonly name: string;
  /** The first 4 bytes of SHA-256(name ‖ line feed ‖ 1 ‖ public key). */
  readonly hash: Bytes;
  /** 32 bytes. */
  readonly publicKey: Bytes;
  readonly key: VerifyingKey;
  /** `<name>+<8 hexadecimal digits>+<base64>`. */
  readonly text: string;
}

/** A note that was read. Whether its signatures are right is another question. */
export interface Note {
  /** With its last line feed. */
  readonly text: string;
  /** Text and signatures. */
  readonly whole: string;
  readonly signatures: readonly { readonly name: string; readonly hash: Bytes; readonly signature: Bytes }[];
}

/**
 * Reads a key that verifies notes.
 *
 * @param text as C2SP writes it
 * @returns undefined when it is none, or of another type than Ed25519
 */
export async function readNoteKey(text: string): Promise<NoteKey | undefined> {
  const [name = "", digits, encoded = "", ...rest] = splitKey(text.trim());
  const [hash, bytes] = [fromHex(digits, KEY_HASH_BYTES), fromBase64(encoded)];
  if (name === "" || rest.length > 0 || hash === undefined || bytes?.[0] !== ED25519) return undefined;
  const publicKey = bytes.slice(1);
  if (!equal(hash, noteKeyHash(name, publicKey))) return undefined;
  const key = await verifyingKey(publicKey);
  return key && { name, hash, publicKey, key, text: noteKeyText(name, publicKey) };
}

/** Base64 may have a plus too, so the parts are told apart from the left. */
function splitKey(text: string): string[] {
  const [name = "", digits = "", ...rest] = text.split("+");
  return [name, digits, rest.join("+")];
}

/**
 * The text of a key that verifies notes.
 *
 * @param name the log's origin
 * @param publicKey 32 bytes
 */
function noteKeyText(name: string, publicKey: Uint8Array): string {
  return `${name}+${hex(noteKeyHash(name, publicKey))}+${base64(joined(Uint8Array.of(ED25519), publicKey))}`;
}

function noteKeyHash(name: string, publicKey: Uint8Array): Bytes {
  return sha256(utf8(`${name}\n`), Uint8Array.of(ED25519), publicKey).slice(0, KEY_HASH_BYTES);
}

/**
 * Reads a note.
 *
 * @param whole text and signatures
 * @returns undefined when it is no note
 */
export function readNote(whole: string): Note | undefined {
  const cut = whole.lastIndexOf("\n\n");
  if (cut < 0 || !whole.endsWith("\n")) return undefined;
  const signatures = whole
    .slice(cut + 2, -1)
    .split("\n")
    .map((line) => {
      const [, name = "", encoded = ""] = SIGNATURE_LINE.exec(line) ?? [];
      const bytes = fromBase64(encoded);
      if (bytes === undefined || bytes.length <= KEY_HASH_BYTES) return undefined;
      return { name, hash: bytes.slice(0, KEY_HASH_BYTES), signature: bytes.slice(KEY_HASH_BYTES) };
    });
  if (signatures.some((one) => one === undefined)) return undefined;
  return { text: whole.slice(0, cut + 1), whole, signatures: signatures.filter((one) => one !== undefined) };
}

/**
 * Whether a key has signed a note. Signatures of others are passed over, as the specification says.
 *
 * @param note the note
 * @param key the key
 */
export async function isNoteOf(note: Note, { name, hash, key }: NoteKey): Promise<boolean> {
  const own = note.signatures.filter((one) => one.name === name && equal(one.hash, hash));
  const [only] = own;
  if (only === undefined || own.length > 1 || only.signature.length !== SIGNATURE_BYTES) return false;
  return await isSigned(key, utf8(note.text), only.signature);
}
