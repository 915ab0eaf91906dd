import { type Bytes, fromHex } from "../bytes/text.ts";
import { type Status, statusByte } from "../log/leaf.ts";
import { fieldsOf } from "./json.ts";
import { blocksOf } from "./lines.ts";

const DIGEST_BYTES = 32;

/** A line of the list of submissions. */
export interface Submission {
  /** SHA-256 of the request id, then that of the envelope or zeros. */
  readonly pair: Bytes;
  readonly status: Status;
  /** As text; undefined when the line has none. */
  readonly promise: unknown;
  readonly line: number;
}

/** A line of the list does not have its form. */
export class BadSubmission extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is no submission`);
    this.name = "BadSubmission";
    this.line = line;
  }
}

/**
 * Reads the list of submissions.
 *
 * @param chunks its bytes
 * @throws BadSubmission, BadLines
 */
export async function* submissionsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Submission[]> {
  for await (const { lines, before } of blocksOf(chunks)) {
    yield lines.map((text, at) => readSubmission(text, before + at + 1));
  }
}

function readSubmission(text: string, line: number): Submission {
  const { request, envelope, status, promise } = fieldsOf(text) ?? {};
  const [first, second] = [fromHex(request, DIGEST_BYTES), fromHex(envelope, DIGEST_BYTES)];
  if (first === undefined || (second === undefined && envelope !== null)) throw new BadSubmission(line);
  if (statusByte(status) === undefined) throw new BadSubmission(line);
  const pair = new Uint8Array(2 * DIGEST_BYTES);
  pair.set(first);
  if (second !== undefined) pair.set(second, DIGEST_BYTES);
  // `statusByte` knows it.
  return { pair, status: status as Status, promise, line };
}
