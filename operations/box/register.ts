import type { Law } from "../../shared/domain/law.ts";
import { Refusal } from "../../shared/domain/refusal.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import {
  isPublicFileWhole,
  isStatementWhole,
  type PublicFile,
  type TestStatement,
} from "../../shared/messages/trustees.ts";
import type { LawChanges } from "../law-book/law-book.ts";
import { refuseForbidden } from "../laws/refuse-forbidden.ts";

/**
 * Reads the public file of a draft's trustees. Its signature proves that its makers have the signing key.
 *
 * @param law the law
 * @param file the public file
 * @param now the present instant
 * @returns what changes; undefined: these keys are registered already
 * @throws Refusal when the law takes no keys, or the file is not for it, or damaged
 */
export function readKeys(law: Law, file: PublicFile, now: Date): LawChanges | undefined {
  refuseUnsealed(law);
  refuseForbidden(law, "register_keys", now.getTime());
  refuseOtherLaw(law, "The public file", file);
  if (!isPublicFileWhole(file)) {
    throw new Refusal(
      `The public file of ${law.lawId} was changed: its signature does not belong to its content. Use another copy of it.`,
      { subject: law.lawId },
    );
  }
  refuseLowOrder(law.lawId, file);
  const { election_key: electionKey, signing_key: signingKey, split_id: splitId, threshold, trustees } = file;
  const before = law.trustees;
  if (
    before?.electionKey === electionKey &&
    before.signingKey === signingKey &&
    before.splitId === splitId &&
    before.threshold === threshold &&
    before.trustees === trustees
  ) {
    return undefined;
  }
  return { trustees: { electionKey, signingKey, splitId, threshold, trustees, tested: false } };
}

/**
 * Reads the statement that the trustees of a draft have opened test ballots. So many shares as are needed give the key
 * that signs it.
 *
 * @param law the law
 * @param statement the statement
 * @param now the present instant
 * @returns what changes; undefined: it is known already
 * @throws Refusal when the law has no keys, or the statement is not of its keys and shares, or damaged
 */
export function readTest(law: Law, statement: TestStatement, now: Date): LawChanges | undefined {
  const { lawId, trustees: known } = law;
  refuseUnsealed(law);
  refuseForbidden(law, "register_keys", now.getTime());
  refuseOtherLaw(law, "The statement", statement);
  const refuse = (why: string) => new Refusal(`The statement of the test opening ${why}`, { subject: lawId });
  if (known === undefined) {
    throw refuse(`comes before the keys of ${lawId}: npm run laws -- keys ${lawId} --public FILE`);
  }
  if (statement.signing_key !== known.signingKey || statement.election_key !== known.electionKey) {
    throw refuse(
      `is of other keys than those of ${lawId}: it is of the key ${statement.key_id}. Test the present ones.`,
    );
  }
  if (statement.split_id !== known.splitId) {
    throw refuse(
      `is of another set of shares of the same keys: ${statement.split_id.slice(0, 8)}, and not ` +
        `${known.splitId.slice(0, 8)}. Test the shares of the public file that is registered.`,
    );
  }
  if (!isStatementWhole(statement)) {
    throw refuse("was changed: its signature does not belong to its content. Use another copy of it.");
  }
  const shares = new Set(statement.shares);
  const isWhole =
    shares.size === statement.shares.length &&
    statement.threshold === known.threshold &&
    statement.trustees === known.trustees &&
    statement.shares.every((share) => share <= known.trustees);
  if (!isWhole) throw refuse("says other numbers of shares than the public file. Test them again.");
  if (shares.size < known.threshold) {
    throw refuse(`names ${shares.size} of the ${known.threshold} shares that are needed. Test with enough of them.`);
  }
  return known.tested ? undefined : { trustees: { ...known, tested: true } };
}

function refuseUnsealed({ lawId, form }: Law): void {
  if (form === "sealed") return;
  throw new Refusal(`${lawId} is not a sealed law: it has no trustees. A law gets its form when it is added.`, {
    subject: lawId,
  });
}

function refuseOtherLaw(
  { lawId, origin }: Law,
  what: string,
  file: { readonly law_id: string; readonly origin: string },
): void {
  if (file.law_id !== lawId) {
    throw new Refusal(`${what} is of another law, ${file.law_id}. Name that of ${lawId}.`, { subject: lawId });
  }
  if (file.origin === origin) return;
  throw new Refusal(
    `${what} is for the origin ${file.origin}, and ${lawId} has the origin ${origin}: it is of another stage, or of ` +
      `another law that had this id. Make keys with --origin ${origin}`,
    { subject: lawId },
  );
}

/** Everybody can read what is sealed for a key of low order. */
function refuseLowOrder(lawId: string, { origin, election_key }: PublicFile): void {
  const box = ballotBox(origin, Buffer.from(election_key, "base64url"));
  if (sealBallot(box, 0, Buffer.alloc(SEED_BYTES)).type === "sealed") return;
  throw new Refusal(
    `The election key of ${lawId} is a point of low order: nothing can be sealed for it. Make others.`,
    {
      subject: lawId,
    },
  );
}
