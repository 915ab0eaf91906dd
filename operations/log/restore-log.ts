import type { Checkpoint } from "../../shared/domain/log/checkpoint.ts";
import { readEntry } from "../../shared/domain/log/leaf.ts";
import { EMPTY_ROOT } from "../../shared/domain/log/merkle.ts";
import type { NoteSigner } from "../../shared/domain/log/note.ts";
import { readEntryBundle, TILE_WIDTH, tilePath } from "../../shared/domain/log/tiles.ts";
import type { LogRestoreAnswer } from "../../shared/messages/log-request.ts";
import { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import type { Epoch, LoggedLaw, LogPorts, LogSession } from "./ports.ts";
import { type Before, putTiles, startOfBundle, tilesOf, treeAt } from "./publish-epoch.ts";
import { refuseOtherRoll, restoreTexts } from "./restore-texts.ts";

/** Objects that are read side by side. */
const AT_ONCE = 16;
const NOTHING: Before = { size: 0, root: EMPTY_ROOT };

/** What came of bringing a log back. */
export interface RestoredLog {
  /** `busy`: somebody else has the lock. `out_of_time`: more is to be brought back. */
  readonly outcome: "restored" | "busy" | "out_of_time";
  /** Epochs and entries that the database has again. */
  readonly epochs: number;
  readonly entries: number;
  /** How many entries of the log the database has. */
  readonly size: number;
}

/**
 * Brings back what the database has lost of a published log, because it was restored to an earlier moment: the texts,
 * and each epoch with its entries. Everything is checked before it is written: the signatures of the checkpoints, that
 * the entries give their roots, that each extends the one before, and that the journal and the roll are those of the
 * log. It can be done again, and goes on where it ended.
 *
 * @param ports database, store, and key
 * @param law the law
 * @param isOver says when to begin no other epoch
 * @throws LogStopped when store and database contradict each other; what was brought back before is right, and stays
 */
export async function restoreLog(ports: LogPorts, law: LoggedLaw, isOver: () => boolean): Promise<RestoredLog> {
  const session = await ports.database.begin(law.lawId);
  if (session === undefined) return { outcome: "busy", epochs: 0, entries: 0, size: 0 };
  try {
    return await new Restoring(ports, law, session, await ports.signerOf(law)).all(isOver);
  } finally {
    await session.release();
  }
}

/**
 * Brings a log back, and answers whoever has asked for it.
 *
 * @param ports database, store, and key
 * @param lawId the law
 * @param isOver says when to begin no other epoch
 */
export async function answerRestore(ports: LogPorts, lawId: string, isOver: () => boolean): Promise<LogRestoreAnswer> {
  const law = (await ports.database.laws()).find((one) => one.lawId === lawId);
  if (law === undefined) {
    return {
      refused:
        `PostgreSQL knows no log of ${lawId}: the law has none, or its roll is not sealed there any more. Bring the roll ` +
        "back first: npm run ops -- restore-acts, and what it says.",
    };
  }
  try {
    return await restoreLog(ports, law, isOver);
  } catch (error) {
    if (error instanceof LogStopped) return { refused: error.message };
    throw error;
  }
}

class Restoring {
  readonly #law: LoggedLaw;
  readonly #session: LogSession;
  readonly #objects: LogObjects;
  readonly #signer: NoteSigner;

  constructor(ports: LogPorts, law: LoggedLaw, session: LogSession, signer: NoteSigner) {
    this.#law = law;
    this.#session = session;
    this.#objects = new LogObjects(ports.objects, law.lawId);
    this.#signer = signer;
  }

  async all(isOver: () => boolean): Promise<RestoredLog> {
    const published = await this.#published();
    const [last] = await this.#session.latestEpochs();
    if (last !== undefined) await this.#refuseOtherPast(last, published);
    await refuseOtherRoll(this.#session, this.#objects, this.#law, this.#signer);
    const texts = await restoreTexts(this.#session, this.#objects, this.#law, this.#signer);
    let [before, number, epochs, entries] = [last ?? NOTHING, (last?.number ?? 0) + 1, 0, 0];
    for (; ; number++, epochs++) {
      const note = await this.#objects.keptCheckpoint(number);
      if (note === undefined) break;
      if (isOver()) return { outcome: "out_of_time", epochs, entries, size: before.size };
      const epoch = { number, ...openCheckpoint(this.#law, this.#signer, note) };
      await this.#restore(before, epoch, texts);
      entries += epoch.size - before.size;
      before = epoch;
    }
    if (published !== undefined && published.size > before.size) throw this.#missing(number, published);
    await this.#session.noteRestore();
    return { outcome: "restored", epochs, entries, size: before.size };
  }

  async #published(): Promise<Checkpoint | undefined> {
    const there = await this.#objects.checkpoint();
    return there && openCheckpoint(this.#law, this.#signer, there.note);
  }

  /** What the database has must be the beginning of what is published. */
  async #refuseOtherPast(last: Epoch, published: Checkpoint | undefined): Promise<void> {
    const note = await this.#objects.keptCheckpoint(last.number);
    const kept = note === undefined ? undefined : openCheckpoint(this.#law, this.#signer, note);
    const isSame = ({ size, root }: Checkpoint) => size === last.size && root.equals(last.root);
    const differs = [kept, published?.size === last.size ? published : undefined].find(
      (one) => one !== undefined && !isSame(one),
    );
    if (differs === undefined) return;
    throw new LogStopped(
      "checkpoint_differs",
      `Epoch ${last.number} of the log of ${this.#law.lawId} has ${last.size} entries in PostgreSQL, and its checkpoint ` +
        `in the store has ${differs.size} entries or another root: the two contradict each other. Nothing was brought ` +
        "back. Restore PostgreSQL to a moment before that epoch, or to one after the last epoch.",
    );
  }

  #missing(number: number, { size }: Checkpoint): LogStopped {
    return new LogStopped(
      "store_behind",
      `The published checkpoint of ${this.#law.lawId} has ${size} entries, and the store keeps no checkpoint of epoch ` +
        `${number}: somebody has removed it. What comes before it is brought back. Put the object back ` +
        `(log/${this.#law.lawId}/checkpoints/), and repeat this command.`,
    );
  }

  async #restore(before: Before, epoch: Epoch, texts: ReadonlySet<string>): Promise<void> {
    const { lawId } = this.#law;
    if (epoch.size <= before.size) throw this.#differs(epoch, `it does not extend ${before.size} entries`);
    const entries = await this.#entries(startOfBundle(before.size), epoch);
    const added = entries.slice(before.size - startOfBundle(before.size));
    const tree = await treeAt(this.#session, this.#law, before);
    const { tiles, tileRoots, root } = tilesOf(tree, before.size, entries);
    if (tree.size !== epoch.size || !root.equals(epoch.root)) {
      throw this.#differs(epoch, "the published entries do not give its root");
    }
    for (const entry of added) {
      const leaf = readEntry(entry);
      if (leaf === undefined) throw this.#differs(epoch, "an entry is none of a law's log");
      if (leaf.kind !== "submission" && !texts.has(entry.toString("hex"))) {
        throw this.#differs(epoch, `the text of an entry is missing (${leaf.kind})`);
      }
    }
    await putTiles(this.#objects, tiles);
    const isRestored = await this.#session.restore({ ...epoch, sizeBefore: before.size, entries: added, tileRoots });
    if (!isRestored) throw new Error(`somebody else has continued the log of ${lawId} in the meantime`);
  }

  /** The entries of an epoch from the bundle on that was not full before it, from the bundles that it has written. */
  async #entries(start: number, epoch: Epoch): Promise<readonly Buffer[]> {
    const bundles: { readonly index: number; readonly width: number }[] = [];
    for (let at = start; at < epoch.size; at += TILE_WIDTH) {
      bundles.push({ index: at / TILE_WIDTH, width: Math.min(TILE_WIDTH, epoch.size - at) });
    }
    const entries: Buffer[] = [];
    for (let at = 0; at < bundles.length; at += AT_ONCE) {
      const some = await Promise.all(bundles.slice(at, at + AT_ONCE).map((one) => this.#bundle(epoch, one)));
      for (const bundle of some) entries.push(...bundle);
    }
    return entries;
  }

  async #bundle(epoch: Epoch, { index, width }: { index: number; width: number }): Promise<readonly Buffer[]> {
    const path = tilePath({ level: "entries", index, width });
    const bytes = await this.#objects.get(path);
    if (bytes === undefined) throw this.#differs(epoch, `${path} is missing`);
    const bundle = readEntryBundle(bytes);
    if (bundle?.length !== width) throw this.#differs(epoch, `${path} is cut off`);
    return bundle;
  }

  #differs({ number, size }: Epoch, why: string): LogStopped {
    return new LogStopped(
      "entries_differ",
      `Epoch ${number} of the published log of ${this.#law.lawId}, with ${size} entries, cannot be brought back: ${why}. ` +
        "Somebody has changed or removed objects. Put back the version that was there, and repeat this command.",
    );
  }
}
