import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LAW_ID_PATTERN } from "../../shared/domain/law.ts";
import { isOrigin } from "../../shared/domain/sealing/sealed-ballot.ts";
import type { Election } from "../../shared/messages/trustees.ts";
import { UserError } from "../../terminal/errors.ts";
import { print } from "../../terminal/print.ts";
import { progress } from "../../terminal/progress.ts";
import { fileText, type NewFile, writeNewFiles } from "../../trustees/files.ts";
import { electionFields, makePublicFile, readPublicFile } from "../../trustees/public-file.ts";
import { combineShares, newSecret, newSplit, readShares, type Secret, splitSecret } from "../../trustees/shares.ts";
import { type PassphraseOptions, type Passphrases, passphrasesFrom } from "./passphrases.ts";

interface SplitOptions extends PassphraseOptions {
  readonly trustees: number;
  readonly threshold: number;
  readonly out: string;
  readonly json?: true;
}

/** `npm run keys -- new`. */
export async function newKeys(options: SplitOptions & { law: string; origin: string }): Promise<void> {
  const { law, origin } = options;
  if (!LAW_ID_PATTERN.test(law)) {
    throw new UserError(`${law} is no id of a law: it has 1 to 50 letters, digits, dots, dashes and underscores.`, 2);
  }
  if (!isOrigin(origin)) {
    throw new UserError(`${origin} is no origin: it has 1 to 255 visible ASCII characters without +.`, 2);
  }
  refuseSplit(options, law);
  const passphrases = await passphrasesFrom(options);
  const secret = newSecret();
  try {
    await writeShares(secret, electionFields(law, origin, secret.keys), options, passphrases);
  } finally {
    secret.bytes.fill(0);
  }
}

/** `npm run keys -- split`. */
export async function splitAgain(paths: readonly string[], options: SplitOptions & { public: string }): Promise<void> {
  const known = await readPublicFile(options.public);
  refuseSplit(options, known.law_id);
  const set = await readShares(paths, known);
  const passphrases = await passphrasesFrom(options);
  const typed = await passphrases.existing(set.shares.map(({ path, file }) => ({ path, index: file.index })));
  const secret = await combineShares(set, typed);
  try {
    await writeShares(secret, set.election, options, passphrases);
  } finally {
    secret.bytes.fill(0);
  }
}

function publicPath(out: string, lawId: string): string {
  return join(out, `${lawId}.public.json`);
}

/** Refuses what can be refused before anybody types a passphrase. */
function refuseSplit({ trustees, threshold, out }: SplitOptions, lawId: string): void {
  if (threshold > trustees) {
    throw new UserError(`${trustees} trustees cannot be ${threshold}: --threshold is at most --trustees.`, 2);
  }
  const path = publicPath(out, lawId);
  if (existsSync(path)) throw new UserError(`${path} exists already. Name another directory; nothing was made.`);
}

async function writeShares(
  secret: Secret,
  election: Election,
  options: SplitOptions,
  passphrases: Passphrases,
): Promise<void> {
  const { trustees, threshold, out } = options;
  const typed = await passphrases.fresh(trustees);
  passphrases.end();
  const split = newSplit(trustees, threshold);
  const bar = progress("shares", trustees);
  const shares = await splitSecret(secret.bytes, election, split, typed, bar.update).finally(() => bar.stop());
  const open = makePublicFile(secret.keys, election, split);
  const files: NewFile[] = shares.map((share) => [
    join(out, `${election.law_id}.share-${share.index}-of-${trustees}.${split.splitId.slice(0, 8)}.json`),
    fileText(share),
  ]);
  await mkdir(out, { recursive: true, mode: 0o700 });
  const path = publicPath(out, election.law_id);
  await writeNewFiles([...files, [path, fileText(open)]]);
  const result = { publicFile: path, shares: files.map(([file]) => file), keyId: election.key_id, ...split };
  print(options, result, () =>
    [
      `The keys of ${election.law_id} have the id ${election.key_id}.`,
      ...files.map(([file], at) => `  trustee ${at + 1}: ${file}`),
      `  for everybody: ${path}`,
      open.note,
      "Give each trustee one share file, delete the files here, and try the shares with npm run keys -- test.",
    ].join("\n"),
  );
}
