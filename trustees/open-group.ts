import type { KeyObject } from "node:crypto";
import { type BallotBox, openBallot, type Spoiled } from "../shared/domain/sealing/sealed-ballot.ts";

/** The ballots of some envelopes, without their order. */
export interface OpenedGroup {
  /** How many ballots each option has. */
  readonly counts: number[];
  /** The trackers of each option; empty lists when they were not asked for. */
  readonly trackers: string[][];
  /** What does not count, and why. */
  readonly spoiled: { readonly type: Spoiled["type"]; readonly envelope: string }[];
}

/** What opening needs. */
export interface Opening {
  readonly origin: string;
  /** The election's public key, 32 bytes. */
  readonly electionKey: Uint8Array;
  readonly privateKey: KeyObject;
  /** How many options the law has. */
  readonly options: number;
  readonly withTrackers: boolean;
}

/**
 * A group without ballots.
 *
 * @param options how many options the law has
 */
export function emptyGroup(options: number): OpenedGroup {
  return { counts: Array(options).fill(0), trackers: Array.from({ length: options }, () => []), spoiled: [] };
}

/**
 * Opens some envelopes.
 *
 * @param box what ballots were sealed for
 * @param opening what opening needs
 * @param envelopes their texts
 */
export function openGroup(box: BallotBox, opening: Opening, envelopes: readonly string[]): OpenedGroup {
  const group = emptyGroup(opening.options);
  for (const envelope of envelopes) {
    const opened = openBallot(box, opening.privateKey, envelope, opening.options);
    if (opened.type !== "opened") {
      group.spoiled.push({ type: opened.type, envelope });
      continue;
    }
    group.counts[opened.option] = (group.counts[opened.option] ?? 0) + 1;
    if (opening.withTrackers) group.trackers[opened.option]?.push(opened.tracker);
  }
  return group;
}

/** Adds the ballots of one group to another. */
export function addGroup(total: OpenedGroup, group: OpenedGroup): void {
  for (const [option, count] of group.counts.entries()) total.counts[option] = (total.counts[option] ?? 0) + count;
  for (const [option, trackers] of group.trackers.entries()) {
    for (const tracker of trackers) total.trackers[option]?.push(tracker);
  }
  total.spoiled.push(...group.spoiled);
}
