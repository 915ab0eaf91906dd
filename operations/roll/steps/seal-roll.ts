import { Refusal } from "../../../shared/domain/refusal.ts";
import { describeRollWork } from "../../../shared/domain/roll.ts";
import type { KnownLaw } from "../../law-book/law-book.ts";
import { changeLaw } from "../../laws/change.ts";
import { existingLaws } from "../../laws/existing-laws.ts";
import { refuseForbidden } from "../../laws/refuse-forbidden.ts";
import { beginAtSeal } from "../../laws/window.ts";
import type { Servers } from "../../servers.ts";
import { type StepPorts, withStepRight } from "./step-ports.ts";

/**
 * Seals the roll of a law: from then on no load changes it. A draft is ready then, and voters' functions know the law.
 * It waits for the right to change the roll, so no step of a load is under way. Sealing again with the same number
 * changes nothing.
 *
 * @param servers those of a running stage
 * @param ports the stores of rolls
 * @param lawId the law
 * @param expected how many voters the roll must have
 * @returns the law
 * @throws Refusal when the roll has another number of voters, a load has not ended, or the law's state does not allow
 *   it
 */
export async function sealRoll(servers: Servers, ports: StepPorts, lawId: string, expected: number): Promise<KnownLaw> {
  const laws = await existingLaws(servers, [lawId]);
  return withStepRight(ports, laws, async (right) => {
    await refuseToSeal(servers, ports, lawId, expected);
    await right.check();
    return changeLaw(servers.laws, lawId, (law) => {
      if (law.sealedVoters === expected) return undefined;
      const now = new Date();
      refuseForbidden(law, "seal_roll", now.getTime());
      const window = law.reached === "draft" ? beginAtSeal(law, now) : {};
      return { reached: "ready", sealedVoters: expected, ...window };
    });
  });
}

/**
 * Refuses to seal a roll that is not as expected.
 *
 * @param servers those of a running stage
 * @param ports the stores of rolls
 * @param lawId the law
 * @param expected how many voters the roll must have
 * @throws Refusal saying why, with the difference
 */
export async function refuseToSeal(
  servers: Pick<Servers, "laws">,
  { database, marks }: Pick<StepPorts, "database" | "marks">,
  lawId: string,
  expected: number,
): Promise<void> {
  const law = await servers.laws.get(lawId);
  if (law === undefined) throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
  if (law.sealedVoters === expected) return;
  refuseForbidden(law, "seal_roll", Date.now());
  const [load] = (await marks.unfinished(lawId)).filter(({ kind }) => kind === "load");
  if (load !== undefined) {
    throw new Refusal(`${describeRollWork(load)}; a roll is sealed when its loads have ended. Nothing was changed.`);
  }
  const voters = await database.count(lawId);
  if (voters === expected) return;
  const difference = Math.abs(voters - expected);
  throw new Refusal(
    `The roll of ${lawId} has ${voters} voters, ${difference} ${voters < expected ? "fewer" : "more"} than the ` +
      `${expected} that are expected; nothing was changed. ` +
      (voters < expected
        ? "Load the files that are missing, or find out why fewer are right."
        : "Find out who should not be on it. Nobody is taken off a roll: if they must not vote, add another law."),
  );
}
