import { z } from "zod";
import { isSignedFor } from "../domain/sealing/election-keys.ts";
import type { Purpose } from "../domain/sealing/signed.ts";
import { ELECTION_FIELDS } from "./trustees.ts";

/**
 * The opened list: a line of JSON with sums, a line per ballot, a line per spoiled ballot, and a line with the
 * signature. The lines are sorted, so that they tell nothing of the order in the box, and so that two openings of the
 * same box are the same file. The trustees' tool writes it; the server reads it piece by piece.
 */

export const OPENING_PURPOSE: Purpose = "referendum opening v1";
const count = z.number().int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const name = z.string().max(200);

/** The first line. */
export const OpeningHeader = z.strictObject({
  ...ELECTION_FIELDS,
  kind: z.literal("opening"),
  proof: z.enum(["none", "voter"]),
  /** SHA-256 of the box's file. */
  box_sha256: sha256,
  envelopes: count,
  /** The options in their order. */
  sums: z.array(z.strictObject({ option: name, ballots: count })).max(256),
  /** Why ballots do not count, in alphabetical order. */
  spoiled: z.array(z.strictObject({ reason: name, ballots: count })).max(256),
});
export type OpeningHeader = z.output<typeof OpeningHeader>;

const BallotLine = z.strictObject({
  option: z.string(),
  tracker: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
});
const SpoiledLine = z.strictObject({ spoiled: name, envelope_sha256: sha256.optional() });
const SignatureLine = z.strictObject({ signature: z.string().max(200) });
const TRACKER = /^,"tracker":"([0-9a-f]{32})"\}$/;

/** Why a text is not an opening, as what follows its name in a sentence. */
export class WrongOpening extends Error {}

/** SHA-256 of what it is given. */
interface Digest {
  update(text: string): unknown;
}

const counts = z.array(z.tuple([name, count])).max(256);

/** How far an opening has been read. */
export const OpeningSoFar = z.strictObject({
  header: OpeningHeader.nullable(),
  /** By what the last line was sorted. */
  last: z.string().max(500),
  sums: counts,
  spoiled: counts,
  signature: z.string().max(200).nullable(),
});
export type OpeningSoFar = z.output<typeof OpeningSoFar>;

/** Reads an opening in pieces of whole lines. */
export class OpeningReader {
  readonly #whole: Digest;
  readonly #list: Digest | undefined;
  #header: OpeningHeader | undefined;
  #last: string;
  readonly #sums: Map<string, number>;
  readonly #spoiled: Map<string, number>;
  #signature: string | undefined;
  /** How the lines of each option begin. */
  #beginnings: readonly string[] = [];

  /**
   * @param whole takes what is signed
   * @param list takes the lines of ballots and spoiled ballots
   * @param soFar how far it was read before, with the same digests
   */
  constructor(whole: Digest, list?: Digest, soFar?: OpeningSoFar) {
    this.#whole = whole;
    this.#list = list;
    this.#last = soFar?.last ?? "";
    this.#sums = new Map(soFar?.sums);
    this.#spoiled = new Map(soFar?.spoiled);
    this.#signature = soFar?.signature ?? undefined;
    if (soFar?.header != null) this.#begin(soFar.header);
  }

  /** The first line; undefined before it was read. */
  get header(): OpeningHeader | undefined {
    return this.#header;
  }

  get soFar(): OpeningSoFar {
    return {
      header: this.#header ?? null,
      last: this.#last,
      sums: [...this.#sums],
      spoiled: [...this.#spoiled],
      signature: this.#signature ?? null,
    };
  }

  /**
   * Reads on.
   *
   * @param text whole lines, each with its line feed
   * @throws WrongOpening
   */
  read(text: string): void {
    if (!text.endsWith("\n")) throw new WrongOpening("is cut off");
    const lines = text.slice(0, -1).split("\n");
    let signed = text.length;
    let heading = 0;
    for (const line of lines) {
      if (this.#signature !== undefined) throw new WrongOpening("has lines after its signature");
      // One look at the text is quicker than a schema that refuses a million ballots.
      const end = line.startsWith('{"signature"') ? SignatureLine.safeParse(jsonOf(line)) : undefined;
      if (end?.success) {
        this.#signature = end.data.signature;
        signed -= line.length + 1;
      } else if (this.#header === undefined) {
        const first = OpeningHeader.safeParse(jsonOf(line));
        if (!first.success) throw new WrongOpening("does not begin as an opening of this release");
        this.#begin(first.data);
        heading = line.length + 1;
      } else this.#count(line);
    }
    this.#whole.update(text.slice(0, signed));
    this.#list?.update(text.slice(heading, signed));
  }

  /**
   * Checks that the lines give the sums, and that the key which it names has signed it.
   *
   * @param digest what the first digest says now, 32 bytes
   * @returns its description
   * @throws WrongOpening
   */
  end(digest: Uint8Array): OpeningHeader {
    const [header, signature] = [this.#header, this.#signature];
    if (header === undefined || signature === undefined) throw new WrongOpening("is cut off");
    const right =
      header.sums.every(({ option, ballots }) => (this.#sums.get(option) ?? 0) === ballots) &&
      header.spoiled.every(({ reason, ballots }) => this.#spoiled.get(reason) === ballots) &&
      this.#spoiled.size === header.spoiled.length &&
      [...this.#sums.values(), ...this.#spoiled.values()].reduce((all, some) => all + some, 0) === header.envelopes;
    if (!right) throw new WrongOpening("has other ballots than its sums say");
    const key = Buffer.from(header.signing_key, "base64url");
    if (!isSignedFor(key, OPENING_PURPOSE, digest, Buffer.from(signature, "base64url"))) {
      throw new WrongOpening("was changed: its signature does not belong to its content");
    }
    return header;
  }

  #begin(header: OpeningHeader): void {
    this.#header = header;
    this.#beginnings = header.sums.map(({ option }) => `{"option":${JSON.stringify(option)}`);
  }

  #count(line: string): void {
    const place = this.#quickPlace(line) ?? this.#place(jsonOf(line));
    if (place === undefined) throw new WrongOpening("has a line that is no ballot");
    if (place.order < this.#last) throw new WrongOpening("is not sorted");
    this.#last = place.order;
    const counts = place.spoiled ? this.#spoiled : this.#sums;
    counts.set(place.name, (counts.get(place.name) ?? 0) + 1);
  }

  /** The same as `#place` for a ballot as the trustees' tool writes it, without parsing it as JSON. */
  #quickPlace(line: string): Place | undefined {
    const at = this.#beginnings.findIndex((beginning) => line.startsWith(beginning));
    const [beginning, sum] = [this.#beginnings[at], this.#header?.sums[at]];
    if (beginning === undefined || sum === undefined) return undefined;
    if (this.#header?.proof === "none") {
      return line.length === beginning.length + 1 && line.endsWith("}") ? ballotPlace(sum.option, at, "") : undefined;
    }
    const tracker = TRACKER.exec(line.slice(beginning.length))?.[1];
    return tracker === undefined ? undefined : ballotPlace(sum.option, at, tracker);
  }

  #place(value: unknown): Place | undefined {
    const ballot = BallotLine.safeParse(value);
    if (ballot.success) {
      const { option, tracker } = ballot.data;
      const at = this.#header?.sums.findIndex((sum) => sum.option === option) ?? -1;
      if (at < 0 || (tracker !== undefined) !== (this.#header?.proof === "voter")) return undefined;
      return ballotPlace(option, at, tracker ?? "");
    }
    const spoiled = SpoiledLine.safeParse(value);
    if (!spoiled.success) return undefined;
    return { name: spoiled.data.spoiled, spoiled: true, order: `1 ${JSON.stringify(value)}` };
  }
}

/** What a line counts for, and a text by which lines are sorted. */
interface Place {
  readonly name: string;
  readonly spoiled: boolean;
  readonly order: string;
}

function ballotPlace(option: string, at: number, tracker: string): Place {
  return { name: option, spoiled: false, order: `0 ${String(at).padStart(3, "0")} ${tracker}` };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // It is no ballot, and its reader says so.
  }
}
