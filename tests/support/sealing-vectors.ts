import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const hex = z.string().regex(/^(?:[0-9a-f]{2})*$/);
const Vectors = z.strictObject({
  rfc9180: z.strictObject({
    source: z.string(),
    info: hex,
    ikm_e: hex,
    ikm_r: hex,
    sk_r: hex,
    pk_r: hex,
    enc: hex,
    pt: hex,
    aad: hex,
    ct: hex,
    exports: z.array(z.strictObject({ context: hex, value: hex })).min(2),
  }),
  election: z.strictObject({
    secret: hex,
    election_private_key: hex,
    election_key: z.string(),
    key_id: hex,
    signing_private_key: hex,
    signing_key: z.string(),
  }),
  ballots: z
    .array(
      z.strictObject({
        origin: z.string(),
        option: z.number(),
        seed: hex,
        info: hex,
        ephemeral_ikm: hex,
        enc: hex,
        envelope: z.string(),
        tracker: hex,
      }),
    )
    .min(6),
  refused: z.strictObject({
    origin: z.string(),
    options: z.number(),
    envelopes: z.array(z.strictObject({ type: z.string(), why: z.string(), envelope: z.string() })).min(10),
  }),
});

/** The test vectors that docs/sealing.md describes. */
export const VECTORS = Vectors.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, "../../docs/sealing-vectors.json"), "utf8")),
);

/** Bytes of hexadecimal digits. */
export const fromHex = (digits: string) => Buffer.from(digits, "hex");
