import { z } from "zod";
import { LAW_ID_PATTERN } from "../domain/law.ts";
import { keyIdOf } from "../domain/sealing/key-id.ts";
import { isOrigin } from "../domain/sealing/sealed-ballot.ts";
import { isSigned } from "../domain/sealing/signed.ts";

/**
 * What the trustees of a sealed law hand to the election office: the public file of their keys, and the statement that
 * they have opened test ballots. The trustees' tool writes them on a machine without a network; the server reads them.
 */

const MAX_SHARES = 255;
/** 32 bytes in canonical base64url. */
const key = z.string().regex(/^[\w-]{42}[AEIMQUYcgkosw048]$/);
/** Of Ed25519: 64 bytes. */
const signature = z.string().regex(/^[\w-]{86}$/);

/** What every file of an election has. */
export const ELECTION_FIELDS = {
  v: z.literal(1),
  law_id: z.string().regex(LAW_ID_PATTERN),
  origin: z.string().refine(isOrigin, "is not an origin"),
  election_key: key,
  signing_key: key,
  /** The first 8 bytes of SHA-256 over the election key, in hexadecimal digits. */
  key_id: z.string().regex(/^[0-9a-f]{16}$/),
};

/** What files about one set of shares have besides. */
export const SPLIT_FIELDS = {
  ...ELECTION_FIELDS,
  /** Names a set of shares; another set of the same election has another one. 16 random bytes. */
  split_id: z.string().regex(/^[0-9a-f]{32}$/),
  threshold: z.number().int().min(2).max(MAX_SHARES),
  trustees: z.number().int().min(2).max(MAX_SHARES),
};

/** The election that a file is about. */
export interface Election {
  readonly law_id: string;
  readonly origin: string;
  readonly election_key: string;
  readonly signing_key: string;
  readonly key_id: string;
}

/** The fields of an election alone. */
export function electionOf({ law_id, origin, election_key, signing_key, key_id }: Election): Election {
  return { law_id, origin, election_key, signing_key, key_id };
}

export const PublicFile = z.strictObject({
  ...SPLIT_FIELDS,
  kind: z.literal("election_keys"),
  note: z.string().max(2_000),
  /** Proves that whoever made the file had the signing key. */
  signature,
});

/** What everybody may know of an election's keys and of a set of shares. */
export type PublicFile = z.output<typeof PublicFile>;

/**
 * Whether a public file is as its makers have signed it.
 *
 * @param file the file
 */
export function isPublicFileWhole(file: PublicFile): boolean {
  return (
    isSigned(file.signing_key, "referendum election keys v1", file) &&
    keyIdOf(Buffer.from(file.election_key, "base64url")).toString("hex") === file.key_id &&
    file.threshold <= file.trustees
  );
}

export const TestStatement = z.strictObject({
  ...SPLIT_FIELDS,
  kind: z.literal("test_opening"),
  /** The numbers of the shares that opened test ballots. */
  shares: z.array(z.number().int().min(1).max(MAX_SHARES)).max(MAX_SHARES),
  made_at: z.iso.datetime(),
  /** By the trustees' signing key, which takes a threshold of shares. */
  signature,
});

/** What trustees state who have opened test ballots. */
export type TestStatement = z.output<typeof TestStatement>;

/**
 * Whether a statement is as the holders of its signing key have signed it.
 *
 * @param statement the statement
 */
export function isStatementWhole(statement: TestStatement): boolean {
  return isSigned(statement.signing_key, "referendum test opening v1", statement);
}
