import { randomBytes } from "node:crypto";
import type { OperatorsApi } from "../../places/operators/client.ts";
import type { Law } from "../../shared/domain/law.ts";
import { ballotBox, SEED_BYTES, sealBallot } from "../../shared/domain/sealing/sealed-ballot.ts";
import { registerKeys, registerTest } from "../../shared/messages/operators/sealed-laws.ts";
import { electionFields, makePublicFile } from "../../trustees/public-file.ts";
import { newSecret } from "../../trustees/shares.ts";
import { testOpening } from "../../trustees/statement.ts";

const SPLIT = { trustees: 3, threshold: 2 };

/**
 * Makes and registers the keys of a sealed law that is only a load. Nobody keeps its secret.
 *
 * @param api the operators' API
 * @param law the draft
 */
export async function registerTrustees(api: OperatorsApi, { lawId, origin = "" }: Law): Promise<void> {
  const secret = newSecret();
  const split = { ...SPLIT, splitId: randomBytes(16).toString("hex") };
  const file = makePublicFile(secret.keys, electionFields(lawId, origin, secret.keys), split);
  await api.perform(registerKeys, { law_id: lawId, keys: file });
  const statement = testOpening(secret, file, [1, 2], new Date().toISOString());
  await api.perform(registerTest, { law_id: lawId, statement });
}

/** Percentage of voters who choose the first option. */
const FIRST_OF_HUNDRED = 55;

/**
 * Seals a ballot for each voter of a roll, as their devices would.
 *
 * @param law a sealed law with its keys
 * @param voters how many
 * @param signal ends it
 * @param onSealed called now and then with how many are sealed
 * @returns envelopes, one in a line
 */
export async function* sealBallots(
  { lawId, origin = "", trustees }: Law,
  voters: number,
  signal: AbortSignal,
  onSealed: (sealed: number) => void,
): AsyncGenerator<string> {
  if (trustees === undefined) throw new Error(`${lawId} has no keys`);
  const box = ballotBox(origin, Buffer.from(trustees.electionKey, "base64url"));
  for (let from = 0; from < voters; from += PIECE) {
    signal.throwIfAborted();
    const lines: string[] = [];
    for (let voter = from; voter < Math.min(voters, from + PIECE); voter++) {
      const ballot = sealBallot(box, voter % 100 < FIRST_OF_HUNDRED ? 0 : 1, randomBytes(SEED_BYTES));
      if (ballot.type !== "sealed") throw new Error(ballot.type);
      lines.push(`${ballot.envelope}\n`);
    }
    onSealed(from + lines.length);
    yield lines.join("");
  }
}

/** Ballots between two looks at the signal. */
const PIECE = 1_000;
