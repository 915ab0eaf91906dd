import { Refusal } from "../shared/domain/refusal.ts";
import type { ElectionKeys } from "../shared/domain/sealing/election-keys.ts";
import { keyIdOf } from "../shared/domain/sealing/key-id.ts";
import { signed } from "../shared/domain/sealing/signed.ts";
import { type Election, isPublicFileWhole, PublicFile } from "../shared/messages/trustees.ts";
import { readJsonFile } from "./files.ts";

/** How a secret is split. */
export interface Split {
  /** 32 hexadecimal digits. */
  readonly splitId: string;
  readonly trustees: number;
  readonly threshold: number;
}

/**
 * The fields of an election.
 *
 * @param lawId its law
 * @param origin names the stage and this instance of the law
 * @param keys its keys
 */
export function electionFields(lawId: string, origin: string, { election, signing }: ElectionKeys): Election {
  return {
    law_id: lawId,
    origin,
    election_key: election.publicKey.toString("base64url"),
    signing_key: signing.publicKey.toString("base64url"),
    key_id: keyIdOf(election.publicKey).toString("hex"),
  };
}

/**
 * Makes the public file of a set of shares.
 *
 * @param keys the election's keys, which sign it
 * @param election its fields
 * @param split how the secret was split
 */
export function makePublicFile(keys: ElectionKeys, election: Election, split: Split): PublicFile {
  const { splitId, trustees, threshold } = split;
  return signed(keys, "referendum election keys v1", {
    v: 1 as const,
    kind: "election_keys" as const,
    ...election,
    split_id: splitId,
    threshold,
    trustees,
    note: noteOf(trustees, threshold),
  });
}

/** What everybody who holds a share must know. */
function noteOf(trustees: number, threshold: number): string {
  const fatal = trustees - threshold + 1;
  const lost = fatal === 1 ? "one share is" : `${fatal} shares are`;
  return (
    `${threshold} of ${trustees} shares, with their passphrases, open the ballots of this law; fewer tell nothing. ` +
    `If ${lost} lost, nobody can open the ballots, and the vote must be held again.`
  );
}

/**
 * Reads a public file, and checks its signature and its key id.
 *
 * @param path where it is
 * @throws Refusal when it is something else, or was changed
 */
export async function readPublicFile(path: string): Promise<PublicFile> {
  const file = await readJsonFile(path, PublicFile, "the public file of the trustees (LAW.public.json)");
  if (isPublicFileWhole(file)) return file;
  throw new Refusal(`${path} was changed: its signature does not belong to its content. Use another copy of it.`);
}
