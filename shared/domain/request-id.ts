import { createHmac, timingSafeEqual } from "node:crypto";
import type { SecretKey } from "./voter-hash.ts";

/**
 * Request ids: `base64url(version (1 byte) | id (16 bytes) | MAC (16 bytes) | law id (UTF-8))`.
 *
 * The MAC lets the status endpoint tell "issued, not decided yet" from "never issued" without a write at ingest. With
 * the law id, that answer can name the law. The version says which key made the MAC, so that the key can be rotated.
 * Clients must not read anything into the text.
 */

const VERSION_BYTES = 1;
const ID_BYTES = 16;
const MAC_BYTES = 16;
const LAW_AT = VERSION_BYTES + ID_BYTES + MAC_BYTES;

export interface IssuedRequestId {
  readonly keyVersion: number;
  /** The 16 bytes that claim a vote in Redis. */
  readonly id: Buffer;
  readonly lawId: string;
}

/** Finds the MAC key of a version; undefined when there is no such key. */
export type MacKeyOf = (version: number) => SecretKey | undefined;

function mac(key: SecretKey, version: number, id: Uint8Array, lawId: string): Buffer {
  return createHmac("sha256", key)
    .update(Uint8Array.of(version))
    .update(id)
    .update(lawId)
    .digest()
    .subarray(0, MAC_BYTES);
}

/**
 * A UUIDv7 (RFC 9562 §5.7): 48 bits of time, then random bits.
 *
 * @param nowMs milliseconds since the epoch
 * @param random 10 random bytes
 * @returns 16 bytes
 */
export function uuidV7(nowMs: number, random: Uint8Array): Buffer {
  const id = Buffer.alloc(ID_BYTES);
  id.writeUIntBE(nowMs, 0, 6);
  id.set(random.subarray(0, 10), 6);
  id[6] = (id.readUInt8(6) & 0x0f) | 0x70;
  id[8] = (id.readUInt8(8) & 0x3f) | 0x80;
  return id;
}

/**
 * The id of a submission that carries an Idempotency-Key: the same key from the same voter for the same law gives the
 * same id. The choice is not part of it, so that nobody who has the key can test choices.
 *
 * @param idempotencyKey 1 to 255 visible ASCII characters
 * @param voterHash 32 bytes
 * @param lawId the law
 * @param key the secret for this derivation
 * @returns 16 bytes
 */
export function idempotentId(idempotencyKey: string, voterHash: Uint8Array, lawId: string, key: SecretKey): Buffer {
  return createHmac("sha256", key)
    .update(voterHash)
    .update(`${lawId}|`)
    .update(idempotencyKey)
    .digest()
    .subarray(0, ID_BYTES);
}

/**
 * Signs an id.
 *
 * @param id 16 bytes
 * @param lawId the law it is for
 * @param keyVersion 1 to 255
 * @param key the MAC key of that version
 * @returns the text that the client gets
 */
export function issueRequestId(id: Uint8Array, lawId: string, keyVersion: number, key: SecretKey): string {
  return Buffer.concat([
    Uint8Array.of(keyVersion),
    id,
    mac(key, keyVersion, id, lawId),
    Buffer.from(lawId, "utf8"),
  ]).toString("base64url");
}

/**
 * Splits a request id without checking its MAC, for the stages after ingest, which received it from a queue.
 *
 * @param requestId the text
 * @returns its parts, or undefined when it does not have the form of a request id
 */
export function parseRequestId(requestId: string): (IssuedRequestId & { readonly mac: Buffer }) | undefined {
  if (!/^[A-Za-z0-9_-]{45,112}$/.test(requestId)) return undefined;
  const bytes = Buffer.from(requestId, "base64url");
  // Each id has only one text, although base64url decoding ignores stray trailing bits.
  if (bytes.length <= LAW_AT || bytes.toString("base64url") !== requestId) return undefined;
  return {
    keyVersion: bytes.readUInt8(0),
    id: bytes.subarray(VERSION_BYTES, VERSION_BYTES + ID_BYTES),
    mac: bytes.subarray(VERSION_BYTES + ID_BYTES, LAW_AT),
    lawId: bytes.subarray(LAW_AT).toString("utf8"),
  };
}

/**
 * Whether this system issued a request id.
 *
 * @param requestId what a client sent
 * @param keyOf finds the MAC key of a version
 * @returns its parts, or undefined when it was never issued
 */
export function verifyRequestId(requestId: string, keyOf: MacKeyOf): IssuedRequestId | undefined {
  const parts = parseRequestId(requestId);
  const key = parts && keyOf(parts.keyVersion);
  if (!parts || !key) return undefined;
  return timingSafeEqual(parts.mac, mac(key, parts.keyVersion, parts.id, parts.lawId)) ? parts : undefined;
}
