import type { Law } from "./law.ts";

/** The copies of a stage that outlive their original, each for a number of days. */
export const LASTING_COPIES = [
  "database_backups",
  "receipt_backups",
  "redis_snapshots",
  "archive_versions",
  "queued_messages",
  "logs",
] as const;
export type LastingCopy = (typeof LASTING_COPIES)[number];

const DAY_MS = 86_400_000;

/**
 * How far a law has to be brought before it may be destroyed. What is published stays, so a law with a log is published
 * first; one without a log has nothing to publish but its result. PostgreSQL decides (`concluded_at`, migration 0022).
 *
 * @param law the law
 */
export function stateToDestroy({ logKey }: Pick<Law, "logKey">): "counted" | "published" {
  return logKey === undefined ? "counted" : "published";
}

/**
 * The first moment at which a law may be destroyed.
 *
 * @param concludedAt when it was counted or published
 * @param legalTermDays the legal term
 */
export function destroyableFrom(concludedAt: Date, legalTermDays: number): Date {
  return new Date(concludedAt.getTime() + legalTermDays * DAY_MS);
}

/**
 * The last day on which each copy of a store may still have what was destroyed.
 *
 * @param keptDays for how many days each is kept; absent: the stage has none
 * @param destroyedAt when the store itself had nothing any more
 * @returns days as YYYY-MM-DD, in UTC
 */
export function lastDays(
  keptDays: Readonly<Partial<Record<LastingCopy, number>>>,
  destroyedAt: Date,
): { readonly copy: LastingCopy; readonly last_day: string }[] {
  return LASTING_COPIES.flatMap((copy) => {
    const days = keptDays[copy];
    if (days === undefined) return [];
    return { copy, last_day: new Date(destroyedAt.getTime() + days * DAY_MS).toISOString().slice(0, 10) };
  });
}

/** A version of secrets that a law has used. */
export interface UsedKey {
  /** `law`: request ids, idempotency keys, persons and checks of codes, which have one version per law. */
  readonly secret: "law" | "pepper" | "promise";
  readonly version: number;
  /** Whether a law that is not destroyed uses it too. */
  readonly used_by_others: boolean;
}

/**
 * The versions of secrets that a law has used, as far as laws name them. Those of macs, sealing and the archive are
 * named by messages and objects, not by laws.
 *
 * @param law the law
 * @param others every law of the stage
 */
export function usedKeys(law: Law, others: readonly Law[]): readonly UsedKey[] {
  const living = others.filter(({ lawId, destroyedAt }) => lawId !== law.lawId && destroyedAt === undefined);
  const inUse = new Set(living.flatMap(namedKeys).map(nameOf));
  return namedKeys(law).map((key) => ({ ...key, used_by_others: inUse.has(nameOf(key)) }));
}

type NamedKey = Omit<UsedKey, "used_by_others">;

function namedKeys({ keyVersion, pepperId, promiseKeys = [] }: Law): readonly NamedKey[] {
  return [
    { secret: "law", version: keyVersion },
    ...(pepperId === undefined ? [] : [{ secret: "pepper" as const, version: Number(pepperId) }]),
    ...promiseKeys.map(({ version }) => ({ secret: "promise" as const, version })),
  ];
}

function nameOf({ secret, version }: NamedKey): string {
  return `${secret} ${version}`;
}
