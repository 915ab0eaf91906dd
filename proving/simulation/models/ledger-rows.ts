import type { Choice } from "../../../shared/domain/ballot.ts";
import type { VotingWindow } from "../../../shared/domain/law.ts";
import type { CountedWith, Deviation, LawFacts, LedgerFacts, QueueDepths } from "../../../shared/domain/ledger.ts";
import type { DeviationName } from "../../../shared/domain/ledger-rules.ts";
import { rankOf, type Status } from "../../../shared/domain/outcome.ts";
import { invalidBecause, type RollTime } from "../../../shared/domain/roll-row.ts";

/** Everything the stores hold, row by row. Hashes are hex, ids of claims too. */
export interface LedgerRows {
  readonly roll: readonly (RollTime & {
    readonly lawId: string;
    readonly voterHash: string;
    readonly personHash: string;
  })[];
  readonly participation: readonly {
    readonly lawId: string;
    readonly voterHash: string;
    readonly personHash: string;
    readonly requestId: string;
  }[];
  readonly ballots: readonly { readonly lawId: string; readonly choice: Choice }[];
  readonly tallies: readonly { readonly lawId: string; readonly oui: number; readonly non: number }[];
  /** The envelopes of sealed laws, and which laws are sealed ones. */
  readonly box?: readonly { readonly lawId: string }[] | undefined;
  readonly sealedLaws?: readonly string[] | undefined;
  /** Voters whose claim in Redis is that of a copy. */
  readonly copiedClaims?: readonly { readonly lawId: string; readonly voterHash: string }[] | undefined;
  readonly audit: readonly {
    readonly requestId: string;
    readonly lawId: string;
    readonly voterHash: string;
    readonly status: Status;
    /** Whether it is invalid because its envelope is a copy. */
    readonly isCopy?: boolean | undefined;
    /** Whether it has the promise that its law's votes have; absent: its law has no form. */
    readonly isPromised?: boolean | undefined;
    /** ISO 8601 UTC; absent: not judged. */
    readonly acceptedAt?: string | undefined;
  }[];
  /** Every window of each law; a law without one is not judged by it. */
  readonly windows?: readonly (VotingWindow & { readonly lawId: string })[] | undefined;
  /** What counted laws were counted with. */
  readonly counts?: ReadonlyMap<string, CountedWith | "unknown"> | undefined;
  readonly attempts: readonly { readonly lawId: string; readonly voterHash: string; readonly count: number }[];
  /** Every status ever written; a submission may have several. */
  readonly receipts: readonly { readonly requestId: string; readonly lawId: string; readonly status: Status }[];
  /** The roll in Redis: who is on it, and whether claimed. */
  readonly cached: readonly { readonly lawId: string; readonly voterHash: string; readonly claimed: boolean }[];
  /** Laws whose roll is sealed in PostgreSQL. */
  readonly sealed: readonly string[];
  /** Laws whose roll in Redis says that it is complete. */
  readonly complete: readonly string[];
  readonly depths: QueueDepths;
  /** Request ids of every 202, and of the messages in the dead-letter queues, where they are known. */
  readonly accepted?: readonly string[] | undefined;
  readonly deadLetters?: readonly string[] | undefined;
}

const EXAMPLES = 5;

/**
 * Computes the facts for the invariants from rows in memory.
 *
 * @param rows everything the stores hold
 */
export function factsOfRows(rows: LedgerRows): LedgerFacts {
  const lists = [rows.roll, rows.participation, rows.ballots, rows.tallies, rows.audit, rows.receipts, rows.cached];
  const lawIds = new Set([...lists.flatMap((list) => list.map((row) => row.lawId)), ...rows.complete]);
  const audited = new Map(rows.audit.map((row) => [row.requestId, row.status]));
  const waiting = new Set(rows.deadLetters ?? []);
  const missing = rows.accepted?.filter((requestId) => !audited.has(requestId) && !waiting.has(requestId));
  return {
    laws: [...lawIds].sort().map((lawId) => lawFacts(lawId, rows, audited)),
    depths: rows.depths,
    ...(rows.accepted && missing ? { accepted: { total: rows.accepted.length, missing: deviation(missing) } } : {}),
  };
}

function lawFacts(lawId: string, rows: LedgerRows, audited: ReadonlyMap<string, Status>): LawFacts {
  const of = <T extends { readonly lawId: string }>(list: readonly T[]) => list.filter((row) => row.lawId === lawId);
  const participation = of(rows.participation);
  const audit = of(rows.audit);
  const cached = of(rows.cached);
  const ballots = of(rows.ballots);
  const onRoll = new Set(of(rows.roll).flatMap((row) => (row.endsAt === undefined ? [row.voterHash] : [])));
  const voted = countedVoters(of(rows.roll), participation);
  const claimed = new Set(cached.filter((row) => row.claimed).map((row) => row.voterHash));
  const votes = (choice: Choice) => ballots.filter((row) => row.choice === choice).length;
  const receipts = highest(of(rows.receipts));
  const tallies = of(rows.tallies);
  return {
    lawId,
    voters: onRoll.size,
    invalidOnRoll: audit.filter(
      (row) =>
        row.status === "invalid" && row.isCopy !== true && onRoll.has(row.voterHash) && !voted.has(row.voterHash),
    ).length,
    participation: participation.length,
    ballots: { oui: votes("oui"), non: votes("non") },
    tally: { oui: sum(tallies.map((row) => row.oui)), non: sum(tallies.map((row) => row.non)) },
    ...(rows.sealedLaws?.includes(lawId) ? { box: { envelopes: of(rows.box ?? []).length, spoiled: 0 } } : {}),
    audit: byStatus(audit.map((row) => row.status)),
    receipts: byStatus([...receipts.values()]),
    deviations: deviationsOf(lawId, rows, audited),
    count: rows.counts?.get(lawId),
    cache: {
      voters: cached.length - (of(rows.roll).length - onRoll.size),
      sealed: rows.sealed.includes(lawId),
      complete: rows.complete.includes(lawId),
      claimsMissing: participation.filter((row) => onRoll.has(row.voterHash) && !claimed.has(row.voterHash)).length,
    },
  };
}

/** The voters who are counted, or whose persons are under another code. */
function countedVoters(roll: LedgerRows["roll"], participation: LedgerRows["participation"]): ReadonlySet<string> {
  const persons = new Set(participation.map((row) => row.personHash));
  return new Set([
    ...participation.map((row) => row.voterHash),
    ...roll.flatMap((row) => (persons.has(row.personHash) ? [row.voterHash] : [])),
  ]);
}

function deviationsOf(
  lawId: string,
  rows: LedgerRows,
  audited: ReadonlyMap<string, Status>,
): Partial<Record<DeviationName, Deviation>> {
  const of = <T extends { readonly lawId: string }>(list: readonly T[]) => list.filter((row) => row.lawId === lawId);
  const participation = of(rows.participation);
  const audit = of(rows.audit);
  const receipts = of(rows.receipts);
  const rowOf = new Map(of(rows.roll).map((row) => [row.voterHash, row]));
  const voted = countedVoters(of(rows.roll), participation);
  const copiers = new Set(of(rows.copiedClaims ?? []).map((row) => row.voterHash));
  const isOffRoll = (row: LedgerRows["audit"][number]) =>
    row.acceptedAt !== undefined && invalidBecause(rowOf.get(row.voterHash), row.acceptedAt) !== undefined;
  const heldBy = new Map(participation.map((row) => [row.voterHash, row.requestId]));
  const written = new Set(receipts.map((row) => `${row.requestId} ${row.status}`));
  const tried = count(audit.filter((row) => row.status !== "invalid").map((row) => row.voterHash));
  const attempts = new Map(of(rows.attempts).map((row) => [row.voterHash, row.count]));
  const named = new Set(
    audit.filter((row) => row.status === "counted").map((row) => `${row.voterHash} ${row.requestId}`),
  );
  const ids = (list: readonly { readonly requestId: string }[]) => deviation(list.map((row) => row.requestId));
  return {
    voterCountedTwice: deviation([
      ...repeated(audit.filter((row) => row.status === "counted").map((row) => row.voterHash)),
      ...repeated(participation.map((row) => row.voterHash)),
    ]),
    personCountedTwice: deviation(repeated(participation.map((row) => row.personHash))),
    countedWithoutParticipation: ids(
      audit.filter((row) => row.status === "counted" && heldBy.get(row.voterHash) !== row.requestId),
    ),
    participationWithoutAudit: ids(participation.filter((row) => !named.has(`${row.voterHash} ${row.requestId}`))),
    participationNotOnRoll: ids(participation.filter((row) => rowOf.get(row.voterHash)?.personHash !== row.personHash)),
    countedOffRoll: ids(audit.filter((row) => row.status === "counted" && rowOf.has(row.voterHash) && isOffRoll(row))),
    invalidWhileOnRoll: ids(
      audit.filter(
        (row) => row.status === "invalid" && row.isCopy !== true && row.acceptedAt !== undefined && !isOffRoll(row),
      ),
    ),
    acceptedOutsideWindow: ids(audit.filter((row) => isOutside(row.acceptedAt, of(rows.windows ?? [])))),
    recordedWithoutPromise: ids(audit.filter((row) => row.isPromised === false)),
    attemptsWrong: deviation(
      [...new Set([...tried.keys(), ...attempts.keys()])].filter((voterHash) => {
        const recorded = attempts.get(voterHash);
        const real = tried.get(voterHash) ?? 0;
        return recorded === undefined ? real >= 2 : recorded !== real;
      }),
    ),
    receiptMissing: ids(audit.filter((row) => !written.has(`${row.requestId} ${row.status}`))),
    receiptTooHigh: ids(
      receipts.filter((row) => {
        const status = audited.get(row.requestId);
        return status !== undefined && rankOf(row.status) > rankOf(status);
      }),
    ),
    receiptUnknown: ids(receipts.filter((row) => !audited.has(row.requestId))),
    duplicateWithoutParticipation: ids(audit.filter((row) => row.status === "duplicate" && !voted.has(row.voterHash))),
    claimUnknown: deviation(
      of(rows.cached)
        .filter((row) => row.claimed && rowOf.get(row.voterHash)?.endsAt === undefined)
        .filter((row) => rowOf.has(row.voterHash) && !voted.has(row.voterHash) && !copiers.has(row.voterHash))
        .map((row) => row.voterHash),
    ),
  };
}

function isOutside(acceptedAt: string | undefined, windows: readonly VotingWindow[]): boolean {
  if (acceptedAt === undefined || windows.length === 0) return false;
  return !windows.some(
    ({ opensAt, closesAt }) => acceptedAt >= opensAt && (closesAt === undefined || acceptedAt < closesAt),
  );
}

function deviation(examples: readonly string[]): Deviation {
  return { count: examples.length, examples: [...examples].sort().slice(0, EXAMPLES) };
}

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function repeated(values: readonly string[]): string[] {
  return [...count(values)].filter(([, times]) => times > 1).map(([value]) => value);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function byStatus(statuses: readonly Status[]): Record<Status, number> {
  const counts = { invalid: 0, duplicate: 0, counted: 0 };
  for (const status of statuses) counts[status]++;
  return counts;
}

function highest(receipts: LedgerRows["receipts"]): ReadonlyMap<string, Status> {
  const best = new Map<string, Status>();
  for (const { requestId, status } of receipts) {
    const known = best.get(requestId);
    if (known === undefined || rankOf(status) > rankOf(known)) best.set(requestId, status);
  }
  return best;
}
