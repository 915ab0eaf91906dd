/** Votes per second at the three stations of a vote; null: not known yet. */
interface Flow {
  readonly accepted: number | null;
  /** Decided by `validate`, whatever the outcome. */
  readonly decided: number | null;
  readonly counted: number | null;
}

/** The mean over a step. */
export interface FlowPoint extends Flow {
  /** When the step began, ISO 8601 UTC. */
  readonly at: string;
}

/** What of the decided votes is no first vote, and what could not be decided, per second. */
export interface FlowNow extends Flow {
  readonly duplicate: number;
  readonly invalid: number;
  /** Tried again later, because Redis could not be asked or had no roll. */
  readonly undecided: number;
}

/** An alarm of CloudWatch. */
export interface StageAlarm {
  /** Without the stage. */
  readonly name: string;
  readonly state: "ok" | "alarm" | "no_data";
  readonly since: string | null;
  /** The symptom in a sentence. */
  readonly what: string;
  /** The section of docs/runbook.md. */
  readonly runbook: string | null;
}

/** What the metrics of a stage say. */
export interface StageFigures {
  readonly source: "logs" | "cloudwatch";
  /** Over how many seconds `now` is the mean. */
  readonly nowSeconds: number;
  readonly now: FlowNow;
  /** Over how many seconds each point is the mean. */
  readonly stepSeconds: number;
  /** In order of time. */
  readonly points: readonly FlowPoint[];
  /** From accepted to counted, in seconds; null: nothing was counted. */
  readonly toCounted: { readonly p50: number; readonly p95: number } | null;
  /** The age of the oldest message, in seconds; null: the stage does not say. */
  readonly oldest: { readonly votes: number | null; readonly outcomes: number | null };
  /** Null: the stage has none. */
  readonly alarms: readonly StageAlarm[] | null;
}

/** Reads the metrics of a stage. */
export interface FiguresSource {
  /** How often it is worth asking, in milliseconds. */
  readonly everyMs: number;
  /**
   * Reads what there is now.
   *
   * @param lawIds the laws of which votes are expected
   * @throws UserError in one sentence when it cannot
   */
  read(lawIds: readonly string[]): Promise<StageFigures>;
}
