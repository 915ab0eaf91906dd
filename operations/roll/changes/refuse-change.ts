import type { Law } from "../../../shared/domain/law.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { refuseForbidden } from "../../laws/refuse-forbidden.ts";
import type { StepPorts } from "../steps/step-ports.ts";
import type { RollDraft } from "../stores/roll-drafts.ts";

/** How many lines a refusal names. */
const MOST_NAMED = 10;

/**
 * Refuses a change of a sealed roll that does not fit the roll as it is. Whether somebody has voted is looked at only
 * when the change is carried out: one person alone, who proposes codes and is refused or not, must not learn it.
 *
 * @param ports the stores of rolls
 * @param law the law
 * @param draft the change
 * @param when whether the change is carried out now, or only prepared, proposed or approved
 * @returns the voters of its persons who have not ended, in the order of the draft: what a change ends
 * @throws Refusal when the roll is not sealed, the law's state does not allow it, or voters are not as the change needs
 *   them; it names lines
 */
export async function refuseChange(
  { database }: Pick<StepPorts, "database">,
  law: Law,
  { lawId, kind, lines, personHashes, voterHashes }: RollDraft,
  { isCarriedOut }: { readonly isCarriedOut: boolean },
): Promise<readonly Buffer[]> {
  if (kind !== "find") refuseForbidden(law, "change_roll", Date.now());
  if ((await database.sealOf(lawId)) === undefined) {
    throw new Refusal(
      `The roll of ${lawId} is not sealed. Load what belongs on it, and seal it: npm run voters -- seal ${lawId} --expect N`,
    );
  }
  if (kind === "find") return [];
  const known = await database.persons(lawId, personHashes);
  const linesOf = (isWrong: (index: number) => boolean) => lines.filter((_, index) => isWrong(index));
  if (kind === "add") {
    refuseLines(
      linesOf((index) => known[index]?.voterHash !== undefined),
      "is on the roll already",
      "replace their codes",
    );
  } else {
    refuseLines(
      linesOf((index) => known[index]?.voterHash === undefined),
      "is not on the roll",
      "leave them out",
    );
  }
  if (kind === "replace" && isCarriedOut) {
    refuseLines(
      linesOf((index) => known[index]?.hasVoted === true),
      "has voted",
      "leave them out: a vote stands",
    );
  }
  const before = new Set((await database.knownVoters(lawId, voterHashes)).map((hash) => hash.toString("hex")));
  const isKnown = (index: number) => before.has(voterHashes[index]?.toString("hex") ?? "");
  refuseLines(linesOf(isKnown), "has a code that is or was on the roll", "give them new codes");
  return kind === "add" ? [] : known.flatMap(({ voterHash }) => voterHash ?? []);
}

function refuseLines(lines: readonly number[], why: string, what: string): void {
  if (lines.length === 0) return;
  const named = lines.slice(0, MOST_NAMED).join(", ");
  const more = lines.length > MOST_NAMED ? ", …" : "";
  throw new Refusal(
    `Who is named in line${lines.length === 1 ? "" : "s"} ${named}${more} ${why} (${lines.length} in all); nothing was changed. ` +
      `For these, ${what}.`,
  );
}
