import { randomBytes } from "node:crypto";
import { ballotBox, openBallot, SEED_BYTES, sealBallot } from "../shared/domain/sealing/sealed-ballot.ts";
import { signed } from "../shared/domain/sealing/signed.ts";
import { electionOf, type PublicFile, type TestStatement } from "../shared/messages/trustees.ts";
import type { Secret } from "./shares.ts";

/**
 * Opens a test envelope for each of two options, and states that.
 *
 * @param secret what the trustees have put together
 * @param known the public file of their set
 * @param shares the numbers of the shares
 * @param madeAt ISO 8601 UTC
 * @returns the statement, signed with the election's key
 * @throws Error when an envelope does not open, which would be an error of this program
 */
export function testOpening(
  { keys }: Secret,
  known: PublicFile,
  shares: readonly number[],
  madeAt: string,
): TestStatement {
  const box = ballotBox(known.origin, Buffer.from(known.election_key, "base64url"));
  for (const option of [0, 1]) {
    const sealed = sealBallot(box, option, randomBytes(SEED_BYTES));
    if (sealed.type !== "sealed") throw new Error(`A test ballot was not sealed: ${sealed.type}.`);
    const opened = openBallot(box, keys.election.privateKey, sealed.envelope, 2);
    if (opened.type !== "opened" || opened.option !== option || opened.tracker !== sealed.tracker) {
      throw new Error(`A test ballot of option ${option} did not open: ${opened.type}.`);
    }
  }
  return signed(keys, "referendum test opening v1", {
    v: 1 as const,
    kind: "test_opening" as const,
    ...electionOf(known),
    split_id: known.split_id,
    threshold: known.threshold,
    trustees: known.trustees,
    shares: [...shares].sort((one, other) => one - other),
    made_at: madeAt,
  });
}
