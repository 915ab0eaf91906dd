import { readFile, rename, writeFile } from "node:fs/promises";
import {
  type BundleSource,
  bundleAt,
  type Doing,
  type Memory,
  type Remembered,
  readMemory,
  readSaved,
  type SavedPromise,
  type Verification,
  verify,
  writeMemory,
  writeTwoViews,
} from "../../client/verify/index.ts";
import { UserError } from "../../terminal/errors.ts";
import { interruptible } from "../../terminal/interruptible.ts";
import { print } from "../../terminal/print.ts";
import { progressByStep } from "../../terminal/progress.ts";
import { bundleIn, openFile } from "./folder.ts";
import { keyFrom, type Options, textIn } from "./options.ts";
import { reportText } from "./report-words.ts";

/** What is counted while somebody waits. */
export const COUNTED: Readonly<Record<Doing, string>> = {
  entries: "entries of the log",
  submissions: "submissions",
  signatures: "promises",
  opened: "opened ballots",
  box: "envelopes of the box",
  roll: "voters of the roll",
};
const EXIT_CODES: Readonly<Record<Verification["verdict"], number>> = { holds: 0, fails: 1, partial: 3, running: 3 };

/** Checks a bundle, says what was found, remembers its checkpoint, and writes a proof where there is one. */
export async function runChecks(bundle: string, options: Options): Promise<void> {
  const { signal, release } = interruptible();
  const bars = progressByStep();
  try {
    const mine = options.remember === undefined ? undefined : await memoryIn(options.remember, true);
    const theirs = options.compare === undefined ? undefined : await memoryIn(options.compare, false);
    const remembered = [...(mine?.values() ?? []), ...(theirs?.values() ?? [])];
    const verification = await verify(sourceOf(bundle, signal), bundle, {
      key: options.key === undefined ? undefined : await keyFrom(options.key),
      promise: options.promise === undefined ? undefined : await promiseIn(options.promise),
      trustees: options.trustees === undefined ? undefined : await jsonIn(options.trustees),
      box: options.box === undefined ? undefined : openFile(options.box),
      roll: options.roll === undefined ? undefined : openFile(options.roll),
      signatures: options.signatures,
      remembered,
      onProgress: (doing, done, total) => bars.show(COUNTED[doing], done, total),
      signal,
    });
    bars.stop();
    const proof = await proved(verification, options);
    const isRemembered = mine !== undefined && verification.isRememberable;
    if (isRemembered) await remember(options.remember ?? "", mine, verification);
    print(options, jsonOf(verification, proof, isRemembered), () => {
      const words = reportText(verification, options.lang);
      return proof === undefined ? words : `${words}\n${proof}`;
    });
    process.exitCode = EXIT_CODES[verification.verdict];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && /^Cannot(?:Read|Verify)$/.test(error.name)) throw new UserError(error.message);
    throw error;
  } finally {
    bars.stop();
    release();
  }
}

function sourceOf(bundle: string, signal: AbortSignal): BundleSource {
  return /^https?:\/\//.test(bundle) ? bundleAt(bundle, { signal }) : bundleIn(bundle);
}

async function jsonIn(path: string): Promise<Record<string, unknown>> {
  const text = await textIn(path);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // The message is the same.
  }
  throw new UserError(`${path} is not JSON. Name the trustees' public file (LAW.public.json).`);
}

async function promiseIn(path: string): Promise<SavedPromise> {
  const saved = readSaved(await textIn(path));
  if (saved !== undefined) return saved;
  throw new UserError(`${path} has no promise in it. Name a saved receipt, or a proof that a promise was broken.`);
}

/**
 * What somebody remembers.
 *
 * @param path the file
 * @param mayBeNew whether there may be no such file yet
 */
export async function memoryIn(path: string, mayBeNew: boolean): Promise<Memory> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (mayBeNew && error.code === "ENOENT") return undefined;
    throw new UserError(`${path} cannot be read (${error.code ?? error.message}).`);
  });
  if (text === undefined) return new Map();
  const memory = readMemory(text);
  if (memory !== undefined) return memory;
  throw new UserError(`${path} is not what --remember has written, or is damaged. Name another file.`);
}

/** Writes the file under another name first, so that an interruption does not cost what was remembered. */
async function remember(path: string, memory: Memory, verification: Verification): Promise<void> {
  const all = new Map(memory).set(verification.origin, rememberedOf(verification));
  const unfinished = `${path}.${process.pid}.unfinished`;
  await writeFile(unfinished, writeMemory(all));
  await rename(unfinished, path);
}

function rememberedOf({ key, checkpoint }: Verification): Remembered {
  return { key: key.text, checkpoint, seenAt: new Date().toISOString() };
}

/** Writes what others need to see what was found. @returns a sentence about it */
async function proved(verification: Verification, { proof: path, lang }: Options): Promise<string | undefined> {
  const { proof, origin, lawId = "law" } = verification;
  const [one] = verification.contradicted;
  const views = one && writeTwoViews({ origin, view: "split", one, other: rememberedOf(verification) });
  const text = proof ?? views;
  if (text === undefined) return undefined;
  const file = path ?? `proof-${lawId}.json`;
  await writeFile(file, text);
  return lang === "fr" ? `La preuve est dans ${file}.` : `The proof is in ${file}.`;
}

function jsonOf(
  { verdict, lawId, form, origin, key, checkpoint, checks }: Verification,
  proof: string | undefined,
  isRemembered: boolean,
) {
  return {
    ...{ verdict, lawId, form, origin },
    key: key.text,
    checkpoint: { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString("hex") },
    checks: checks.map(({ because = null, ...check }) => ({ ...check, because })),
    remembered: isRemembered,
    proof: proof ?? null,
  };
}
