import { randomBytes } from "node:crypto";
import { combine, split } from "shamir-secret-sharing";
import { Refusal } from "../shared/domain/refusal.ts";
import { ELECTION_SECRET_BYTES, type ElectionKeys, electionKeys } from "../shared/domain/sealing/election-keys.ts";
import { type Election, electionOf, type PublicFile } from "../shared/messages/trustees.ts";
import { electionFields, type Split } from "./public-file.ts";
import { openShare, readShareFile, SCRYPT_N, type ShareFile, sealShare } from "./share-file.ts";

const SPLIT_ID_BYTES = 16;

/** A secret with the keys that come from it. Whoever gets it erases the secret. */
export interface Secret {
  /** 32 bytes. */
  readonly bytes: Uint8Array;
  readonly keys: ElectionKeys;
}

/** A new secret from the machine's random source. */
export function newSecret(): Secret {
  const bytes = Uint8Array.from(randomBytes(ELECTION_SECRET_BYTES));
  return { bytes, keys: electionKeys(bytes) };
}

/** A new set of shares. */
export function newSplit(trustees: number, threshold: number): Split {
  return { splitId: randomBytes(SPLIT_ID_BYTES).toString("hex"), trustees, threshold };
}

/**
 * Splits a secret into share files.
 *
 * @param secret its bytes
 * @param election whose secret it is
 * @param how how many shares, and how many of them give the secret
 * @param passphrases one per trustee
 * @param onDone called with the number of finished shares
 * @param scryptN what scrypt costs, a power of 2
 */
export async function splitSecret(
  secret: Uint8Array,
  election: Election,
  { splitId, trustees, threshold }: Split,
  passphrases: readonly string[],
  onDone: (count: number) => void = () => undefined,
  scryptN = SCRYPT_N,
): Promise<ShareFile[]> {
  const shares = await split(secret, trustees, threshold);
  const files: ShareFile[] = [];
  try {
    for (const some of [shares.slice(0, threshold), shares.slice(-threshold)]) {
      const again = await combine(some);
      if (Buffer.compare(again, secret) !== 0) throw new Error("The shares do not give the secret again.");
      again.fill(0);
    }
    for (const [at, share] of shares.entries()) {
      const fields = { ...election, split_id: splitId, threshold, trustees, index: at + 1 };
      files.push(await sealShare(fields, share, passphrases[at] ?? "", scryptN));
      onDone(files.length);
    }
  } finally {
    for (const share of shares) share.fill(0);
  }
  return files;
}

/** Shares that fit together and are enough. */
export interface ShareSet {
  readonly election: Election;
  readonly shares: readonly { readonly path: string; readonly file: ShareFile }[];
}

/**
 * Reads share files, and checks that they fit together and are enough, before anybody types a passphrase.
 *
 * @param paths the files
 * @param known the public file of their set
 * @throws Refusal that names the file that is repeated, foreign or damaged, or says how many are missing
 */
export async function readShares(paths: readonly string[], known: PublicFile): Promise<ShareSet> {
  const shares: { path: string; file: ShareFile }[] = [];
  const pathOf = new Map<number, string>();
  for (const path of paths) {
    const file = await readShareFile(path);
    const foreign = whyForeign(file, known);
    if (foreign !== undefined) throw new Refusal(`${path} ${foreign}`);
    const other = pathOf.get(file.index);
    if (other !== undefined) {
      throw new Refusal(`${path} and ${other} are the same share, number ${file.index}. Name each share once.`);
    }
    pathOf.set(file.index, path);
    shares.push({ path, file });
  }
  if (shares.length < known.threshold) {
    const missing = known.threshold - shares.length;
    throw new Refusal(
      `${shares.length} of the ${known.threshold} shares that are needed: ${missing} more ${missing === 1 ? "is" : "are"} missing.`,
    );
  }
  return { election: electionOf(known), shares };
}

function whyForeign(file: ShareFile, known: PublicFile): string | undefined {
  if (file.law_id !== known.law_id) return `is a share of another law, ${file.law_id}. Name shares of ${known.law_id}.`;
  if (
    file.election_key !== known.election_key ||
    file.signing_key !== known.signing_key ||
    file.origin !== known.origin
  ) {
    return `is a share of other keys of ${file.law_id}, with the id ${file.key_id}. Name shares of ${known.key_id}.`;
  }
  if (file.split_id !== known.split_id) {
    return "is of another set of shares of the same keys. Name its public file, or shares of one set.";
  }
  if (file.threshold !== known.threshold || file.trustees !== known.trustees || file.index > known.trustees) {
    return "says other numbers of shares than the public file. Use another copy of it.";
  }
  return undefined;
}

/**
 * Puts the secret together, in memory.
 *
 * @param set what `readShares` returned
 * @param passphrases one per share, in their order
 * @param onDone called with the number of opened shares
 * @throws Refusal when a passphrase is wrong, or the shares do not give the election's keys
 */
export async function combineShares(
  { election, shares }: ShareSet,
  passphrases: readonly string[],
  onDone: (count: number) => void = () => undefined,
): Promise<Secret> {
  const opened: Uint8Array[] = [];
  try {
    for (const [at, { path, file }] of shares.entries()) {
      opened.push(await openShare(path, file, passphrases[at] ?? ""));
      onDone(opened.length);
    }
    const places = new Set(opened.map((share) => share.at(-1)));
    const wrong =
      `The shares of ${election.law_id} do not give its keys: one of them is false. Try it without one trustee after ` +
      "another, and keep the files as they are.";
    if (places.size !== opened.length || opened.some((share) => share.length !== ELECTION_SECRET_BYTES + 1)) {
      throw new Refusal(wrong);
    }
    const bytes = await combine(opened);
    const keys = electionKeys(bytes);
    const found = electionFields(election.law_id, election.origin, keys);
    // The library gives some secret whatever the shares are.
    if (found.election_key !== election.election_key || found.signing_key !== election.signing_key) {
      bytes.fill(0);
      throw new Refusal(wrong);
    }
    return { bytes, keys };
  } finally {
    for (const share of opened) share.fill(0);
  }
}
