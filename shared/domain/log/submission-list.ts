import { statusOfByte } from "./leaf.ts";
import { HASH_BYTES } from "./merkle.ts";

const KEY_ID_BYTES = 8;

/** A submission as the published list of a law names it. */
export interface ListedSubmission {
  /** SHA-256 of its request id. */
  readonly request: Buffer;
  /** SHA-256 of its envelope; zeros: none is known. */
  readonly envelope: Buffer;
  /** The byte of its last entry in the log. */
  readonly status: number;
  /** Key id and signature; null: none was made. */
  readonly promise: Buffer | null;
}

const NO_ENVELOPE = Buffer.alloc(HASH_BYTES);

/**
 * The line of a submission in the published list, with its line feed.
 *
 * @param submission the submission
 * @throws RangeError for a status that the log does not know
 */
export function submissionLine({ request, envelope, status, promise }: ListedSubmission): string {
  const name = statusOfByte(status);
  if (name === undefined) throw new RangeError(`a submission has the status ${status}`);
  const sha256 = envelope.equals(NO_ENVELOPE) ? "null" : `"${envelope.toString("hex")}"`;
  const promised =
    promise === null
      ? "null"
      : `"${promise.toString("hex", 0, KEY_ID_BYTES)}.${promise.toString("base64url", KEY_ID_BYTES)}"`;
  return `{"request":"${request.toString("hex")}","envelope":${sha256},"status":"${name}","promise":${promised}}\n`;
}

/**
 * The name of a part of a list that is published in parts.
 *
 * @param list `submissions` or `opened`
 * @param number of the part, from 1
 */
export function partPath(list: "submissions" | "opened", number: number): string {
  return `${list}/${String(number).padStart(9, "0")}.ndjson`;
}
