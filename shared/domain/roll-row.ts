import type { InvalidReason } from "./outcome.ts";

/** What acts do to voters of a sealed roll. */
export const ROLL_CHANGES = ["add", "replace", "strike"] as const;
export type RollChangeKind = (typeof ROLL_CHANGES)[number];

/** From when until when a voter is on a roll. Acts on a sealed roll add rows and end them; nothing else changes. */
export interface RollTime {
  /** ISO 8601 UTC; votes accepted at this instant or later count. Absent: from the beginning. */
  readonly beginsAt?: string | undefined;
  /** ISO 8601 UTC; votes accepted at this instant or later do not count. Absent: to the end. */
  readonly endsAt?: string | undefined;
  /** How it ended: the code was replaced by another one, or the voter was struck off. */
  readonly endedAs?: "replaced" | "struck" | undefined;
}

/**
 * Whether a voter was on a roll when a vote was accepted. The SQL function `enter_votes` decides in the same way.
 *
 * @param time of the voter on the roll; undefined: the voter has never been on it
 * @param acceptedAt when the vote was accepted, ISO 8601 UTC
 * @returns undefined when the voter was on the roll, otherwise why the vote is invalid
 */
export function invalidBecause(time: RollTime | undefined, acceptedAt: string): InvalidReason | undefined {
  if (time === undefined) return "not_on_roll";
  const at = Date.parse(acceptedAt);
  const { beginsAt, endsAt, endedAs } = time;
  if (beginsAt !== undefined && at < Date.parse(beginsAt)) return "not_on_roll";
  if (endsAt === undefined || at < Date.parse(endsAt)) return undefined;
  return endedAs === "replaced" ? "code_replaced" : "struck";
}
