import type { Law } from "../../shared/domain/law.ts";
import { operatorsState } from "../../shared/domain/law-life.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import type { OperatorsLaw } from "../../shared/messages/operators/laws.ts";

/**
 * A law as the operators' API says it; instants are in UTC.
 *
 * @param law the law
 * @param now the present instant, which its state is of
 */
export function operatorsLaw(law: Law, now: Date): OperatorsLaw {
  return {
    law_id: law.lawId,
    rehearsal: isRehearsal(law.lawId),
    title: law.title,
    title_fr: law.titles?.fr ?? law.title,
    title_en: law.titles?.en ?? law.title,
    state: operatorsState(law, now.getTime()),
    opens_at: law.opensAt,
    closes_at: law.closesAt ?? null,
    planned_opens_at: law.plannedOpensAt ?? null,
    planned_closes_at: law.plannedClosesAt ?? null,
    earlier_windows: (law.earlierWindows ?? []).map(({ opensAt, closesAt }) => ({
      opens_at: opensAt,
      closes_at: closesAt,
    })),
    utc_offset: law.utcOffset ?? null,
    frozen: law.frozen ?? false,
    sealed_voters: law.sealedVoters ?? null,
    expected_voters: law.expectedVoters ?? null,
    results: law.results ?? "live",
    pepper_id: law.pepperId ?? null,
    codes: law.codes ?? "any",
    key_version: law.keyVersion,
    version: law.version ?? 0,
  };
}
