import { createSecretKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { envelopeSha256, makePromise, promiseKeyPair } from "../../shared/domain/promise.ts";

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/);
const Vectors = z.strictObject({
  key: z.strictObject({ private_key: hex, public_key: z.string(), key_id: hex }),
  promises: z
    .array(
      z.strictObject({
        origin: z.string(),
        request_id: z.string(),
        /** Null: of an open law. */
        envelope: z.string().nullable(),
        envelope_sha256: hex.nullable(),
        signed_bytes: hex,
        promise: z.string(),
      }),
    )
    .min(2),
});

/** The test vectors of promises, which the tests of server and client share. */
export const PROMISE_VECTORS = Vectors.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../docs/promise-vectors.json"), "utf8")),
);

const { private_key, public_key, key_id } = PROMISE_VECTORS.key;
/** The key of the vectors, as a law's description names it. */
export const VECTOR_KEY = { key_id, public_key };

/**
 * The promise of an answer 202, by the key of the vectors.
 *
 * @param origin of the law
 * @param requestId of the submission
 * @param envelope of a sealed law
 */
export function answeredPromise(origin: string, requestId: string, envelope?: string) {
  const pair = promiseKeyPair(createSecretKey(Buffer.from(private_key, "hex")));
  const digest = envelope === undefined ? undefined : envelopeSha256(envelope);
  const { signature } = makePromise({ origin, requestId, envelopeSha256: digest }, pair);
  return {
    log_origin: origin,
    key_id,
    ...(digest === undefined ? {} : { envelope_sha256: digest.toString("hex") }),
    signature: signature.toString("base64url"),
  };
}
