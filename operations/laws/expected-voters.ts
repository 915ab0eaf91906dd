import { Refusal } from "../../shared/domain/refusal.ts";
import type { Servers } from "../servers.ts";

/**
 * Refuses to seal a roll with another number of voters than its draft expects.
 *
 * @param servers those of a running stage
 * @param lawId the law; one that does not exist is for others to refuse
 * @param expect with how many voters its roll is to be sealed
 * @throws Refusal with both numbers
 */
export async function refuseUnexpected(servers: Pick<Servers, "laws">, lawId: string, expect: number): Promise<void> {
  const law = await servers.laws.get(lawId);
  if (law?.expectedVoters === undefined || law.expectedVoters === expect || law.sealedVoters !== undefined) return;
  throw new Refusal(
    `The draft of ${lawId} expects ${law.expectedVoters} voters, not ${expect}; nothing was changed. If the draft is ` +
      `wrong: npm run laws -- change ${lawId} --expect ${expect}`,
    { subject: lawId },
  );
}
