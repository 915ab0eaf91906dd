import { type Bytes, joined, toHex } from "../../encoding.ts";
import { type Fields, fieldsOf } from "../../json.ts";
import { Sha256 } from "../bytes/sha256.ts";
import { fromBase64url, fromHex } from "../bytes/text.ts";
import { HashTable } from "../log/hash-table.ts";
import { isCount, isSha256, isText, listOf } from "./json.ts";
import { BadLines, blocksOf } from "./lines.ts";

/** Ballots of an option, or spoiled ones of a reason. */
interface Count {
  readonly name: string;
  readonly ballots: number;
}

/** The first line of an opened list. */
interface OpeningHeader {
  readonly fields: Fields;
  readonly boxSha256: string;
  readonly envelopes: number;
  readonly sums: readonly Count[];
  readonly spoiled: readonly Count[];
  readonly hasTrackers: boolean;
}

/** An opened list that was read to its end. */
export interface ReadOpening {
  readonly header: OpeningHeader;
  /** The first line that is not in its place. */
  readonly unsorted: number | undefined;
  /** Whether the lines give the sums. */
  readonly sumsAreRight: boolean;
  /** What the trustees sign: SHA-256 of all lines before the signature. */
  readonly signedDigest: Bytes;
  /** 64 bytes; undefined when the last line has none. */
  readonly signature: Bytes | undefined;
  /** Of the whole file. */
  readonly sha256: string;
  /** SHA-256 of the spoiled envelopes that the list names. */
  readonly spoiledEnvelopes: HashTable;
  /** The option of each tracker that was looked for, if it is there. */
  readonly trackers: ReadonlyMap<string, string>;
}

/** A line of an opened list does not have its form. */
export class BadOpening extends Error {
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} of the opened list does not have its form`);
    this.name = "BadOpening";
    this.line = line;
  }
}

const LINE_FEED = 10;
const DIGEST_BYTES = 32;

/**
 * Reads an opened list.
 *
 * @param chunks its bytes
 * @param wanted trackers that are looked for
 * @param onLines is told how many lines were read
 * @throws BadOpening, BadLines
 */
export async function readOpening(
  chunks: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
  onLines: (lines: number) => void,
): Promise<ReadOpening> {
  const [whole, signed] = [new Sha256(), new Sha256()];
  const scan = new Scan(wanted);
  // The last line is the signature; which one is last is known at the end.
  let [heldBytes, heldText]: [Bytes, string | undefined] = [joined(), undefined];
  let line = 0;
  for await (const { bytes, lines } of blocksOf(chunks)) {
    whole.update(bytes);
    const cut = bytes.lastIndexOf(LINE_FEED, bytes.length - 2) + 1;
    signed.update(heldBytes).update(bytes.subarray(0, cut));
    if (heldText !== undefined) scan.take(heldText, ++line);
    for (const text of lines.slice(0, -1)) scan.take(text, ++line);
    [heldBytes, heldText] = [bytes.slice(cut), lines.at(-1)];
    onLines(line);
  }
  const header = scan.header;
  if (header === undefined) throw new BadOpening(1);
  const { signature, ...rest } = fieldsOf(heldText ?? "") ?? {};
  if (signature === undefined || Object.keys(rest).length > 0) throw new BadLines(line + 1, "cut_off");
  return {
    header,
    unsorted: scan.unsorted,
    sumsAreRight: scan.sumsAreRight(),
    signedDigest: signed.digest(),
    signature: fromBase64url(signature, 64),
    sha256: toHex(whole.digest()),
    spoiledEnvelopes: scan.spoiledEnvelopes,
    trackers: scan.trackers,
  };
}

/** Takes the lines of an opened list one by one. */
class Scan {
  header: OpeningHeader | undefined;
  unsorted: number | undefined;
  readonly trackers = new Map<string, string>();
  readonly spoiledEnvelopes = new HashTable();
  readonly #wanted: ReadonlySet<string>;
  #places = new Map<string, number>();
  /** The lines of ballots without trackers, which are all alike. */
  #plain = new Map<string, number>();
  #ballots: number[] = [];
  readonly #spoiled = new Map<string, number>();
  #lastRank = -1;
  #lastText = "";

  constructor(wanted: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  take(text: string, line: number): void {
    if (this.header === undefined) {
      this.header = readHeader(text, line);
      const names = this.header.sums.map(({ name }, at) => [name, at] as const);
      this.#places = new Map(names);
      this.#ballots = names.map(() => 0);
      if (!this.header.hasTrackers) {
        this.#plain = new Map(names.map(([name, at]) => [`{"option":${JSON.stringify(name)}}`, at]));
      }
      return;
    }
    const place = this.#plain.get(text);
    if (place === undefined) this.#takeOther(text, line, this.header.hasTrackers);
    else this.#count(place, "", line);
  }

  #takeOther(text: string, line: number, hasTrackers: boolean): void {
    const fields = fieldsOf(text) ?? {};
    const { option, tracker, spoiled } = fields;
    if (isText(spoiled) && option === undefined) {
      const envelope = fromHex(fields["envelope_sha256"], DIGEST_BYTES);
      if (envelope !== undefined) this.spoiledEnvelopes.add(envelope);
      this.#spoiled.set(spoiled, (this.#spoiled.get(spoiled) ?? 0) + 1);
      this.#sorted(this.#ballots.length, text, line);
      return;
    }
    const place = isText(option) ? this.#places.get(option) : undefined;
    if (place === undefined || !isText(option) || isText(tracker) !== hasTrackers) throw new BadOpening(line);
    if (isText(tracker) && this.#wanted.has(tracker)) this.trackers.set(tracker, option);
    this.#count(place, isText(tracker) ? tracker : "", line);
  }

  #count(place: number, text: string, line: number): void {
    this.#ballots[place] = (this.#ballots[place] ?? 0) + 1;
    this.#sorted(place, text, line);
  }

  #sorted(rank: number, text: string, line: number): void {
    const isLate = rank < this.#lastRank || (rank === this.#lastRank && text < this.#lastText);
    if (isLate) this.unsorted ??= line;
    this.#lastRank = rank;
    this.#lastText = text;
  }

  sumsAreRight(): boolean {
    const { sums = [], spoiled = [], envelopes } = this.header ?? {};
    const all = [...this.#ballots, ...this.#spoiled.values()].reduce((total, some) => total + some, 0);
    return (
      sums.every(({ ballots }, at) => ballots === this.#ballots[at]) &&
      spoiled.length === this.#spoiled.size &&
      spoiled.every(({ name, ballots }) => ballots === this.#spoiled.get(name)) &&
      all === envelopes
    );
  }
}

function readHeader(text: string, line: number): OpeningHeader {
  const fields = fieldsOf(text) ?? {};
  const { kind, envelopes, box_sha256: boxSha256, proof } = fields;
  const sums = listOf(fields["sums"], countOf("option"));
  const spoiled = listOf(fields["spoiled"], countOf("reason"));
  if (kind !== "opening" || !isCount(envelopes) || !isSha256(boxSha256)) throw new BadOpening(line);
  if (sums === undefined || spoiled === undefined) throw new BadOpening(line);
  return { fields, boxSha256, envelopes, sums, spoiled, hasTrackers: proof === "voter" };
}

function countOf(key: string): (fields: Fields) => Count | undefined {
  return (fields) => {
    const { [key]: name, ballots } = fields;
    return isText(name) && isCount(ballots) ? { name, ballots } : undefined;
  };
}
