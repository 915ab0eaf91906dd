import { createHash } from "node:crypto";
import { CHOICES } from "../../shared/domain/ballot.ts";
import type { Law, LawForm, PromiseKey } from "../../shared/domain/law.ts";
import { type ElectionKeys, electionKeys } from "../../shared/domain/sealing/election-keys.ts";
import { type BallotBox, ballotBox, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import type { Genuine } from "./genuine.ts";
import type { Submission } from "./history.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest();

/** A sealed law's keys, and what ballots are sealed for. */
export interface Election {
  readonly keys: ElectionKeys;
  readonly box: BallotBox;
}

const elections = new Map<string, Election>();

const originOf = (lawId: string) => `simulated/${lawId}/0123456789abcdef`;

/**
 * The trustees' keys of a law: the same in every history.
 *
 * @param lawId the law
 */
export function electionOf(lawId: string): Election {
  const known = elections.get(lawId);
  if (known !== undefined) return known;
  const keys = electionKeys(sha256(`the trustees of ${lawId}`));
  const election = { keys, box: ballotBox(originOf(lawId), keys.election.publicKey) };
  elections.set(lawId, election);
  return election;
}

/**
 * What a law has besides because of its form.
 *
 * @param lawId the law
 * @param form its form, or none
 * @param promiseKey the key of its promises
 */
export function fieldsOfForm(lawId: string, form: LawForm | undefined, promiseKey: PromiseKey): Partial<Law> {
  if (form === undefined) return {};
  // A law with a form has a row in PostgreSQL from the beginning.
  const common = { form, origin: originOf(lawId), promiseKeys: [promiseKey], version: 1, reached: "ready" as const };
  if (form === "open") return common;
  const { election, signing } = electionOf(lawId).keys;
  const trustees = {
    electionKey: election.publicKey.toString("base64url"),
    signingKey: signing.publicKey.toString("base64url"),
    splitId: "0".repeat(32),
    threshold: 2,
    trustees: 3,
    tested: true,
  };
  return { ...common, trustees, results: "after_close" };
}

/** What a voter can know: the laws, and what was sent. */
interface Votes {
  readonly genuine: Genuine;
  readonly laws: readonly Law[];
}

/**
 * The envelope that the voter of a submission sends.
 *
 * @param votes what the voter can know
 * @param submission the voter's action
 * @param index its number
 * @returns undefined when ingest is to seal the choice, or the law is not sealed
 */
export function envelopeOf({ genuine, laws }: Votes, submission: Submission, index: number): string | undefined {
  const { law: of, sealedBy, choice } = submission;
  const law = laws[of];
  if (law?.form !== "sealed" || sealedBy === undefined) return undefined;
  const others = genuine.envelopesOf(law.lawId);
  const other = others[sealedBy.which % Math.max(others.length, 1)];
  if (sealedBy.kind === "copy" && other !== undefined) return other;
  if (sealedBy.kind === "altered copy" && other !== undefined) {
    const bytes = Buffer.from(other, "base64url");
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ (1 + (sealedBy.which % 255)), bytes.length - 1);
    const altered = bytes.toString("base64url");
    genuine.noteEnvelope(law.lawId, altered, "spoiled");
    return altered;
  }
  // Nobody has sent anything that could be copied.
  const seed = sha256(`the seed of submission ${index}`);
  const ballot = sealBallot(electionOf(law.lawId).box, CHOICES.indexOf(choice), seed);
  if (ballot.type !== "sealed") throw new Error("a simulated election key is of low order");
  genuine.noteEnvelope(law.lawId, ballot.envelope, choice);
  return ballot.envelope;
}
