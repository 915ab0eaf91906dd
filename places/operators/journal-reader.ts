import { brokenChain, FIRST_PREVIOUS } from "../../shared/domain/journal.ts";
import { type JournalEntry, readJournal } from "../../shared/messages/operators/journal.ts";
import { UserError } from "../../terminal/errors.ts";
import type { OperatorsApi } from "./client.ts";

/** Entries that are read at once. */
const PAGE = 500;

/** An entry was changed or is missing. */
export class BrokenJournal extends UserError {}

/** An entry that stands for all before it. */
export interface KnownEntry {
  readonly number: number;
  readonly hash: string;
}

/** Reads the journal in order from its first entry, and checks each entry against the one before. */
export class JournalReader {
  readonly #api: Pick<OperatorsApi, "look">;
  readonly #signal: AbortSignal;
  readonly #known: KnownEntry | undefined;
  #last: KnownEntry = { number: 0, hash: FIRST_PREVIOUS };

  /**
   * @param api the operators' API
   * @param signal ends reading
   * @param known an entry that was checked before, which must still be the same
   */
  constructor(api: Pick<OperatorsApi, "look">, signal: AbortSignal, known?: KnownEntry) {
    this.#api = api;
    this.#signal = signal;
    this.#known = known;
  }

  /** The last entry that is checked: its hash stands for all before it. */
  get last(): KnownEntry {
    return this.#last;
  }

  /** How many entries are checked. */
  get entries(): number {
    return this.#last.number;
  }

  /**
   * Reads what has been written since the last time.
   *
   * @param onEntries called with entries that follow one another as they should
   * @throws BrokenJournal naming the entry that does not
   */
  async readOn(onEntries: (entries: readonly JournalEntry[]) => void): Promise<void> {
    for (;;) {
      const request = { after: this.#last.number, limit: PAGE };
      const { entries, last } = await this.#api.look(readJournal, request, { signal: this.#signal });
      const broken =
        brokenChain(entries, this.#last) ??
        (entries.length === 0 && last > this.#last.number ? `entry ${this.#last.number + 1} is missing` : undefined) ??
        this.#differsFromKnown(entries, last);
      if (broken !== undefined) throw new BrokenJournal(describeBroken(broken));
      if (last < this.#last.number) throw new BrokenJournal(describeBroken(`entry ${this.#last.number} is missing`));
      onEntries(entries);
      this.#last = entries.at(-1) ?? this.#last;
      if (this.#last.number >= last) return;
    }
  }

  #differsFromKnown(entries: readonly JournalEntry[], last: number): string | undefined {
    const known = this.#known;
    if (known === undefined) return undefined;
    if (last < known.number) return `entry ${known.number} is missing`;
    const now = entries.find(({ number }) => number === known.number);
    return now === undefined || now.hash === known.hash ? undefined : `entry ${known.number} is not what it was`;
  }
}

function describeBroken(broken: string): string {
  return (
    `The journal is NOT whole: ${broken}. Somebody with full access to the database has done this. Keep the database as ` +
    "it is, tell the person who is responsible for the vote, and compare with a backup and with copies of this output."
  );
}
