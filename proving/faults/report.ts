import { table } from "../../terminal/table.ts";
import type { FaultScenario, Figures } from "./model.ts";

/** A scenario that was run, or the reason why it was not. */
export interface Outcome {
  readonly scenario: Pick<FaultScenario, "name" | "does" | "votes" | "mistake">;
  readonly figures?: Figures | undefined;
  /** The reason for missing figures: it could not be tried here, or it failed to run. */
  readonly skipped?: string | undefined;
  readonly failed?: string | undefined;
}

/** A whole run. */
export interface FaultsReport {
  readonly v: 1;
  readonly startedAt: string;
  readonly machine: string;
  readonly seed: number;
  readonly rate: number;
  readonly outcomes: readonly Outcome[];
}

/** Whether nothing went wrong in a scenario. One that cannot be tried here counts as right. */
export function holds({ figures, failed }: Outcome): boolean {
  return failed === undefined && (figures === undefined || figures.findings.length === 0);
}

const HEADING = [
  "fault",
  "accepted",
  "counted",
  "duplicate",
  "invalid",
  "lost",
  "twice",
  "drained",
  "right",
  "a mistake it shows",
];

/**
 * The report as text.
 *
 * @param report a run
 */
export function faultsText(report: FaultsReport): string {
  const rows = report.outcomes.map((outcome) => [...cells(outcome), outcome.scenario.mistake ?? ""]);
  const wrong = report.outcomes.filter((outcome) => !holds(outcome));
  const notes = report.outcomes.flatMap(({ scenario, figures, skipped }) => {
    const said = skipped ?? figures?.note ?? "";
    return said === "" ? [] : [`${scenario.name}: ${said}`];
  });
  return [
    `Faults under ${report.rate} votes/s on ${report.machine}, ${report.startedAt}, seed ${report.seed}`,
    "",
    table([HEADING, ...rows]),
    "",
    ...notes,
    ...(notes.length > 0 ? [""] : []),
    ...(wrong.length === 0
      ? ["Every accepted vote is counted, duplicate or invalid; no voter and no person is counted twice."]
      : wrong.flatMap(explanation)),
  ].join("\n");
}

function cells(outcome: Outcome): string[] {
  const { scenario, figures } = outcome;
  if (figures === undefined) {
    return [scenario.name, ...Array.from({ length: 7 }, () => "–"), outcome.failed === undefined ? "not here" : "NO"];
  }
  const { accepted, counted, duplicate, invalid, lost, countedTwice, drainedSeconds } = figures;
  return [
    scenario.name,
    ...[accepted, counted, duplicate, invalid, lost, countedTwice].map(String),
    `${drainedSeconds.toFixed(1)} s`,
    holds(outcome) ? "yes" : "NO",
  ];
}

function explanation({ scenario, figures, failed }: Outcome): string[] {
  return [
    `${scenario.name} is NOT right:`,
    ...(failed === undefined ? [] : [`  ${failed}`]),
    ...(figures?.findings ?? []).map((finding) => `  ${finding}`),
  ];
}

/** One line about one scenario, for while a run goes on. */
export function progressText(outcome: Outcome): string {
  const { scenario, figures } = outcome;
  if (figures === undefined) return `${scenario.name}: ${outcome.skipped ?? outcome.failed}`;
  const { accepted, counted, duplicate, invalid, drainedSeconds } = figures;
  const sum = `${accepted} accepted = ${counted} counted + ${duplicate} duplicate + ${invalid} invalid`;
  return `${scenario.name}: ${sum}, drained in ${drainedSeconds.toFixed(1)} s${holds(outcome) ? "" : ": NOT RIGHT"}`;
}
