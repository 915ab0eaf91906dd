import type {
  Epoch,
  LogDatabase,
  LoggedLaw,
  LogSession,
  MarkedLaw,
  NewEpoch,
  PublicEntry,
  WaitingEntry,
} from "../../../operations/log/ports.ts";
import type { DescribedLaw } from "../../../shared/domain/log/description.ts";
import type { JournalFacts } from "../../../shared/domain/log/public-journal.ts";

/** The log of one law as the database has it, in memory. Everything in it is durable. */
export class MemoryLog implements LogDatabase {
  readonly law: LoggedLaw;
  waitingEntries: WaitingEntry[] = [];
  logEntries: Buffer[] = [];
  epochs: Epoch[] = [];
  /** What descriptions say; undefined: tests make their entries themselves. */
  described: DescribedLaw | undefined;
  readonly notes: string[] = [];
  journal: JournalFacts[] = [];
  readonly texts: Omit<PublicEntry, "entry">[] = [];
  readonly roots = new Map<string, Buffer>();
  recordingEnded = false;
  /** Whether runs have to wait for each other. Without it, two may be in the middle of their work. */
  locks = true;
  #holders = 0;
  #nextId = 1;

  constructor(law: LoggedLaw) {
    this.law = law;
  }

  /** An entry comes to wait. */
  add(...entries: readonly Buffer[]): void {
    for (const entry of entries) this.waitingEntries.push({ id: this.#nextId++, entry });
  }

  /** Whoever has the lock loses the connection. */
  breakConnections(): void {
    this.#holders = 0;
  }

  async laws(): Promise<readonly MarkedLaw[]> {
    const mark = [this.waitingEntries.length, this.epochs.length, this.journal.length].join("/");
    return [{ ...this.law, mark }];
  }

  async begin(lawId: string): Promise<LogSession | undefined> {
    if (lawId !== this.law.lawId || (this.locks && this.#holders > 0)) return undefined;
    this.#holders += 1;
    return this.#session();
  }

  #session(): LogSession {
    return {
      describedLaw: async () => this.described,
      descriptions: async () => [...this.notes],
      addDescription: async (version, note, entry) => {
        if (version !== this.notes.length + 1) return;
        this.notes.push(note);
        this.add(entry);
      },
      newJournal: async (most) => {
        const last = this.texts.at(-1)?.number ?? 0;
        return this.journal.filter(({ number }) => number > last).slice(0, most);
      },
      lastJournal: async () => this.texts.at(-1),
      addJournal: async (after, entries) => {
        if (after !== (this.texts.at(-1)?.number ?? 0)) return;
        for (const { entry, ...text } of entries) {
          this.texts.push(text);
          this.add(entry);
        }
      },
      journalTexts: async (to) => this.texts.filter(({ number }) => number <= to).map(({ text }) => text),
      latestEpochs: async () => this.epochs.slice(-2).reverse(),
      hasRecordingEnded: async () => this.recordingEnded,
      waiting: async (most) => this.waitingEntries.slice(0, most),
      entries: async (from, to) => this.logEntries.slice(from, to),
      tileRoots: async (level, from, to) =>
        Array.from({ length: Math.max(0, to - from) }, (_, at) => this.roots.get(`${level}/${from + at}`)).flatMap(
          (root) => (root === undefined ? [] : [root]),
        ),
      commit: async (epoch) => this.#commit(epoch),
      release: async () => {
        this.#holders = Math.max(0, this.#holders - 1);
      },
    };
  }

  /** As `commit_log_epoch` of migration 0020. */
  #commit({ number, size, root, sizeBefore, waiting, tileRoots }: NewEpoch): boolean {
    const last = this.epochs.at(-1);
    if ((last?.number ?? 0) !== number - 1 || (last?.size ?? 0) !== sizeBefore) return false;
    const taken = waiting.map((id) => {
      const one = this.waitingEntries.find((entry) => entry.id === id);
      if (one === undefined) throw new Error(`no entry ${id} waits`);
      return one;
    });
    this.waitingEntries = this.waitingEntries.filter((one) => !taken.includes(one));
    this.logEntries.push(...taken.map(({ entry }) => entry));
    for (const { level, index, root: ofTile } of tileRoots) this.roots.set(`${level}/${index}`, ofTile);
    this.epochs.push({ number, size, root });
    return true;
  }
}
