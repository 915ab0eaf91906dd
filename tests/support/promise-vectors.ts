import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

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
