import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, utf8 } from "../bytes/text.ts";
import { type Note, readNote } from "../log/note.ts";
import type { PromiseKey } from "../log/promise.ts";
import { asFields, type Fields, fieldsOf, isCount, isSha256, isText, listOf } from "./json.ts";

/** The roll of a law as its description names it. */
export interface Roll {
  readonly voters: number;
  /** 64 hexadecimal digits. */
  readonly digest: string;
}

/** What everybody may know of a law before the first vote, signed by its log. */
export interface Description {
  readonly version: number;
  readonly lawId: string;
  readonly origin: string;
  readonly form: "open" | "sealed";
  /** In their order. */
  readonly options: readonly string[];
  readonly promiseKeys: readonly PromiseKey[];
  readonly roll: Roll;
  /** Of a sealed law: the keys of its trustees. */
  readonly trustees: TrusteeKeys | undefined;
  /** Whether opened ballots have trackers. */
  readonly hasTrackers: boolean;
  /** Everything, also what this release does not know. */
  readonly fields: Fields;
  readonly note: Note;
  /** SHA-256 of the note's text. */
  readonly hash: Bytes;
}

/** The public keys of an election, and the id of the first one. */
export interface TrusteeKeys {
  readonly electionKey: string;
  readonly signingKey: string;
  readonly keyId: string;
}

/**
 * Reads a description.
 *
 * @param text a signed note
 * @returns undefined when it is none
 */
export function readDescription(text: string): Description | undefined {
  const note = readNote(text);
  const fields = note && fieldsOf(note.text);
  if (note === undefined || fields === undefined) return undefined;
  const { version, law_id: lawId, origin, form } = fields;
  const options = fields["options"];
  const promiseKeys = listOf(fields["promise_keys"], readPromiseKey);
  const roll = asFields(fields["roll"]);
  const { voters, digest } = roll ?? {};
  if (!isCount(version) || !isText(lawId) || !isText(origin) || (form !== "open" && form !== "sealed"))
    return undefined;
  if (!Array.isArray(options) || !options.every(isText) || promiseKeys === undefined) return undefined;
  if (!isCount(voters) || !isSha256(digest)) return undefined;
  const { election_key: electionKey, signing_key: signingKey, key_id: keyId } = fields;
  const hasKeys = isText(electionKey) && isText(signingKey) && isText(keyId);
  if (form === "sealed" && !hasKeys) return undefined;
  return {
    ...{ version, lawId, origin, form, options, promiseKeys, roll: { voters, digest }, fields, note },
    trustees: form === "sealed" && hasKeys ? { electionKey, signingKey, keyId } : undefined,
    hasTrackers: fields["proof"] === "voter",
    hash: sha256(utf8(note.text)),
  };
}

function readPromiseKey({ key_id, public_key }: Fields): PromiseKey | undefined {
  return isText(key_id) && isText(public_key) ? { key_id, public_key } : undefined;
}
