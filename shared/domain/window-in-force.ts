import { type Law, type VotingWindow, windowsOf } from "./law.ts";

/** A version of a law that its item is known to have had. */
export interface ConfirmedVersion extends Pick<Law, "reached" | "opensAt" | "closesAt" | "earlierWindows"> {
  readonly version: number;
  /** The moment for which its window was announced, in milliseconds since the epoch; absent: it has no new window. */
  readonly inForceAtMs?: number | undefined;
  /** When it was confirmed, in milliseconds since the epoch. */
  readonly confirmedAtMs: number;
}

/** How long `ingest` may go by a version after another has replaced it. */
export interface Announcement {
  /** For how long `ingest` remembers a law, in milliseconds. */
  readonly cacheMs: number;
  /** Time for slow look-ups and clocks that differ, in milliseconds. */
  readonly marginMs: number;
}

/** A version of a law, and from when until when votes were judged by its windows. */
export interface VersionInForce extends ConfirmedVersion {
  /** Milliseconds since the epoch; absent: from the beginning. */
  readonly fromMs?: number | undefined;
  /** Milliseconds since the epoch; absent: until today. */
  readonly untilMs?: number | undefined;
}

/**
 * Which versions of a law's windows were in force, and from when until when. A version is in force from the moment that
 * it was announced for. If it was confirmed too late for that, some `ingest` may have gone by the version before: until
 * every `ingest` knew, both were in force.
 *
 * @param versions every confirmed version, in any order
 * @param announcement how long `ingest` may go by a version that was replaced
 * @returns in order; a version that says what the one before it says is left out, and so is a draft
 */
export function versionsInForce(
  versions: readonly ConfirmedVersion[],
  announcement: Announcement,
): readonly VersionInForce[] {
  const told = versions.filter(({ reached }) => reached !== "draft").sort((a, b) => a.version - b.version);
  const changes = told.filter((version, index) => {
    const before = told[index - 1];
    return before === undefined || version.inForceAtMs !== undefined || !haveSameWindows(before, version);
  });
  return changes.flatMap((version, index) => {
    const { inForceAtMs: fromMs = Number.NEGATIVE_INFINITY } = version;
    const untilMs = Math.min(...changes.slice(index + 1).map((later) => knownAtMs(later, announcement)));
    if (untilMs <= fromMs) return [];
    return [
      { ...version, ...(Number.isFinite(fromMs) ? { fromMs } : {}), ...(Number.isFinite(untilMs) ? { untilMs } : {}) },
    ];
  });
}

function haveSameWindows(one: ConfirmedVersion, other: ConfirmedVersion): boolean {
  return JSON.stringify(windowsOf(one)) === JSON.stringify(windowsOf(other));
}

/** When every `ingest` uses a version. Values taken over from an item apply to all earlier time. */
function knownAtMs({ inForceAtMs, confirmedAtMs }: ConfirmedVersion, { cacheMs, marginMs }: Announcement): number {
  if (inForceAtMs === undefined) return Number.NEGATIVE_INFINITY;
  return confirmedAtMs + cacheMs <= inForceAtMs ? inForceAtMs : confirmedAtMs + cacheMs + marginMs;
}

/**
 * In which intervals a vote can have been accepted: each window, for as long as its version was in force.
 *
 * @param versions the versions in force
 */
export function acceptanceOf(versions: readonly VersionInForce[]): readonly VotingWindow[] {
  return versions.flatMap((version) =>
    windowsOf(version).flatMap(({ opensAt, closesAt }) => {
      const opensMs = Math.max(Date.parse(opensAt), version.fromMs ?? Number.NEGATIVE_INFINITY);
      const closesMs = Math.min(
        closesAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(closesAt),
        version.untilMs ?? Number.POSITIVE_INFINITY,
      );
      if (closesMs <= opensMs) return [];
      const ends = Number.isFinite(closesMs) ? { closesAt: new Date(closesMs).toISOString() } : {};
      return [{ opensAt: new Date(opensMs).toISOString(), ...ends }];
    }),
  );
}
