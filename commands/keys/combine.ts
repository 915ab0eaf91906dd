import type { PublicFile } from "../../shared/messages/trustees.ts";
import { progress } from "../../terminal/progress.ts";
import { readPublicFile } from "../../trustees/public-file.ts";
import { combineShares, readShares, type Secret } from "../../trustees/shares.ts";
import { type PassphraseOptions, passphrasesFrom } from "./passphrases.ts";

/** What trustees do with their secret once it is put together. */
interface Work<T> {
  /** What must be right before anybody types a passphrase. */
  readonly before: () => Promise<void> | void;
  readonly work: (secret: Secret, known: PublicFile, indexes: readonly number[]) => Promise<T>;
}

/**
 * Puts the secret together in memory for some work, and erases it.
 *
 * @param paths the share files
 * @param options the public file, and where passphrases come from
 * @param steps the work
 */
export async function withSecret<T>(
  paths: readonly string[],
  options: PassphraseOptions & { readonly public: string },
  { before, work }: Work<T>,
): Promise<T> {
  const known = await readPublicFile(options.public);
  const set = await readShares(paths, known);
  await before();
  const passphrases = await passphrasesFrom(options);
  const typed = await passphrases.existing(set.shares.map(({ path, file }) => ({ path, index: file.index })));
  passphrases.end();
  const bar = progress("shares", set.shares.length);
  const secret = await combineShares(set, typed, bar.update).finally(() => bar.stop());
  try {
    return await work(
      secret,
      known,
      set.shares.map(({ file }) => file.index),
    );
  } finally {
    secret.bytes.fill(0);
  }
}
