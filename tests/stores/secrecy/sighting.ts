import type { KeyObject } from "node:crypto";
import type { Choice } from "../../../shared/domain/ballot.ts";

export interface Tally {
  readonly source: "vote_results" | "ledger" | "results";
  readonly lawId: string;
  readonly oui: number;
  readonly non: number;
}

/** Something that a role has seen: a message, a row, an item, an answer. */
export interface Sighting {
  readonly content: Buffer;
  /** The content as text, a character per byte. */
  readonly text: string;
  /** PostgreSQL's id of the transaction that wrote the row. */
  readonly transaction?: string | undefined;
  /** The numbers of a law, if this tells them; not every source has those of this moment. */
  readonly tally?: Tally | undefined;
  /** An opened ballot, if this is one. */
  readonly ballot?: { readonly lawId: string; readonly choice: Choice } | undefined;
  /** Whether this says that a submission was counted. */
  readonly counts: boolean;
}

/** Keys by which a role computes what it has not seen. */
export interface HeldKeys {
  /** Of voter hashes. */
  readonly pepper?: KeyObject | undefined;
  /** Of person hashes. */
  readonly person?: KeyObject | undefined;
  /** What shares of the election's private key give; too few give another key. */
  readonly election?: readonly KeyObject[] | undefined;
}

/** What a role has seen, look by look, and the keys that it holds. */
export interface Knowledge {
  readonly looks: readonly (readonly Sighting[])[];
  readonly keys: HeldKeys;
}

/** A sighting of a text, or of bytes. */
export function sighted(
  content: string | Buffer,
  more: Omit<Partial<Sighting>, "content" | "text" | "counts"> = {},
): Sighting {
  const bytes = Buffer.from(content);
  return { content: bytes, text: bytes.toString("latin1"), counts: bytes.includes('"counted"'), ...more };
}

/** The knowledge of two roles that tell each other everything. */
export function together(one: Knowledge, other: Knowledge): Knowledge {
  return {
    looks: one.looks.map((look, at) => [...look, ...(other.looks[at] ?? [])]),
    keys: {
      pepper: one.keys.pepper ?? other.keys.pepper,
      person: one.keys.person ?? other.keys.person,
      election: [...(one.keys.election ?? []), ...(other.keys.election ?? [])],
    },
  };
}
