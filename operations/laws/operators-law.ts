import type { Law, TrusteeKeys } from "../../shared/domain/law.ts";
import { operatorsState } from "../../shared/domain/law-life.ts";
import { logKeyText } from "../../shared/domain/log/note.ts";
import { isRehearsal } from "../../shared/domain/rehearsal.ts";
import { keyIdOf } from "../../shared/domain/sealing/key-id.ts";
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
    form: law.form ?? null,
    origin: law.origin ?? null,
    promise_keys: (law.promiseKeys ?? []).map(({ version, publicKey, from }) => ({
      key_id: keyIdOf(Buffer.from(publicKey, "base64url")).toString("hex"),
      public_key: publicKey,
      version,
      from,
    })),
    log_key: law.origin === undefined || law.logKey === undefined ? null : logKeyText(law.origin, law.logKey),
    trustees: law.trustees === undefined ? null : operatorsTrustees(law.trustees),
    proof: law.proof ?? "none",
    box_closed: law.boxClosed ?? false,
    destroyed_at: law.destroyedAt ?? null,
    pepper_id: law.pepperId ?? null,
    codes: law.codes ?? "any",
    key_version: law.keyVersion,
    version: law.version ?? 0,
  };
}

function operatorsTrustees(keys: TrusteeKeys): NonNullable<OperatorsLaw["trustees"]> {
  const { electionKey, signingKey, splitId, threshold, trustees, tested } = keys;
  return {
    key_id: keyIdOf(Buffer.from(electionKey, "base64url")).toString("hex"),
    election_key: electionKey,
    signing_key: signingKey,
    split_id: splitId,
    threshold,
    trustees,
    tested,
  };
}
