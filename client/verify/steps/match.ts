import { BadLines } from "../files/lines.ts";
import { BadSubmission, type Submission, submissionsOf } from "../files/submissions.ts";
import { LOST, RISING, STATUSES, type Status, statusName } from "../log/leaf.ts";
import { comparePairs, type Group, type PairTable, partsOf, RANGES, rangeOf } from "../log/pairs.ts";
import { CannotRead, readList } from "../source.ts";
import type { Context } from "./context.ts";
import { type PromiseCheck, requestOf } from "./promises.ts";
import { readAgain, type Walked } from "./walk.ts";

const LIST = "submissions.ndjson";
const ROWS_AT_ONCE = 1 << 20;

/** What the log says of all submissions together. */
export interface Counts {
  /** How many submissions have each status. */
  readonly statuses: Record<Status, number>;
}

/**
 * What becomes of a submission by its statuses in the log, and whether they only rise. Whatever is lost may rise again
 * from there: its voter has sent it again.
 *
 * @param statuses status bytes in the order of the log
 */
export function outcomeOf(statuses: readonly number[]): { readonly status: Status; readonly rises: boolean } {
  const rising = statuses.filter((byte) => byte <= RISING);
  const beside = statuses.filter((byte) => byte > RISING);
  const follows = (byte: number, before: number) => byte > before || (byte === LOST && before > LOST);
  const rises =
    rising.every((byte, at) => follows(byte, rising[at - 1] ?? 0)) && new Set(beside).size === beside.length;
  const sinceLost = rising.slice(rising.lastIndexOf(LOST) + 1);
  const highest = sinceLost.length > 0 ? Math.max(...sinceLost) : rising.at(-1);
  const status = statusName(highest ?? beside.at(-1) ?? 0);
  return { status: status ?? "lost", rises };
}

/** Compares the list of submissions with the log (2.07 to 2.10). */
export class Matching {
  readonly #context: Context;
  readonly #promises: PromiseCheck | undefined;
  readonly #onCounted: ((pair: Uint8Array) => void) | undefined;
  readonly #statuses: Record<Status, number> = { lost: 0, invalid: 0, duplicate: 0, counted: 0, repeated: 0, late: 0 };
  #list: List | undefined;
  /** The request that was counted last. */
  #lastCounted = "";

  /**
   * @param context bundle and report
   * @param promises checks those of counted submissions; undefined when it cannot be done
   * @param onCounted is told of every counted submission
   */
  constructor(context: Context, promises: PromiseCheck | undefined, onCounted?: (pair: Uint8Array) => void) {
    this.#context = context;
    this.#promises = promises;
    this.#onCounted = onCounted;
  }

  /**
   * Goes through all submissions, as many at once as memory may hold.
   *
   * @param walked what the walk has found; its log is whole
   * @param rowsAtOnce how many entries that are
   */
  async all(walked: Walked, rowsAtOnce = ROWS_AT_ONCE): Promise<Counts> {
    const { source, report, isCertified } = this.#context;
    const chunks = await readList(source, LIST);
    if (chunks === undefined) {
      if (isCertified) report.fail("1.01", { code: "file_missing", file: LIST });
      report.skip(isCertified ? "missing" : "not_yet", "2.09", "2.10");
    } else this.#list = await List.begin(chunks, report);
    const { table, ranges, submissions } = walked.found;
    if (table !== undefined) await this.#part(table, RANGES, submissions);
    else {
      let from = 0;
      for (const to of partsOf(ranges, rowsAtOnce)) {
        const part = await readAgain(source, walked, from, to);
        if (part === undefined) throw new CannotRead("tile/entries", "they are other files now than a moment ago");
        await this.#part(part, to, submissions);
        from = to;
      }
    }
    report.ran("2.07", "2.08");
    if (this.#list !== undefined) {
      report.ran("2.09");
      if (this.#list.isBroken) report.skip("after_failure", "2.10");
      await this.#promises?.end();
    }
    return { statuses: this.#statuses };
  }

  async #part(table: PairTable, end: number, total: number): Promise<void> {
    let done = 0;
    for (const group of table.groups()) {
      const { status, rises } = outcomeOf(group.statuses);
      this.#statuses[status]++;
      const request = requestOf(group);
      if (!rises) this.#context.report.fail("2.07", { code: "status_falls", request });
      if (status === "counted") this.#noteCounted(group, request);
      await this.#compare(group, request, status);
      if (++done % 10_000 === 0) {
        this.#context.signal?.throwIfAborted();
        this.#context.onProgress("submissions", this.#done(), total);
      }
    }
    await this.#skipUntil((pair) => rangeOf(pair) >= end);
  }

  #done(): number {
    return STATUSES.reduce((sum, status) => sum + this.#statuses[status], 0);
  }

  #noteCounted({ pair }: Group, request: string): void {
    if (request === this.#lastCounted) this.#context.report.fail("2.08", { code: "counted_twice", request });
    this.#lastCounted = request;
    this.#onCounted?.(pair);
  }

  async #compare(group: Group, request: string, logged: Status): Promise<void> {
    if (this.#list === undefined || this.#list.isBroken) return;
    const { report } = this.#context;
    await this.#skipUntil((pair) => comparePairs(pair, group.pair) >= 0);
    const line = this.#list.current;
    if (line === undefined || comparePairs(line.pair, group.pair) !== 0) {
      if (!this.#list.isBroken) report.fail("2.09", { code: "not_listed", request });
      return;
    }
    if (line.status !== logged) {
      report.fail("2.09", { code: "status_differs", request, listed: line.status, logged });
    }
    if (logged === "counted") await this.#promises?.take(line);
    await this.#list.next();
  }

  /** Passes over lines that the log does not have. */
  async #skipUntil(isThere: (pair: Uint8Array) => boolean): Promise<void> {
    for (let line = this.#list?.current; line !== undefined && !isThere(line.pair); line = this.#list?.current) {
      this.#context.report.fail("2.09", { code: "not_logged", request: requestOf(line) });
      await this.#list?.next();
    }
  }
}

/** The list of submissions, line by line. */
class List {
  readonly #blocks: AsyncGenerator<Submission[]>;
  readonly #report: Context["report"];
  #block: readonly Submission[] = [];
  #at = 0;
  current: Submission | undefined;
  /** Nothing can be said of what follows. */
  isBroken = false;

  static async begin(chunks: AsyncIterable<Uint8Array>, report: Context["report"]): Promise<List> {
    const list = new List(chunks, report);
    await list.next();
    return list;
  }

  private constructor(chunks: AsyncIterable<Uint8Array>, report: Context["report"]) {
    this.#blocks = submissionsOf(chunks);
    this.#report = report;
  }

  async next(): Promise<void> {
    const before = this.current;
    if (this.#at >= this.#block.length) await this.#read();
    this.current = this.isBroken ? undefined : this.#block[this.#at++];
    if (before === undefined || this.current === undefined || comparePairs(before.pair, this.current.pair) < 0) return;
    this.#break({ code: "list_order", line: this.current.line });
  }

  async #read(): Promise<void> {
    this.#at = 0;
    this.#block = [];
    try {
      const next = await this.#blocks.next();
      if (next.done !== true) this.#block = next.value;
    } catch (error) {
      if (!(error instanceof BadSubmission || error instanceof BadLines)) throw error;
      this.#break({ code: "malformed_line", file: LIST, line: error.line });
    }
  }

  #break(finding: Parameters<Context["report"]["fail"]>[1]): void {
    this.#report.fail("2.09", finding);
    this.isBroken = true;
    this.current = undefined;
  }
}
