import { sha256 } from "../bytes/sha256.ts";
import { type Bytes, base64url, fromHex, hex, joined, utf8 } from "../bytes/text.ts";
import { type ReadPromise, readPromise } from "../log/promise.ts";
import { asFields, type Fields, fieldsOf, isText } from "./json.ts";

/** A promise that somebody has kept, with what belongs to it. */
export interface SavedPromise {
  /** Of the law's log. */
  readonly origin: string;
  /** SHA-256 of the request id, then that of the envelope or zeros. */
  readonly pair: Bytes;
  readonly promise: ReadPromise;
  /** What finds the ballot in the opened list, where the law has trackers. */
  readonly tracker: string | undefined;
  /** The log's key, where the file names it. */
  readonly logKey: string | undefined;
}

/** What a proof of a broken promise says that it is. */
const BROKEN_PROMISE = "referendum broken promise";

/**
 * Reads what holds a promise: a saved receipt, the answer of the API or of the client, or a proof that a promise was
 * broken.
 *
 * @param text JSON
 * @returns undefined when it holds none
 */
export function readSaved(text: string): SavedPromise | undefined {
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  const { tracker, log_key: logKey } = fields;
  const found = fields["kind"] === BROKEN_PROMISE ? ofProof(fields) : ofReceipt(fields);
  return (
    found && {
      ...found,
      tracker: isText(tracker) && /^[0-9a-f]{32}$/.test(tracker) ? tracker : undefined,
      logKey: isText(logKey) ? logKey : undefined,
    }
  );
}

type Found = Pick<SavedPromise, "origin" | "pair" | "promise">;

/** The API has names in snake case, the client in camel case. */
function ofReceipt(fields: Fields): Found | undefined {
  const of = (from: Fields, snake: string, camel: string) => from[snake] ?? from[camel];
  // A promise may also lie alone in its file.
  const given = asFields(fields["promise"]) ?? fields;
  const requestId = of(fields, "request_id", "requestId") ?? of(given, "request_id", "requestId");
  if (!isText(requestId)) return undefined;
  const [origin, keyId] = [of(given, "log_origin", "logOrigin"), of(given, "key_id", "keyId")];
  const promise = readPromise(`${String(keyId)}.${String(given["signature"])}`);
  const envelope = envelopeOf(of(given, "envelope_sha256", "envelopeSha256"));
  if (!isText(origin) || promise === undefined || envelope === undefined) return undefined;
  return { origin, pair: joined(sha256(utf8(requestId)), envelope), promise };
}

function ofProof(fields: Fields): Found | undefined {
  const { origin, request, envelope: digest } = fields;
  const promise = readPromise(fields["promise"]);
  const [first, envelope] = [fromHex(request, 32), envelopeOf(digest)];
  if (!isText(origin) || promise === undefined || first === undefined || envelope === undefined) return undefined;
  return { origin, pair: joined(first, envelope), promise };
}

/** Zeros where there is no envelope. */
function envelopeOf(digest: unknown): Bytes | undefined {
  return digest === undefined || digest === null ? new Uint8Array(32) : fromHex(digest, 32);
}

/** What a third person needs to see that a promise was broken. */
export interface BrokenPromise {
  readonly saved: SavedPromise;
  readonly logKey: string;
  /** The note of the description that names the promise's key. */
  readonly description: string;
  readonly checkpoint: string;
}

/**
 * Writes a proof that a promise was broken. Whoever has the same log can check it: `readSaved` reads it.
 *
 * @param broken what it is about
 */
export function writeBrokenPromise({ saved, logKey, description, checkpoint }: BrokenPromise): string {
  const { origin, pair, promise } = saved;
  const envelope = pair.subarray(32);
  const fields = {
    v: 1,
    kind: BROKEN_PROMISE,
    ...{ origin, request: hex(pair.subarray(0, 32)) },
    envelope: envelope.some((byte) => byte !== 0) ? hex(envelope) : null,
    promise: `${promise.keyId}.${base64url(promise.signature)}`,
    ...{ log_key: logKey, description, checkpoint },
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}
