import { Refusal } from "../../shared/domain/refusal.ts";

/**
 * Refuses to seal the roll of a law that is not as it was when somebody asked for that: a seal makes a law ready, with
 * its titles, its window and the moment of its results.
 *
 * @param law the law as it is
 * @param asked which version somebody has seen, and how many voters its roll is to have; without a version, the law is
 *   taken as it is
 * @throws Refusal with both versions; not for a law that is sealed so already
 */
export function refuseOtherVersion(
  law: { readonly lawId: string; readonly version: number; readonly sealedVoters?: number | undefined },
  { version, expect }: { readonly version?: number | undefined; readonly expect: number },
): void {
  const { lawId } = law;
  if (version === undefined || law.version === version || law.sealedVoters === expect) return;
  throw new Refusal(
    `The law ${lawId} has changed since somebody asked to seal its roll: it had version ${version} then, and has version ` +
      `${law.version} now. Nothing was sealed. Look at it (npm run laws -- show ${lawId}), and seal its roll again: npm run ` +
      `voters -- seal ${lawId} --expect ${expect}`,
    { subject: lawId },
  );
}
