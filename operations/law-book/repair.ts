import type { Law } from "../../shared/domain/law.ts";

/** A law as PostgreSQL has it. */
export interface LawRow {
  readonly law: Law & { readonly version: number };
  /** The last version that its item is known to have had in time. */
  readonly confirmedVersion: number;
  /** When the window of this version is in force; absent: the version has no new window. */
  readonly inForceAt?: Date | undefined;
}

/**
 * What is to be done until the row of a law and its item agree:
 *
 * - `take_over`: the item is from before there were rows;
 * - `adopt`: the item is ahead, because PostgreSQL was restored, or a release before rows has changed it;
 * - `project`: the item is absent or behind, because a change was cut off;
 * - `confirm`: the item has the version, and nobody has noted that;
 * - `copy_frozen`: somebody has frozen or unfrozen the law;
 * - `nothing`.
 */
export type Repair = "take_over" | "adopt" | "project" | "confirm" | "copy_frozen" | "nothing";

/**
 * Says what is to be done first. When that is done, both are read again.
 *
 * @param row what PostgreSQL has
 * @param item what DynamoDB has
 */
export function repairOf(row: LawRow | undefined, item: Law | undefined): Repair {
  if (row === undefined) return item === undefined ? "nothing" : "take_over";
  const { law, confirmedVersion } = row;
  if (item === undefined) {
    if (law.reached !== "draft") return "project";
    return confirmedVersion < law.version ? "confirm" : "nothing";
  }
  const version = item.version ?? 0;
  if (version > law.version) return "adopt";
  if (version < law.version) return "project";
  if ((item.frozen ?? false) !== (law.frozen ?? false)) return "copy_frozen";
  return confirmedVersion < law.version ? "confirm" : "nothing";
}

/**
 * Whether PostgreSQL can hold a law. It holds no text with a zero character or half a surrogate pair. No release has
 * stored one, but another program may have.
 *
 * @param law the law
 */
export function isStorable({ title, titles }: Law): boolean {
  const texts = [title, titles?.fr ?? "", titles?.en ?? ""];
  return texts.every((text) => text.isWellFormed() && !text.includes("\u0000"));
}

/**
 * The row of a law that is taken over from its item, or that adopts what its item has.
 *
 * @param item the item
 */
export function rowOfItem(item: Law): LawRow {
  const version = item.version ?? 0;
  return { law: { ...item, reached: item.reached ?? "ready", version }, confirmedVersion: version };
}

/**
 * A row whose window is in force at another moment, because the item had it too late for every `ingest` to know.
 *
 * @param row the row
 * @param moment the new moment
 */
export function movedTo(row: LawRow, moment: Date): LawRow {
  const { law, confirmedVersion } = row;
  const at = moment.toISOString();
  return {
    law: {
      ...law,
      version: law.version + 1,
      ...(isAtMoment(row, law.opensAt) ? { opensAt: at } : {}),
      ...(isAtMoment(row, law.closesAt) ? { closesAt: at } : {}),
    },
    confirmedVersion,
    inForceAt: moment,
  };
}

/** Whether a law begins or ends to take votes at the moment from which its window is in force. */
export function beginsOrEndsAtMoment(row: LawRow): boolean {
  return isAtMoment(row, row.law.opensAt) || isAtMoment(row, row.law.closesAt);
}

function isAtMoment({ inForceAt }: LawRow, instant: string | undefined): boolean {
  return instant !== undefined && inForceAt !== undefined && Date.parse(instant) === inForceAt.getTime();
}
