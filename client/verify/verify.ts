import type { Fields } from "../json.ts";
import type { VerifyingKey } from "./bytes/ed25519.ts";
import type { CheckId } from "./checks.ts";
import type { Certificate } from "./files/certificate.ts";
import type { Description } from "./files/description.ts";
import type { Entry } from "./files/journal.ts";
import type { ReadOpening } from "./files/opening.ts";
import type { Remembered } from "./files/remembered.ts";
import { type SavedPromise, writeBrokenPromise } from "./files/saved.ts";
import type { Checkpoint } from "./log/checkpoint.ts";
import { HashTable, type Marks } from "./log/hash-table.ts";
import type { NoteKey } from "./log/note.ts";
import { promiseKeys } from "./log/promise.ts";
import { type CheckResult, Report, type Verdict } from "./report.ts";
import { type BundleSource, wholeText } from "./source.ts";
import { checkBox } from "./steps/box.ts";
import {
  checkBallots,
  checkCertifiedJournal,
  checkFigures,
  checkLogEnd,
  checkSpoiled,
  OF_CERTIFICATE,
  readCertified,
} from "./steps/certificate.ts";
import { type Checkpoints, checkRoots, readCheckpoints, readLast } from "./steps/checkpoints.ts";
import type { Context } from "./steps/context.ts";
import { checkJournal, checkLost, readEntries } from "./steps/journal.ts";
import { checkKey, keyOf } from "./steps/key.ts";
import { type Counts, Matching } from "./steps/match.ts";
import { checkMemory } from "./steps/memory.ts";
import { checkOpening } from "./steps/opening.ts";
import { checkOwn } from "./steps/own.ts";
import { drawn, PromiseCheck, type Signatures } from "./steps/promises.ts";
import { checkRoll } from "./steps/roll.ts";
import {
  checkDescriptions,
  checkPromiseKeyChanges,
  checkRollChanges,
  checkTold,
  checkTrustees,
  loggedVersions,
  readDescriptions,
} from "./steps/setup.ts";
import { type Walked, walk } from "./steps/walk.ts";
import type { Wanted } from "./steps/walker.ts";

/** Opens a file that lies beside the bundle: gives its bytes, from the beginning each time. */
export type OpenFile = () => AsyncIterable<Uint8Array>;

export interface VerifyOptions {
  /** The log's key, as the election office has published it. Without it, the bundle's own is used. */
  readonly key?: string | undefined;
  /** How many promises are checked; `all` when left out. */
  readonly signatures?: Signatures;
  /** A promise that was kept. */
  readonly promise?: SavedPromise | undefined;
  /** What was seen of the log before, by one or more people. */
  readonly remembered?: readonly Remembered[];
  /** The public file of the trustees' keys. */
  readonly trustees?: Fields | undefined;
  /** The export of the box, as trustees have it. */
  readonly box?: OpenFile | undefined;
  /** The voter hashes of the roll, as an auditor has them: one per line. */
  readonly roll?: OpenFile | undefined;
  readonly onProgress?: Context["onProgress"];
  readonly signal?: AbortSignal | undefined;
  /** A whole number from 0 to below its parameter, which nobody can foresee. */
  readonly random?: (below: number) => number;
  /** How many entries are held at once, some million when left out. */
  readonly rowsAtOnce?: number;
}

/** What the files of a bundle say. Whoever uses it looks at the verdict first. */
export interface Contents {
  /** The versions of the description, the first one first; empty when one is missing or wrong. */
  readonly descriptions: readonly Description[];
  readonly certificate: Certificate | undefined;
  readonly journal: readonly Entry[] | undefined;
  /** Of a sealed law whose box was opened. */
  readonly opening: ReadOpening | undefined;
  /** How many submissions have each status, by a log that is whole. */
  readonly statuses: Counts["statuses"] | undefined;
}

/** What a verification has found. */
export interface Verification {
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  readonly lawId: string | undefined;
  readonly origin: string;
  readonly form: Description["form"] | undefined;
  /** The log's key. */
  readonly key: NoteKey;
  /** The last checkpoint. */
  readonly checkpoint: Checkpoint;
  /** Whether the checkpoint may be remembered: it is signed, and is of these entries and those seen before. */
  readonly isRememberable: boolean;
  /** What was seen before and cannot be of this log. */
  readonly contradicted: readonly Remembered[];
  /** Of a promise that was broken: a proof for others. */
  readonly proof: string | undefined;
  /** What was checked: files at an address may be other ones a moment later. */
  readonly contents: Contents;
}

const MOST_BYTES = 1 << 22;

/**
 * Runs all checks on a bundle, or on the log of a law that runs.
 *
 * @param source where the bundle is
 * @param where names it in messages
 * @param options keys, and what else is known
 * @throws CannotRead when there is no bundle, or it cannot be read any more
 * @throws CannotVerify where WebCrypto has no Ed25519
 * @throws the signal's reason
 */
export async function verify(source: BundleSource, where: string, options: VerifyOptions = {}): Promise<Verification> {
  const bundle = await readBundle(source, where, options);
  const { context, latest, checkpoints, certificate } = bundle;
  const { report, key } = context;
  const { promise, remembered = [] } = options;
  if (!remembered.some(({ checkpoint }) => checkpoint.origin === key.name)) report.skip("not_asked", "2.05");
  const wanted = promise && { pair: promise.pair, found: [], hasOther: false };
  const walked = await walkLog(bundle, options, wanted);
  const journal = await readJournal(bundle, walked);
  const keys = await promiseKeys(bundle.versions.flatMap((version) => version.promiseKeys));
  const counted = options.box === undefined ? undefined : new HashTable();
  const isWhole = walked.size === checkpoints.last.size;
  const contradicted = isWhole ? await checkMemory(context, remembered, walked) : [];
  const opening = latest && (await checkOpening(context, latest, promise?.tracker));
  const spoiled = opening?.spoiledEnvelopes.marks();
  const counts = isWhole
    ? await compareWithLog(bundle, walked, { options, journal, keys, counted, spoiled })
    : undefined;
  if (latest !== undefined && counts !== undefined) {
    checkBallots(context, certificate, counts.statuses.counted, latest, opening);
    if (spoiled !== undefined) checkSpoiled(context, spoiled);
  }
  await checkOthersFiles(bundle, options, isWhole ? counted : undefined, opening);
  if (promise === undefined) report.skip("not_asked", "2.13");
  // Without a description, nobody knows the promise keys.
  const canTell = isWhole && latest !== undefined;
  const isBroken = promise && wanted && canTell && (await checkOwn(context, promise, keys, wanted));
  return {
    verdict: report.verdict(context.isCertified),
    checks: report.results(),
    ...{ lawId: latest?.lawId, origin: key.name, form: latest?.form, key, checkpoint: checkpoints.last },
    isRememberable: isWhole && !OF_MEMORY.some((id) => report.hasFailed(id)),
    contradicted,
    proof: isBroken === true ? proofOf(bundle, promise) : undefined,
    contents: {
      descriptions: bundle.versions,
      ...{ certificate, journal, opening, statuses: counts?.statuses },
    },
  };
}

/** What only sealed laws have. */
const OF_SEALED: readonly CheckId[] = ["1.08", "3.08", "3.09", "3.10", "3.12", "3.13"];

/** A log that fails one of these is not remembered. */
const OF_MEMORY: readonly CheckId[] = ["1.03", "2.01", "2.02", "2.03", "2.05"];

/** The files of a bundle that are short. */
interface Bundle {
  readonly context: Context;
  /** The versions of the description, the first one first. */
  readonly versions: readonly Description[];
  readonly latest: Description | undefined;
  readonly checkpoints: Checkpoints;
  readonly certificate: Certificate | undefined;
}

async function readBundle(source: BundleSource, where: string, options: VerifyOptions): Promise<Bundle> {
  const { onProgress = () => undefined, signal } = options;
  const report = new Report();
  const first = await readLast(source, where);
  const text = await wholeText(source, "certificate", MOST_BYTES);
  // A log that grows has by now everything that the certificate names.
  const last = text !== undefined && source.grows === true ? await readLast(source, where) : first;
  const key = await keyOf(source, where, last.origin, options);
  const context: Context = { source, report, key, isCertified: text !== undefined, onProgress, signal };
  report.ran("1.01");
  checkKey(context, options);
  const versions = await readDescriptions(context);
  const latest = versions.at(-1);
  const told = latest && (await source.told?.());
  if (told !== undefined && latest !== undefined) checkTold(context, latest, told);
  if (latest?.form === "open") report.skip("not_this_law", ...OF_SEALED);
  const checkpoints = await readCheckpoints(context, last);
  const certificate = text === undefined ? undefined : await readCertified(context, text, latest?.lawId);
  if (certificate === undefined) report.skip(text === undefined ? "not_yet" : "after_failure", ...OF_CERTIFICATE);
  return { context, versions, latest, checkpoints, certificate };
}

/** Reads the journal after the log, and compares it with what is signed. */
async function readJournal(
  { context, versions, certificate }: Bundle,
  { found }: Walked,
): Promise<readonly Entry[] | undefined> {
  const journal = await readEntries(context, found.journal);
  if (journal !== undefined) {
    const logged = loggedVersions(context, versions, found.descriptions);
    checkRollChanges(context, logged, journal);
    checkPromiseKeyChanges(context, logged, journal);
  }
  if (journal !== undefined && certificate !== undefined) checkCertifiedJournal(context, certificate, journal);
  return journal;
}

/** Reads all entries, and checks what they alone tell. */
async function walkLog(bundle: Bundle, options: VerifyOptions, wanted: Wanted | undefined): Promise<Walked> {
  const { context, latest, certificate, checkpoints } = bundle;
  const { last, all = [last] } = checkpoints;
  const { remembered = [], rowsAtOnce } = options;
  const walked = await walk({
    source: context.source,
    size: last.size,
    sizes: [
      ...all.map(({ size }) => size),
      ...remembered.map(({ checkpoint }) => checkpoint.size),
      ...(certificate === undefined ? [] : [certificate.log.size]),
    ],
    epochs: checkpoints.all?.map(({ size }) => size),
    isSealed: latest && latest.form === "sealed",
    wanted: wanted === undefined ? [] : [wanted],
    rowsAtOnce,
    onProgress: (done, total) => context.onProgress("entries", done, total),
    signal: context.signal,
  });
  checkWalk(context, checkpoints, walked);
  return walked;
}

interface Comparing {
  readonly options: VerifyOptions;
  readonly journal: readonly Entry[] | undefined;
  readonly keys: ReadonlyMap<string, VerifyingKey>;
  /** Takes the hashes of the counted envelopes. */
  readonly counted: HashTable | undefined;
  /** Spoiled envelopes that the opened list names: those that are counted are ticked off. */
  readonly spoiled: Marks | undefined;
}

/** Compares everything with the entries of a log that is whole. */
async function compareWithLog(bundle: Bundle, walked: Walked, comparing: Comparing): Promise<Counts> {
  const { options, journal, keys, counted, spoiled } = comparing;
  const { context, versions, latest, certificate } = bundle;
  const { signatures = "all", random = drawn, rowsAtOnce } = options;
  checkDescriptions(context, versions, walked.found.descriptions);
  if (journal !== undefined) checkJournal(context, journal, walked.found.journal);
  checkLost(context, journal ?? [], walked.found);
  const promises = latest && new PromiseCheck(context, context.key.name, keys, signatures, random);
  const matching = new Matching(context, promises, (pair) => {
    const envelope = pair.subarray(32);
    counted?.add(envelope);
    spoiled?.mark(envelope);
  });
  const counts = await matching.all(walked, rowsAtOnce);
  if (certificate !== undefined) {
    checkLogEnd(context, certificate, walked);
    checkFigures(context, certificate, counts, latest);
  }
  return counts;
}

/** Compares the bundle with files that only some people have. */
async function checkOthersFiles(
  { context, latest }: Bundle,
  { box, roll, trustees }: VerifyOptions,
  counted: HashTable | undefined,
  opening: ReadOpening | undefined,
): Promise<void> {
  const { report } = context;
  if (roll === undefined) report.skip("not_asked", "1.09");
  else if (latest !== undefined) await checkRoll(context, roll(), latest.roll);
  if (latest?.form === "open") return;
  if (box === undefined) report.skip("not_asked", "3.12");
  else if (counted !== undefined) await checkBox(context, box(), counted, opening?.header.boxSha256);
  if (trustees === undefined) report.skip("not_asked", "1.08");
  else if (latest !== undefined) await checkTrustees(context, latest, trustees);
}

function proofOf({ context, versions, checkpoints }: Bundle, saved: SavedPromise): string | undefined {
  const naming = versions.find(({ promiseKeys: keys }) => keys.some(({ key_id }) => key_id === saved.promise.keyId));
  return (
    naming &&
    writeBrokenPromise({
      saved,
      logKey: context.key.text,
      description: naming.note.whole,
      checkpoint: checkpoints.last.note.whole,
    })
  );
}

/** What the walk alone tells: roots, tiles, and the form of entries (2.02 to 2.04 and 2.06). */
function checkWalk(context: Context, checkpoints: Checkpoints, walked: Walked): void {
  const { report } = context;
  const { missing, missingTiles, differingTiles, found } = walked;
  for (const file of [...(missing === undefined ? [] : [missing]), ...missingTiles]) {
    report.fail("1.01", { code: "file_missing", file });
  }
  if (missing !== undefined) {
    report.skip("missing", "1.04", "1.05", "1.06", "2.02", "2.03", "2.04", "2.05", "2.06", "2.07", "2.08", "2.09");
    report.skip("missing", "2.10", "2.12", "2.13", "3.02", "3.03", "3.04", "3.07", "3.10", "3.12");
  }
  checkRoots(context, checkpoints, walked);
  if (walked.size < checkpoints.last.size) return;
  for (const file of differingTiles) report.fail("2.04", { code: "tile_differs", file });
  if (missingTiles.length > 0) report.skip("missing", "2.04");
  for (const { index, what } of found.bad) {
    report.fail("2.06", what === "form" ? { code: "entry_form", index } : { code: "entry_order", index });
  }
  report.ran("2.04", "2.06");
}
