import { Refusal } from "../../shared/domain/refusal.ts";

/**
 * Refuses to seal the roll of a law that is not as it was when somebody asked for that: a seal makes a law ready, with
 * its titles, its window and the moment of its results.
 *
 * @param law the law as it is
 * @param asked which version somebody has seen, and how many voters its roll is to have; without a version, the law is
 *   taken as it is
 * @throws Refusal with both versions; not for a law that this very seal may have brought to its next version
 */
export function refuseOtherVersion(
  law: { readonly lawId: string; readonly version: number; readonly sealedVoters?: number | undefined },
  { version, expect }: { readonly version?: number | undefined; readonly expect: number },
): void {
  const { lawId } = law;
  if (version === undefined || law.version === version) return;
  if (law.sealedVoters === expect && law.version === version + 1) return;
  if (law.sealedVoters !== undefined) {
    throw new Refusal(
      `The roll of ${lawId} is sealed with ${law.sealedVoters} voters already, and not for what somebody asked: the law had ` +
        `version ${version} then, and has version ${law.version} now. Nothing was changed. Look at it: npm run laws -- show ${lawId}`,
      { subject: lawId },
    );
  }
  throw new Refusal(
    `The law ${lawId} has changed since somebody asked to seal its roll: it had version ${version} then, and has version ` +
      `${law.version} now. Nothing was sealed. Look at it (npm run laws -- show ${lawId}), and seal its roll again: npm run ` +
      `voters -- seal ${lawId} --expect ${expect}`,
    { subject: lawId },
  );
}
