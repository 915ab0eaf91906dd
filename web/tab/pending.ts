import type { LawDescription, Vote } from "../../client/index.ts";
import { list, oneOf, readPromiseKey, record, text } from "../api/answers.ts";

/** A submission that was begun and is not confirmed. */
export interface Pending {
  /** Its Idempotency-Key. */
  readonly key: string;
  readonly vote: Vote;
  /** What its ballot is sealed for, or that its law is open. Absent in what a page of an earlier release has kept. */
  readonly law?: LawDescription;
  /** What makes its sealed ballot the same bytes in each try: 64 hexadecimal digits. */
  readonly seed?: string;
  /** The number of its receipt, once an answer has named it. */
  readonly receipt?: string;
}

/**
 * Reads a submission that a tab has kept.
 *
 * @param kept JSON
 * @returns undefined when it is none: a page of another release may have left it behind
 */
export function pendingIn(kept: string): Pending | undefined {
  try {
    const pending = record(JSON.parse(kept), "pending");
    const vote = record(pending["vote"], "vote");
    return {
      key: text(pending, "key"),
      vote: {
        nas: text(vote, "nas"),
        code: text(vote, "code"),
        law_id: text(vote, "law_id"),
        vote: oneOf(["oui", "non"], vote, "vote"),
      },
      ...(pending["law"] === undefined ? {} : { law: lawIn(record(pending["law"], "law")) }),
      ...(pending["seed"] === undefined ? {} : { seed: digits(text(pending, "seed")) }),
      ...(pending["receipt"] === undefined ? {} : { receipt: text(pending, "receipt") }),
    };
  } catch {
    return undefined;
  }
}

function lawIn(law: Readonly<Record<string, unknown>>): LawDescription {
  const known = ["origin", "election_key", "proof"].filter((name) => law[name] !== undefined);
  return {
    law_id: text(law, "law_id"),
    form: oneOf(["open", "sealed"], law, "form"),
    ...Object.fromEntries(known.map((name) => [name, text(law, name)])),
    ...(law["promise_keys"] === undefined ? {} : { promise_keys: list(law, "promise_keys").map(readPromiseKey) }),
  };
}

function digits(seed: string): string {
  if (!/^[0-9a-f]{64}$/.test(seed)) throw new TypeError("seed is no seed");
  return seed;
}

/** Writes a seed. */
export function seedText(seed: Uint8Array): string {
  return Array.from(seed, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads a seed that `seedText` has written. */
export function seedOf(kept: string): Uint8Array {
  return Uint8Array.from(kept.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
