import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { electionKeys } from "../../shared/domain/sealing/election-keys.ts";
import type { OpeningHeader } from "../../shared/messages/opening.ts";
import type { PublicFile, TestStatement } from "../../shared/messages/trustees.ts";
import { openBox } from "../../trustees/open-box.ts";
import { electionFields, makePublicFile, type Split } from "../../trustees/public-file.ts";
import { newSplit, type Secret } from "../../trustees/shares.ts";
import { testOpening } from "../../trustees/statement.ts";

/** The trustees of a law with their secret in one piece, so that tests need no passphrases. */
export interface TestTrustees {
  readonly secret: Secret;
  readonly publicFile: PublicFile;
  /** Another set of shares of the same secret. */
  splitAgain(): TestTrustees;
  /** The statement that these shares opened test ballots. */
  statement(...shares: readonly number[]): TestStatement;
  /** Opens a box; the list is written to `out`. */
  open(box: string, out: string): Promise<OpeningHeader>;
}

/**
 * Makes keys for a law: two of three shares open its box.
 *
 * @param lawId the law
 * @param origin of the law
 * @param split how the secret is split
 * @param bytes the secret
 */
export function testTrustees(
  lawId: string,
  origin: string,
  split: Split = newSplit(3, 2),
  bytes = Uint8Array.from(randomBytes(32)),
): TestTrustees {
  const secret = { bytes, keys: electionKeys(bytes) };
  const publicFile = makePublicFile(secret.keys, electionFields(lawId, origin, secret.keys), split);
  return {
    secret,
    publicFile,
    splitAgain: () => testTrustees(lawId, origin, newSplit(split.trustees, split.threshold), bytes),
    statement: (...shares) => testOpening(secret, publicFile, shares, "2026-11-30T12:00:00.000Z"),
    open: (box, out) => {
      const { signal } = new AbortController();
      return openBox({ secret, known: publicFile, box, out, threads: 1, signal, onProgress: () => undefined });
    },
  };
}

/** Writes JSON to a file; gives its path. */
export function writeJson(path: string, value: object): string {
  writeFileSync(path, JSON.stringify(value));
  return path;
}
