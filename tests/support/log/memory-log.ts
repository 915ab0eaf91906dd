import type { LogDatabase, LoggedLaw, LogSession, MarkedLaw } from "../../../operations/log/ports.ts";
import { LogTables } from "../../../proving/simulation/models/log-tables.ts";
import type { DescribedLaw } from "../../../shared/domain/log/description.ts";
import type { JournalFacts } from "../../../shared/domain/log/public-journal.ts";

/** The log of one law as the database has it, in memory. Everything in it is durable. */
export class MemoryLog extends LogTables implements LogDatabase {
  readonly law: LoggedLaw;
  /** What descriptions say; undefined: tests make their entries themselves. */
  described: DescribedLaw | undefined;
  journal: JournalFacts[] = [];
  recordingEnded = false;
  /** Whether runs have to wait for each other. Without it, two may be in the middle of their work. */
  locks = true;
  #holders = 0;

  constructor(law: LoggedLaw) {
    super();
    this.law = law;
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
    return {
      ...this.session,
      describedLaw: async () => this.described,
      newJournal: async (most) => {
        const last = this.texts.at(-1)?.number ?? 0;
        return this.journal.filter(({ number }) => number > last).slice(0, most);
      },
      journalDiffers: async (texts) => {
        const isKnown = (said: { number: number; act: string }) =>
          this.journal.some(({ number, act }) => number === said.number && act === said.act);
        return texts.map((text) => JSON.parse(text)).find((said) => !isKnown(said))?.number;
      },
      journalRollDigest: async () => undefined,
      hasRecordingEnded: async () => this.recordingEnded,
      release: async () => {
        this.#holders = Math.max(0, this.#holders - 1);
      },
    };
  }
}
