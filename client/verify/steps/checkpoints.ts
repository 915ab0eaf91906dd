import { equal } from "../bytes/text.ts";
import { type Checkpoint, epochPath, readCheckpoint } from "../log/checkpoint.ts";
import { isNoteOf } from "../log/note.ts";
import { CannotRead, inOrder, wholeText } from "../source.ts";
import type { Context } from "./context.ts";
import type { Walked } from "./walk.ts";

const MOST_BYTES = 1 << 16;

/** The published states of a log. */
export interface Checkpoints {
  /** The last one. */
  readonly last: Checkpoint;
  /** All of them, oldest first; undefined when the bundle does not have them. */
  readonly all: readonly Checkpoint[] | undefined;
}

/**
 * Reads the last checkpoint, with which everything begins.
 *
 * @throws CannotRead when there is none
 */
export async function readLast(source: Context["source"], where: string): Promise<Checkpoint> {
  const text = await wholeText(source, "checkpoint", MOST_BYTES);
  const last = text === undefined ? undefined : readCheckpoint(text);
  if (last !== undefined) return last;
  const why = text === undefined ? "it has no checkpoint" : "its checkpoint is none";
  throw new CannotRead(where, `${why}: this is no bundle and no log of a law`);
}

/** Reads the checkpoints of all epochs up to the last one, and checks who has signed them (2.01). */
export async function readCheckpoints(context: Context, last: Checkpoint): Promise<Checkpoints> {
  const { source, report, isCertified } = context;
  await checkSignature(context, last);
  report.ran("2.01");
  const all: Checkpoint[] = [];
  for await (const { path, text } of inOrder(epochsOf(source), source.parallel)) {
    if (text === undefined) {
      if (isCertified || all.length > 0) report.fail("1.01", { code: "file_missing", file: path });
      report.skip(isCertified ? "missing" : "not_yet", "2.02");
      return { last, all: undefined };
    }
    const checkpoint = readCheckpoint(text);
    if (checkpoint === undefined) {
      report.fail("2.01", { code: "malformed", file: path });
      report.skip("after_failure", "2.02");
      return { last, all: undefined };
    }
    if (checkpoint.note.whole === last.note.whole) return { last, all: [...all, last] };
    // The log of a law that runs has grown since.
    if (checkpoint.size > last.size && !isCertified) return { last, all: [...all, last] };
    await checkSignature(context, checkpoint);
    all.push(checkpoint);
    if (checkpoint.size >= last.size) break;
  }
  return { last, all: [...all, last] };
}

function* epochsOf(source: Context["source"]): Generator<() => Promise<{ path: string; text: string | undefined }>> {
  for (let epoch = 1; ; epoch++) {
    const path = epochPath(epoch);
    yield async () => ({ path, text: await wholeText(source, path, MOST_BYTES) });
  }
}

async function checkSignature({ report, key }: Context, { origin, size, note }: Checkpoint): Promise<void> {
  if (origin !== key.name || !(await isNoteOf(note, key))) report.fail("2.01", { code: "checkpoint_signature", size });
}

/** Checks checkpoints against the entries (2.02 and 2.03). */
export function checkRoots(
  { report }: Context,
  { last, all }: Checkpoints,
  { size, malformed, missing, roots }: Walked,
): void {
  if (size < last.size) {
    if (malformed !== undefined) report.fail("2.03", { code: "malformed", file: malformed });
    else if (missing === undefined) report.fail("2.03", { code: "entries_end", found: size, size: last.size });
    return;
  }
  report.ran("2.03");
  if (!isRoot(roots, last)) report.fail("2.03", { code: "root_differs", size });
  for (const [at, checkpoint] of (all ?? []).entries()) {
    const before = all?.[at - 1];
    if (before !== undefined && checkpoint.size < before.size) {
      report.fail("2.02", { code: "checkpoint_smaller", size: checkpoint.size, before: before.size });
    } else if (checkpoint.note.whole !== last.note.whole && checkpoint.size <= size && !isRoot(roots, checkpoint)) {
      report.fail("2.02", { code: "root_differs", size: checkpoint.size });
    }
  }
  if (all !== undefined) report.ran("2.02");
}

function isRoot(roots: Walked["roots"], { size, root }: Checkpoint): boolean {
  const found = roots.get(size);
  return found !== undefined && equal(found, root);
}
