import type { LawForm } from "../../shared/domain/law.ts";
import { table } from "../../terminal/table.ts";
import { differing, type Figure, type Group } from "./figures.ts";

/** A rehearsal. */
export interface RehearsalReport {
  readonly v: 1;
  /** The law that was rehearsed. */
  readonly lawId: string;
  /** The law of the rehearsal. */
  readonly rehearsalId: string;
  readonly stage: string;
  readonly release: string;
  readonly twoPeople: boolean;
  /** Of the law that was rehearsed; null: it has none. A sealed law is rehearsed as an open one. */
  readonly form: LawForm | null;
  /** What of the law's life this does not rehearse. */
  readonly leftOut: readonly string[];
  readonly startedAt: string;
  readonly seconds: number;
  /** Voters on the roll when it was sealed. */
  readonly voters: number;
  readonly acts: readonly { readonly act: string; readonly seconds: number }[];
  readonly submissions: readonly Group[];
  /** Submissions that became something else than the deck says. */
  readonly unexpected: readonly {
    readonly round: string;
    readonly kind: string;
    readonly expected: string;
    readonly found: string;
    readonly requestId: string | null;
  }[];
  /** Everything that was compared; empty if the rehearsal failed before. */
  readonly figures: readonly Figure[];
  /** Why it did not come to its end; null: it did. */
  readonly failed: string | null;
}

/**
 * Whether a rehearsal came to its end, with every figure as it must be.
 *
 * @param report the rehearsal
 */
export function isRight({ failed, figures }: RehearsalReport): boolean {
  return failed === null && figures.length > 0 && differing(figures).length === 0;
}

/** How many unexpected submissions are named. All are in the report for programs. */
const MOST_NAMED = 20;

/**
 * The report as text.
 *
 * @param report the rehearsal
 */
export function rehearsalText(report: RehearsalReport): string {
  const { lawId, rehearsalId, stage, release, startedAt, seconds, voters, twoPeople } = report;
  const people = twoPeople ? "by two people" : "by one person";
  return [
    `Rehearsal of ${lawId} on the stage ${stage}, release ${release}, ${startedAt}: ${rehearsalId}`,
    `${voters} voters on the sealed roll, ${people}, ${seconds.toFixed(1)} s`,
    "",
    verdict(report),
    ...report.leftOut.map((what) => `NOT rehearsed: ${what}.`),
    ...wrong(report),
    "",
    table([["act", "seconds"], ...report.acts.map(({ act, seconds: took }) => [act, took.toFixed(1)])]),
    "",
    table([
      ["round", "who", "expected", "submissions", "as expected"],
      ...report.submissions.map((one) => [
        one.round,
        one.kind,
        one.expected,
        String(one.submissions),
        one.right === one.submissions ? "all" : `${one.right}: NOT ALL`,
      ]),
    ]),
    ...(report.figures.length === 0 ? [] : ["", figuresTable(report.figures)]),
  ].join("\n");
}

function verdict({ failed, figures, rehearsalId }: RehearsalReport): string {
  if (failed !== null) {
    return `It did NOT come to its end, so nothing was compared: ${failed}\nThe law is left as it is: npm run laws -- show ${rehearsalId}`;
  }
  const count = differing(figures).length;
  return count === 0
    ? `All ${figures.length} figures are what they must be.`
    : `${count} of ${figures.length} figures are NOT what they must be:`;
}

function wrong({ figures, unexpected }: RehearsalReport): string[] {
  const more = unexpected.length - MOST_NAMED;
  return [
    ...differing(figures).map(
      ({ of, name, expected, found }) => `  ${of}, ${name}: expected ${expected}, found ${found}`,
    ),
    ...unexpected.slice(0, MOST_NAMED).map(({ round, kind, expected, found, requestId }) => {
      const receipt = requestId === null ? "" : `, receipt ${requestId}`;
      return `  round ${round}, who ${kind}: expected ${expected}, found ${found}${receipt}`;
    }),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function figuresTable(figures: readonly Figure[]): string {
  return table([
    ["figure", "", "expected", "found", "right"],
    ...figures.map(({ of, name, expected, found }) => [
      of,
      name,
      String(expected),
      String(found),
      expected === found ? "yes" : "NO",
    ]),
  ]);
}
