import type {
  Epoch,
  LogSession,
  LostEpoch,
  NewEpoch,
  PublicEntry,
  TileRoot,
  WaitingEntry,
} from "../../../operations/log/ports.ts";
import { LEAF_STATUSES, type LeafStatus, readEntry, submissionEntry } from "../../../shared/domain/log/leaf.ts";

/** The highest of the statuses that rise; the others stand beside. */
const RISING = LEAF_STATUSES.counted;
const PAIR_BYTES = 1 + 32 + 32;
const REQUEST_BYTES = 1 + 32;

/** A status of a submission, as a row of the audit has it. */
export interface SetStatus {
  readonly requestId: string;
  /** SHA-256 of its envelope, in hexadecimal digits. */
  readonly envelopeSha256: string | undefined;
  readonly status: LeafStatus;
}

/**
 * The tables of a law's log, and what the SQL of migrations 0020 and 0023 does in them, in TypeScript:
 * log-model.test.ts runs both on the same data and compares them.
 */
export class LogTables {
  waitingEntries: WaitingEntry[] = [];
  logEntries: Buffer[] = [];
  epochs: Epoch[] = [];
  notes: string[] = [];
  texts: Omit<PublicEntry, "entry">[] = [];
  roots = new Map<string, Buffer>();
  /** `log_known`: what the log said last of a submission, by its entry without the status, and which kind of status. */
  known = new Map<string, number>();
  /** How many entries the log had when it was brought back. */
  restores: number[] = [];
  #nextId = 1;

  /** A copy of what is committed now, as a backup has it. */
  copy(): LogTables {
    const copy = new LogTables();
    copy.waitingEntries = [...this.waitingEntries];
    copy.logEntries = [...this.logEntries];
    copy.epochs = [...this.epochs];
    copy.notes = [...this.notes];
    copy.texts = [...this.texts];
    copy.roots = new Map(this.roots);
    copy.known = new Map(this.known);
    copy.restores = [...this.restores];
    copy.#nextId = this.#nextId;
    return copy;
  }

  /** Entries come to wait. */
  add(...entries: readonly Buffer[]): void {
    for (const entry of entries) this.waitingEntries.push({ id: this.#nextId++, entry });
  }

  /** `enter_statuses`. */
  enterStatuses(statuses: readonly SetStatus[]): void {
    for (const { requestId, envelopeSha256, status } of statuses) {
      const entry = submissionEntry(requestId, bytesOf(envelopeSha256), status);
      if (this.#isKnown(entry)) this.enterKnown(entry);
      else this.add(entry);
    }
  }

  #isKnown(entry: Buffer): boolean {
    const request = entry.toString("hex", 0, REQUEST_BYTES);
    return [...this.known.keys()].some((key) => key.startsWith(request));
  }

  /** `enter_known`. */
  enterKnown(entry: Buffer): void {
    const [status, key] = [statusOf(entry), keyOf(entry)];
    if (this.known.get(key) === status) return;
    if (status <= RISING && status > LEAF_STATUSES.lost) {
      const request = entry.toString("hex", 0, REQUEST_BYTES);
      const said = [...this.known].filter(
        ([other, before]) =>
          other.startsWith(request) &&
          before > LEAF_STATUSES.lost &&
          before <= RISING &&
          (other !== key || before > status),
      );
      for (const [other] of said.sort()) {
        this.add(Buffer.concat([Buffer.from(other.split(" ")[0] ?? "", "hex"), Buffer.of(LEAF_STATUSES.lost)]));
        this.known.set(other, LEAF_STATUSES.lost);
      }
    }
    this.add(entry);
    this.known.set(key, status);
  }

  /** The part of `forget_lost` that says which submissions are lost. */
  enterLost({ requestId, envelopeSha256 }: Omit<SetStatus, "status">): void {
    const given = submissionEntry(requestId, bytesOf(envelopeSha256), "lost");
    const request = given.toString("hex", 0, REQUEST_BYTES);
    const [said] = [...this.known]
      .filter(([key, status]) => key.startsWith(request) && status <= RISING)
      .sort(([one, before], [other, after]) => after - before || (one < other ? -1 : 1));
    const pair = said === undefined ? given.subarray(0, PAIR_BYTES) : Buffer.from(said[0].split(" ")[0] ?? "", "hex");
    this.enterKnown(Buffer.concat([pair, Buffer.of(LEAF_STATUSES.lost)]));
  }

  /** `commit_log_epoch`. */
  commit({ number, size, root, sizeBefore, waiting, tileRoots }: NewEpoch): boolean {
    if (!this.#follows(number, sizeBefore)) return false;
    const taken = waiting.map((id) => {
      const one = this.waitingEntries.find((entry) => entry.id === id);
      if (one === undefined) throw new Error(`no entry ${id} waits`);
      return one;
    });
    this.waitingEntries = this.waitingEntries.filter((one) => !taken.includes(one));
    this.#append(
      { number, size, root },
      taken.map(({ entry }) => entry),
      tileRoots,
    );
    return true;
  }

  /** `restore_log_epoch`. */
  restoreEpoch({ number, size, root, sizeBefore, entries, tileRoots }: LostEpoch): boolean {
    if (!this.#follows(number, sizeBefore)) return false;
    this.#append({ number, size, root }, entries, tileRoots);
    const isIn = new Set(entries.map((entry) => entry.toString("hex")));
    this.waitingEntries = this.waitingEntries.filter(({ entry }) => !isIn.has(entry.toString("hex")));
    const requests = new Set<string>();
    for (const entry of entries) {
      if (readEntry(entry)?.kind !== "submission") continue;
      this.known.set(keyOf(entry), statusOf(entry));
      requests.add(entry.toString("hex", 0, REQUEST_BYTES));
    }
    const isSaidAgain = ({ entry }: WaitingEntry) => requests.has(entry.toString("hex", 0, REQUEST_BYTES));
    const again = this.waitingEntries.filter(isSaidAgain);
    this.waitingEntries = this.waitingEntries.filter((one) => !isSaidAgain(one));
    for (const { entry } of again) this.enterKnown(entry);
    return true;
  }

  #follows(number: number, sizeBefore: number): boolean {
    const last = this.epochs.at(-1);
    return (last?.number ?? 0) === number - 1 && (last?.size ?? 0) === sizeBefore;
  }

  #append(epoch: Epoch, entries: readonly Buffer[], tileRoots: readonly TileRoot[]): void {
    this.logEntries.push(...entries);
    for (const { level, index, root } of tileRoots) this.roots.set(`${level}/${index}`, root);
    this.epochs.push(epoch);
  }

  /** What of a session reads and writes these tables only. */
  get session() {
    const own: Omit<
      LogSession,
      "describedLaw" | "newJournal" | "hasRecordingEnded" | "release" | "journalDiffers" | "journalRollDigest"
    > = {
      descriptions: async () => [...this.notes],
      addDescription: async (version, note, entry) => {
        if (version !== this.notes.length + 1) return;
        this.notes.push(note);
        this.add(entry);
      },
      lastJournal: async () => this.texts.at(-1),
      addJournal: async (after, entries) => {
        if (after !== (this.texts.at(-1)?.number ?? 0)) return;
        for (const { entry, ...text } of entries) {
          this.texts.push({ number: text.number, text: text.text });
          this.add(entry);
        }
      },
      journalTexts: async (to) => this.texts.filter(({ number }) => number <= to).map(({ text }) => text),
      latestEpochs: async () => this.epochs.slice(-2).reverse(),
      waiting: async (most) => this.waitingEntries.slice(0, most),
      entries: async (from, to) => this.logEntries.slice(from, to),
      tileRoots: async (level, from, to) =>
        Array.from({ length: Math.max(0, to - from) }, (_, at) => this.roots.get(`${level}/${from + at}`)).flatMap(
          (root) => (root === undefined ? [] : [root]),
        ),
      commit: async (epoch) => this.commit(epoch),
      restore: async (epoch) => this.restoreEpoch(epoch),
      noteRestore: async () => void this.restores.push(this.logEntries.length),
      wasRestored: async () => this.restores.length > 0,
    };
    return own;
  }
}

/** Of a row of the audit, what its entry has. */
interface LoggedRow extends Pick<SetStatus, "status"> {
  readonly lawId: string;
  readonly envelopeSha256?: string | undefined;
}

/** The tables with triggers that make entries. */
interface Logged {
  readonly logs: ReadonlyMap<string, LogTables>;
  readonly audit: ReadonlyMap<string, LoggedRow>;
  readonly repeated: ReadonlyMap<string, string>;
}

/** The triggers `log_of_new` and `log_of_risen`: each new status is an entry, in the transaction that sets it. */
export function logStatuses({ logs, audit }: Logged, rows: ReadonlyMap<string, LoggedRow>): void {
  for (const [requestId, { lawId, envelopeSha256, status }] of inOrder(rows)) {
    if (audit.get(requestId)?.status === status) continue;
    logs.get(lawId)?.enterStatuses([{ requestId, envelopeSha256, status }]);
  }
}

/** The trigger `log_of_repeated`: so is each further envelope. */
export function logRepeated({ logs, audit, repeated }: Logged, rows: ReadonlyMap<string, string>): void {
  for (const [pair] of inOrder(rows)) {
    const [requestId = "", envelopeSha256] = pair.split(" ");
    const lawId = audit.get(requestId)?.lawId;
    if (lawId === undefined || repeated.has(pair)) continue;
    logs.get(lawId)?.enterStatuses([{ requestId, envelopeSha256, status: "repeated" }]);
  }
}

function inOrder<V>(rows: ReadonlyMap<string, V>): [string, V][] {
  return [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
}

function bytesOf(hex: string | undefined): Buffer | undefined {
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}

function statusOf(entry: Buffer): number {
  return entry.at(-1) ?? 0;
}

/** The entry without its status, and the status if it is one that stands beside the others. */
function keyOf(entry: Buffer): string {
  const status = statusOf(entry);
  return `${entry.toString("hex", 0, PAIR_BYTES)}${status > RISING ? ` ${status}` : ""}`;
}
