import { createPrivateKey, createPublicKey, hash } from "node:crypto";
import { bucketDigests, rollDigest } from "../../../shared/domain/roll-digest.ts";
import { type ElectionKeys, electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import type { LogKey } from "./log-files.ts";

/** What became of a submission, as the log has it. */
export const STATUS_BYTES = { lost: 1, invalid: 2, duplicate: 3, counted: 4, repeated: 5, late: 6 } as const;
export type Status = keyof typeof STATUS_BYTES;

/** A submission of a made-up law. */
export interface MadeSubmission {
  readonly requestId: string;
  /** 59 bytes; undefined in an open law. */
  envelope: Buffer | undefined;
  /** What the log says of it, epoch by epoch. */
  statuses: { epoch: number; status: Status }[];
  /** The index of the chosen option. */
  readonly option: number;
  /** Which promise key has signed; undefined: it has no promise. */
  promiseKey: number | undefined;
  /** What the list says in the place of the truth. */
  isListed: boolean;
  /** Replaces the promise. */
  promise?: string;
}

/** An entry of the journal without number, moment and chain. */
interface MadeEntry {
  epoch: number;
  act: string;
  /** Absent: the act was done. */
  phase?: string;
  details: Record<string, unknown>;
}

/** A description of the law without what never changes. */
interface MadeDescription {
  epoch: number;
  fields: Record<string, unknown>;
}

/** A made-up law from its first description to its last entry. Tests change it before anything is signed. */
export interface World {
  lawId: string;
  origin: string;
  readonly form: "open" | "sealed";
  logKey: LogKey;
  readonly promiseKeys: { readonly pair: LogKey; keyId: string }[];
  readonly trustees: ElectionKeys;
  descriptions: MadeDescription[];
  journal: MadeEntry[];
  submissions: MadeSubmission[];
  /** How many epochs there are; the first one is 0. */
  epochs: number;
  /** Voter hashes. */
  readonly roll: Buffer[];
}

/** Keys that are the same in each run. */
export function testKey(name: string): LogKey {
  const seed = hash("sha256", `test key ${name}`, "buffer");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return { name, privateKey, publicKey: spki.subarray(12) };
}

/** Bytes that are the same in each run. */
function bytesOf(name: string, length: number): Buffer {
  return Buffer.concat([hash("sha256", `${name} 1`, "buffer"), hash("sha256", `${name} 2`, "buffer")]).subarray(
    0,
    length,
  );
}

/** The digest of a roll. */
function digestOf(roll: readonly Buffer[]): { voters: number; digest: string } {
  return { voters: roll.length, digest: rollDigest(bucketDigests(roll)).toString("hex") };
}

/**
 * A law that ran without any mischief: votes that count at once, that rise from invalid to counted, duplicates, one
 * that came late; in a sealed law, a further envelope under a request id; a change of the roll; a second promise key.
 *
 * @param form of the law
 * @param votes how many submissions count at once
 */
export function honestWorld(form: World["form"], votes = 12): World {
  const [lawId, origin] = ["L2026-001", `test/L2026-001/${form}`];
  const trustees = electionKeys(bytesOf("secret", 32));
  const promiseKeys = [testKey(`${origin}/promise-1`), testKey(`${origin}/promise-2`)].map((pair) => ({
    pair,
    keyId: hash("sha256", pair.publicKey).slice(0, 16),
  }));
  const roll = Array.from({ length: votes + 20 }, (_, at) => bytesOf(`voter ${at}`, 32));
  const enlarged = [...roll, bytesOf("voter who came later", 32)];
  const keys = promiseKeys.map(({ pair, keyId }) => ({
    key_id: keyId,
    public_key: pair.publicKey.toString("base64url"),
    from: "2026-11-01T08:00:00.000Z",
  }));
  const sealed = {
    election_key: trustees.election.publicKey.toString("base64url"),
    signing_key: trustees.signing.publicKey.toString("base64url"),
    key_id: hash("sha256", trustees.election.publicKey).slice(0, 16),
  };
  const fields = {
    ...{ v: 1, law_id: lawId, origin, form, titles: { fr: "Loi", en: "Law" }, options: ["oui", "non"] },
    ...{ opens_at: "2026-11-24T08:00:00.000Z", results: "after_close", proof: "none" },
    ...(form === "sealed" ? { ...sealed, proof: "voter" } : {}),
  };
  return {
    ...{ lawId, origin, form, logKey: testKey(origin), promiseKeys, trustees, roll: enlarged, epochs: 4 },
    descriptions: [
      { epoch: 0, fields: { ...fields, promise_keys: keys.slice(0, 1), roll: digestOf(roll) } },
      { epoch: 2, fields: { ...fields, promise_keys: keys, roll: digestOf(enlarged) } },
    ],
    journal: [
      { epoch: 1, act: "open-law", details: {} },
      { epoch: 2, act: "change-roll", details: { kind: "add", ...digestOf(enlarged) } },
      { epoch: 2, act: "change-promise-key", details: { changed: true, key_id: promiseKeys[1]?.keyId } },
      { epoch: 3, act: "set-aside", details: { fingerprint: hash("sha256", "junk"), reason: "junk on a queue" } },
      { epoch: 3, act: "close-law", details: {} },
    ],
    submissions: submissionsOf(form, votes),
  };
}

function submissionsOf(form: World["form"], votes: number): MadeSubmission[] {
  const counted = Array.from({ length: votes }, (_, at) => {
    return submission(form, `${at}`, [{ epoch: 1 + (at % 3), status: "counted" }], at % 3 === 0 ? 1 : 0);
  });
  const risen = submission(form, "risen", [
    { epoch: 1, status: "invalid" },
    { epoch: 2, status: "counted" },
  ]);
  const others = [
    submission(form, "duplicate", [{ epoch: 2, status: "duplicate" }]),
    submission(form, "invalid", [{ epoch: 2, status: "invalid" }]),
    submission(form, "late", [{ epoch: 3, status: "late" }]),
  ];
  if (form === "open") return [...counted, risen, ...others];
  const further = { ...submission(form, "0", [{ epoch: 3, status: "repeated" }]), envelope: envelopeOf("further") };
  return [...counted, risen, ...others, { ...further, promiseKey: undefined }];
}

/** A submission. */
export function submission(
  form: World["form"],
  name: string,
  statuses: MadeSubmission["statuses"],
  option = 0,
): MadeSubmission {
  const envelope = form === "sealed" ? envelopeOf(name) : undefined;
  // Half of the promises are made with each key.
  const promiseKey = (hash("sha256", name, "buffer")[0] ?? 0) % 2;
  return {
    requestId: `AQ${hash("sha256", name, "base64url")}`,
    envelope,
    statuses,
    option,
    promiseKey,
    isListed: true,
  };
}

/** An envelope that looks like one: nobody opens it here. */
export function envelopeOf(name: string): Buffer {
  return Buffer.concat([Buffer.of(1), bytesOf(`envelope ${name}`, 58)]);
}

/** The tracker of a submission. */
export function trackerOf({ requestId }: MadeSubmission): string {
  return hash("sha256", `tracker ${requestId}`).slice(0, 32);
}
