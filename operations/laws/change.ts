import { Refusal } from "../../shared/domain/refusal.ts";
import type { KnownLaw, LawBook, LawChanges } from "../law-book/law-book.ts";

/** Two operators lose a race to each other once. A caller that loses this often competes with a program. */
const MOST_TRIES = 10;

/**
 * Changes a law. A caller that loses a race against another change decides again, on the law as the other change left
 * it, so that neither change undoes the other.
 *
 * @param laws where the laws are
 * @param lawId the law
 * @param decide says what to change, given the law as it stands; undefined: nothing. It is called again after a lost
 *   race, and may throw
 * @param onLost called when another change came first
 * @returns the law as it stands then
 * @throws Refusal when there is no such law, or when other changes come first every time
 */
export async function changeLaw(
  laws: Pick<LawBook, "get" | "change">,
  lawId: string,
  decide: (law: KnownLaw) => LawChanges | undefined | Promise<LawChanges | undefined>,
  onLost: () => void = () => undefined,
): Promise<KnownLaw> {
  for (let tried = 1; tried <= MOST_TRIES; tried++) {
    const law = await laws.get(lawId);
    if (law === undefined) throw new Refusal(`There is no law ${lawId}.`, { code: "no_such_law", subject: lawId });
    const changes = await decide(law);
    if (changes === undefined) return law;
    const changed = await laws.change(law, changes);
    if (changed !== undefined) return changed;
    onLost();
  }
  throw new Refusal(
    `${lawId} was not changed: somebody else changed it each of the ${MOST_TRIES} times that this was tried. ` +
      "Find out who changes it, and try again.",
  );
}
