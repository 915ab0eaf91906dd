import { checkpointText } from "../../shared/domain/log/checkpoint.ts";
import { EMPTY_ROOT, leafHash } from "../../shared/domain/log/merkle.ts";
import { type NoteSigner, signNote } from "../../shared/domain/log/note.ts";
import { chooseEntries } from "./choose-entries.ts";
import { LogObjects } from "./log-objects.ts";
import { LogStopped } from "./log-stopped.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import type { Epoch, LoggedLaw, LogPorts, LogRules, LogSession, TileRoot } from "./ports.ts";
import { prepareEntries } from "./prepare-entries.ts";
import { publishConclusion } from "./publish-conclusion.ts";
import { type Before, treeAt, writeEpoch } from "./publish-epoch.ts";

/** Entries of one epoch. What waits beyond that is taken by the next one. */
const MOST_ENTRIES = 65_536;
const NOTHING: Before = { size: 0, root: EMPTY_ROOT };

/** What came of a run. */
export interface LogRun {
  /**
   * `current`: nothing waits that may be published. `busy`: another run has the lock. `overtaken`: another run was
   * faster, and what it has written stays. `out_of_time`: entries wait for the next run. `stopped`: somebody must look.
   */
  readonly outcome: "current" | "busy" | "overtaken" | "out_of_time" | "stopped";
  /** Epochs that it has published. */
  readonly epochs: number;
  /** Entries of the log as it is published; undefined when it was not read. */
  readonly size?: number | undefined;
  readonly stopped?: LogStopped;
}

/** Another run has done what this one was about to do. */
class Overtaken extends Error {}

/**
 * Brings what waits into the log of a law, and publishes it, epoch by epoch:
 *
 * 1. take the lock of the law and read the published checkpoint; if it is ahead of the database, stop;
 *    make entries of the journal and, if it has changed, of the law's description;
 * 2. commit the next epoch with its size and root;
 * 3. write the tiles and texts that are missing; what is there must be the same;
 * 4. sign exactly what was committed;
 * 5. replace the checkpoint, if it is still the one that was read;
 * 6. once the law is certified, publish its certificate, and its lists when somebody publishes the law.
 *
 * A run that ends between two of these is completed by the next one. The lock saves work. What keeps two runs from
 * doing harm are the commit, which takes an epoch only after the one before it, and the conditions on objects.
 *
 * @param ports database, store, and key
 * @param law the law
 * @param rules when entries wait
 * @param isOver says when to begin no other epoch
 * @returns what came of it; it throws when a server fails, and is then tried again
 */
export async function runLog(ports: LogPorts, law: LoggedLaw, rules: LogRules, isOver: () => boolean): Promise<LogRun> {
  const session = await ports.database.begin(law.lawId);
  if (session === undefined) return { outcome: "busy", epochs: 0 };
  const run = new Run(ports, law, session);
  try {
    await run.findKey();
    const outcome = await run.advance(rules, isOver);
    return { outcome, epochs: run.epochs, size: run.size };
  } catch (error) {
    const done = { epochs: run.epochs, size: run.size };
    if (error instanceof Overtaken) return { outcome: "overtaken", ...done };
    if (!(error instanceof LogStopped)) throw error;
    // What a run finds that has slept, and has lost its lock, is not what it had read before.
    if (await run.isOvertaken()) return { outcome: "overtaken", ...done };
    return { outcome: "stopped", ...done, stopped: error };
  } finally {
    await session.release();
  }
}

/** The log as it is published. */
interface Published extends Before {
  /** The tag of the checkpoint; undefined: there is none. */
  readonly tag: string | undefined;
}

class Run {
  readonly #ports: LogPorts;
  readonly #law: LoggedLaw;
  readonly #session: LogSession;
  readonly #objects: LogObjects;
  #signer: NoteSigner | undefined;
  #published: Published | undefined;
  #tag: string | undefined;
  epochs = 0;

  constructor(ports: LogPorts, law: LoggedLaw, session: LogSession) {
    this.#ports = ports;
    this.#law = law;
    this.#session = session;
    this.#objects = new LogObjects(ports.objects, law.lawId);
  }

  get size(): number | undefined {
    return this.#published?.size;
  }

  async findKey(): Promise<void> {
    this.#signer = await this.#ports.signerOf(this.#law);
  }

  get #key(): NoteSigner {
    if (this.#signer === undefined) throw new Error("the key of the log was not looked for");
    return this.#signer;
  }

  async advance(rules: LogRules, isOver: () => boolean): Promise<"current" | "out_of_time"> {
    let published = await this.#readPublished();
    this.#published = published;
    const [last, previous] = await this.#session.latestEpochs();
    this.#refuseOtherPast(published, last, previous);
    // A run before this one committed it and did not come to its end.
    if (last !== undefined && published.size < last.size) published = await this.#publish(published, last);
    await prepareEntries(this.#session, this.#key);
    for (let number = (last?.number ?? 0) + 1; ; number++) {
      if (isOver()) return "out_of_time";
      const epoch = await this.#commitNext(number, published, rules);
      if (epoch === undefined) return (await this.#conclude(isOver)) ? "current" : "out_of_time";
      published = await this.#publish(published, epoch);
    }
  }

  async #conclude(isOver: () => boolean): Promise<boolean> {
    const { conclusions } = this.#session;
    if (conclusions === undefined) return true;
    const { lawId } = this.#law;
    return publishConclusion({ lawId, conclusions, objects: this.#objects, signer: this.#key, isOver });
  }

  /** Whether the checkpoint is another one than the one that was read last. */
  async isOvertaken(): Promise<boolean> {
    return (await this.#objects.checkpoint())?.tag !== this.#tag;
  }

  async #readPublished(): Promise<Published> {
    const there = await this.#objects.checkpoint();
    this.#tag = there?.tag;
    if (there === undefined) return { ...NOTHING, tag: undefined };
    return { ...openCheckpoint(this.#law, this.#key, there.note), tag: there.tag };
  }

  #refuseOtherPast(published: Published, last: Epoch | undefined, previous: Epoch | undefined): void {
    const { lawId } = this.#law;
    const lastSize = last?.size ?? 0;
    if (published.size > lastSize) {
      throw this.#storeAhead(`has ${published.size} entries`, lastSize);
    }
    const committed = [last ?? NOTHING, previous ?? NOTHING].find(({ size }) => size === published.size);
    if (committed === undefined) {
      throw new LogStopped(
        "store_behind",
        `The published log of ${lawId} has ${published.size} entries, and PostgreSQL has ${lastSize}, more than one ` +
          "epoch later. Somebody has removed or replaced the checkpoint. Nothing more is published.",
      );
    }
    if (committed.root.equals(published.root)) return;
    throw new LogStopped(
      "checkpoint_differs",
      `The published checkpoint of ${lawId} has another root for ${published.size} entries than the log had committed ` +
        "itself to. Somebody has the key of the log. Nothing more is published. Keep the object.",
    );
  }

  #storeAhead(what: string, size: number): LogStopped {
    const { lawId } = this.#law;
    return new LogStopped(
      "store_ahead",
      `The published log of ${lawId} ${what}, and PostgreSQL knows ${size} entries: it was restored to an earlier ` +
        `moment. Nothing is published until the log is brought back: npm run ops -- restore-log ${lawId}.`,
    );
  }

  /** Commits what waits as the next epoch; undefined when nothing waits that may be published. */
  async #commitNext(number: number, before: Before, rules: LogRules): Promise<Epoch | undefined> {
    // Asked first: what was recorded before the end of the recording is among what waits.
    const hasRecordingEnded = await this.#session.hasRecordingEnded();
    const waiting = await this.#session.waiting(MOST_ENTRIES);
    const chosen = chooseEntries(waiting, { ...rules, isFirst: number === 1, hasRecordingEnded });
    if (chosen.length === 0) return undefined;
    // Signed by a run whose epoch a restore of the database has undone: it stays.
    if (await this.#objects.hasEpoch(number)) {
      const [last] = await this.#session.latestEpochs();
      if ((last?.number ?? 0) >= number) throw new Overtaken();
      throw this.#storeAhead(`has a checkpoint of epoch ${number}`, before.size);
    }
    const tree = await treeAt(this.#session, this.#law, before);
    const tileRoots: TileRoot[] = chosen.flatMap(({ entry }) => [...tree.add(leafHash(entry))]);
    const epoch = { number, size: tree.size, root: tree.root() };
    const isCommitted = await this.#session.commit({
      ...epoch,
      sizeBefore: before.size,
      waiting: chosen.map(({ id }) => id),
      tileRoots,
    });
    if (!isCommitted) throw new Overtaken();
    return epoch;
  }

  /** Publishes an epoch that is committed. */
  async #publish(published: Published, epoch: Epoch): Promise<Published> {
    const { origin } = this.#law;
    await writeEpoch(this.#session, this.#objects, { law: this.#law, signer: this.#key }, published, epoch);
    const signed = await signNote(checkpointText({ origin, ...epoch }), this.#key);
    const note = await this.#objects.keepCheckpoint(epoch.number, signed);
    const kept = openCheckpoint(this.#law, this.#key, note);
    if (kept.size !== epoch.size || !kept.root.equals(epoch.root)) {
      throw new LogStopped(
        "checkpoint_differs",
        `The checkpoint of epoch ${epoch.number} of ${this.#law.lawId} that is kept in the store is of another size or ` +
          "root than the epoch that was committed. Nothing more is published. Keep the object.",
      );
    }
    if (!(await this.#objects.putCheckpoint(note, published.tag))) throw new Overtaken();
    this.epochs += 1;
    const now = await this.#readPublished();
    this.#published = now;
    // Another run has gone on from there.
    if (now.size !== epoch.size) throw new Overtaken();
    return now;
  }
}
