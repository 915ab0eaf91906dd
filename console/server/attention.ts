import type { StageFigures } from "../../places/figures/figures.ts";
import type { WatchedStage } from "../../shared/messages/operators/watch.ts";
import type { Attention } from "../state.ts";

/** Where there are no alarms of CloudWatch, votes that wait longer than this are one. Usually it is a second or two. */
const WAITING_SECONDS = 15;
/** As CloudWatch's alarm has it: the share of invalid votes, and from how many decided votes on it means something. */
const INVALID_SHARE = 0.2;
const INVALID_PER_SECOND = 50 / 60;

const DEAD_LETTERS = "alarm-dead-letters";

/** What is known of a stage at a moment. */
export interface Known {
  readonly look: WatchedStage | null;
  /** Whether the last look failed. */
  readonly isAway: boolean;
  readonly figures: StageFigures | null;
  /** Whether the last reading of the metrics failed. */
  readonly areFiguresAway: boolean;
  /** What is wrong with the journal. */
  readonly brokenJournal: string | null;
}

/**
 * What a person should look at now: what stops votes first, and the alarms that are on.
 *
 * @param known what is known of the stage
 */
export function attentionOf({ look, isAway, figures, areFiguresAway, brokenJournal }: Known): Attention[] {
  const found: Attention[] = [];
  if (isAway) found.push({ kind: "stage_away", runbook: null });
  if (areFiguresAway) found.push({ kind: "figures_away", runbook: null });
  if (brokenJournal !== null) found.push({ kind: "journal", message: brokenJournal, runbook: "the-journal" });
  if (look !== null) found.push(...ofLook(look));
  if (figures !== null) found.push(...ofFigures(figures));
  return found;
}

function ofLook({ services, mappings, queues, laws }: WatchedStage): Attention[] {
  const found: Attention[] = [];
  for (const service of ["postgresql", "redis", "dynamodb", "sqs", "lambda"] as const) {
    if (!services[service].answers) found.push({ kind: "service_away", service, runbook: "alarm-function-errors" });
  }
  for (const consumer of ["validate", "aggregate"] as const) {
    const mapping = mappings?.[consumer];
    if (mapping !== undefined && mapping.state !== "Enabled") {
      found.push({ kind: "paused", consumer, by: mapping.paused_by, runbook: "alarm-oldest-message" });
    }
  }
  for (const queue of ["votes", "outcomes"] as const) {
    const { waiting = 0, under_way = 0 } = queues?.depths[`${queue}_dead_letters`] ?? {};
    const messages = waiting + under_way;
    if (messages > 0) found.push({ kind: "dead_letters", queue, messages, runbook: DEAD_LETTERS });
  }
  for (const { law_id: lawId, state, complete } of laws ?? []) {
    if (state === "open" && complete === false) found.push({ kind: "roll", lawId, runbook: "alarm-roll-not-loaded" });
  }
  return found;
}

function ofFigures({ now, oldest, alarms }: StageFigures): Attention[] {
  const found: Attention[] = [];
  for (const { name, what, since, state, runbook } of alarms ?? []) {
    if (state === "alarm") found.push({ kind: "alarm", name, what, since, runbook });
  }
  // In an account, CloudWatch has alarms on the rest.
  if (alarms !== null) return found;
  for (const queue of ["votes", "outcomes"] as const) {
    const seconds = oldest[queue] ?? 0;
    if (seconds >= WAITING_SECONDS) found.push({ kind: "waiting", queue, seconds, runbook: "alarm-oldest-message" });
  }
  if (now.undecided > 0) {
    found.push({ kind: "undecided", perSecond: now.undecided, runbook: "alarm-votes-undecided" });
  }
  const { decided, invalid } = now;
  if (decided !== null && decided >= INVALID_PER_SECOND && invalid / decided > INVALID_SHARE) {
    found.push({ kind: "invalid", share: invalid / decided, runbook: "alarm-invalid-votes" });
  }
  return found;
}
