import { createWriteStream, existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { credentialLines, linesWithCodes } from "../operations/roll/credentials.ts";
import type { SecretKey } from "../shared/domain/voter-hash.ts";
import { UserError } from "../terminal/errors.ts";

/** How many voters the sample roll has. */
export const SAMPLE_VOTERS = 1_000;

export interface WriteOptions {
  /** Replaces an existing file. */
  readonly force?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((made: number) => void) | undefined;
  /** The key for codes with a check, which a law may demand. */
  readonly checkKey?: SecretKey | undefined;
  /** Makes the codes instead: a stage does not hand out that key. */
  readonly makeCodes?: ((count: number) => Promise<readonly string[]>) | undefined;
}

/**
 * Writes credentials to a file that only its owner can read. The file appears only when it is complete.
 *
 * @param path the file; its directory is made if needed
 * @param count how many voters
 * @param options replacing, interruption, progress
 * @throws UserError when the file exists, because voters may already have its credentials
 */
export async function writeSampleCredentials(path: string, count: number, options: WriteOptions = {}): Promise<void> {
  if (options.force !== true && existsSync(path)) {
    throw new UserError(`${path} exists already, and its credentials may be in use; --force replaces it.`);
  }
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.part`;
  const { signal, makeCodes, onProgress, checkKey } = options;
  try {
    await pipeline(
      Readable.from(credentialsOf(count, { makeCodes, onProgress, checkKey })),
      createWriteStream(part, { mode: 0o600, flush: true }),
      ...(signal === undefined ? [] : [{ signal }]),
    );
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw signal?.aborted === true ? signal.reason : error;
  }
}

/**
 * Credentials as CSV.
 *
 * @param count how many voters
 * @param options who makes the codes, and progress
 */
export function credentialsOf(
  count: number,
  { makeCodes, onProgress, checkKey }: Pick<WriteOptions, "makeCodes" | "onProgress" | "checkKey">,
): Iterable<string> | AsyncIterable<string> {
  if (makeCodes !== undefined) return linesWithCodes(count, makeCodes, onProgress);
  return credentialLines(count, onProgress, checkKey);
}
