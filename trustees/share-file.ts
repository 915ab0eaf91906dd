import { createCipheriv, createDecipheriv, createHash, randomBytes, scrypt } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../shared/domain/canonical-json.ts";
import { Refusal } from "../shared/domain/refusal.ts";
import { SPLIT_FIELDS } from "../shared/messages/trustees.ts";
import { readJsonFile } from "./files.ts";

const SALT_BYTES = 16;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** What scrypt costs (RFC 7914 §2): 128 MiB at its block size of 8. */
export const SCRYPT_N = 131_072;
/** The least that a share file may ask for. */
export const LEAST_SCRYPT_N = 16_384;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** What a share file says in clear; it is bound to the encrypted body. */
const ClearFields = z.strictObject({
  ...SPLIT_FIELDS,
  kind: z.literal("share"),
  /** Which trustee's it is, from 1. */
  index: z.number().int().min(1).max(255),
  scrypt: z.strictObject({
    // A file must not make a machine compute for hours.
    n: z
      .number()
      .int()
      .min(LEAST_SCRYPT_N)
      .max(1_048_576)
      .refine((n) => Number.isInteger(Math.log2(n)), "is not a power of 2"),
    r: z.literal(8),
    p: z.number().int().min(1).max(4),
    salt: hex(SALT_BYTES),
  }),
});
type ClearFields = z.output<typeof ClearFields>;

const ShareFile = ClearFields.extend({
  iv: hex(IV_BYTES),
  /** AES-256-GCM of the share and its tag, base64url. */
  body: z.string().regex(/^[\w-]+$/),
  /** SHA-256 over the other fields: tells a damaged file from a wrong passphrase. */
  checksum: hex(32),
});
export type ShareFile = z.output<typeof ShareFile>;

function checksumOf(fields: object): string {
  return createHash("sha256").update(canonicalJson(fields)).digest("hex");
}

/** The passphrase in one form, whichever keyboard it was typed on. */
function keyOf(passphrase: string, { n, r, p, salt }: ClearFields["scrypt"]): Promise<Buffer> {
  const options = { N: n, r, p, maxmem: 256 * n * r };
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer) => (error === null ? resolve(key) : reject(error));
    scrypt(passphrase.normalize("NFKC"), Buffer.from(salt, "hex"), KEY_BYTES, options, done);
  });
}

/**
 * Encrypts one share.
 *
 * @param fields whose it is
 * @param share its bytes
 * @param passphrase of its trustee
 * @param n what scrypt costs, a power of 2
 */
export async function sealShare(
  fields: Omit<ClearFields, "v" | "kind" | "scrypt">,
  share: Uint8Array,
  passphrase: string,
  n = SCRYPT_N,
): Promise<ShareFile> {
  const salt = randomBytes(SALT_BYTES).toString("hex");
  const clear: ClearFields = { v: 1, kind: "share", ...fields, scrypt: { n, r: 8, p: 1, salt } };
  const iv = randomBytes(IV_BYTES);
  const key = await keyOf(passphrase, clear.scrypt);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(canonicalJson(clear)));
  const body = Buffer.concat([cipher.update(share), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  key.fill(0);
  const whole = { ...clear, iv: iv.toString("hex"), body };
  return { ...whole, checksum: checksumOf(whole) };
}

/**
 * Reads a share file. Nothing is decrypted.
 *
 * @param path where it is
 * @throws Refusal when it is something else or damaged
 */
export async function readShareFile(path: string): Promise<ShareFile> {
  const file = await readJsonFile(path, ShareFile, "the share file of a trustee");
  const { checksum, ...fields } = file;
  if (checksum === checksumOf(fields)) return file;
  throw new Refusal(`${path} is damaged: its checksum does not belong to its content. Use another copy of it.`);
}

/**
 * Decrypts a share.
 *
 * @param path names the file in messages
 * @param file what was read
 * @param passphrase of its trustee
 * @returns the share's bytes
 * @throws Refusal when the passphrase is wrong
 */
export async function openShare(path: string, file: ShareFile, passphrase: string): Promise<Uint8Array> {
  const { iv, body, checksum: _, ...clear } = file;
  const bytes = Buffer.from(body, "base64url");
  const cut = bytes.length - TAG_BYTES;
  if (cut < 1) throw new Refusal(`${path} is damaged: its share is too short. Use another copy of it.`);
  const key = await keyOf(passphrase, clear.scrypt);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "hex"), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(canonicalJson(clear)))
    .setAuthTag(bytes.subarray(cut));
  key.fill(0);
  const share = Uint8Array.from(decipher.update(bytes.subarray(0, cut)));
  try {
    decipher.final();
  } catch {
    share.fill(0);
    // Node.js says by this error alone that the tag is wrong.
    throw new Refusal(`The passphrase of ${path} is wrong. Its trustee (number ${file.index}) types it again.`);
  }
  return share;
}
