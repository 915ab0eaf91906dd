import { lawInstant } from "../../../shared/domain/instant.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";

/**
 * Refuses a change of a roll that would be in force when its law takes no vote any more. It would change nothing but
 * the figures of the roll.
 *
 * @param law the law
 * @param moment when the change would be in force
 * @throws Refusal when the law closes before that, or at that moment
 */
export function refuseAfterEnd(law: Law, moment: Date): void {
  const { lawId, closesAt } = law;
  if (closesAt === undefined || moment.getTime() < Date.parse(closesAt)) return;
  throw new Refusal(
    `${lawId} closes at ${lawInstant(law, closesAt)}, and the change of its roll would be in force at ` +
      `${lawInstant(law, moment)}, when it takes no vote any more. Nothing was changed. Name an earlier moment by --at, or ` +
      `let it close later first: npm run laws -- close ${lawId} --at INSTANT`,
    { subject: lawId },
  );
}
