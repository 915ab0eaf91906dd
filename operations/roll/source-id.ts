import { createHmac } from "node:crypto";
import type { Law } from "../../shared/domain/law.ts";
import type { Keys } from "../../shared/runtime/keys.ts";

/**
 * Names a roll file in the database, for a law. The digest is keyed: otherwise somebody who reads the database could
 * find the content of a short file by trying.
 *
 * @param digest SHA-256 of the file's bytes
 * @param law the law
 * @param keys of the stage
 * @returns 32 bytes
 */
export function sourceId(digest: Uint8Array, law: Law, keys: Keys<"person">): Buffer {
  return createHmac("sha256", keys.ofVersion(law.keyVersion).person).update("roll file").update(digest).digest();
}
