import { readLedger } from "../../operations/ledger/read.ts";
import { waitUntilEmpty } from "../../operations/queues/depths.ts";
import { checkLedger, type LawFacts, type LedgerFacts, type LedgerReport } from "../../shared/domain/ledger.ts";
import { waitUntil } from "../../shared/runtime/wait.ts";
import type { FaultContext, Figures } from "./model.ts";
import type { Submission, Voting } from "./voting.ts";

/** Redeliveries take seconds here. The limit is longer, for a machine that is busy with other things. */
export const DRAINED_WITHIN_MS = 180_000;
const QUEUES_EMPTY_MS = 60_000;
const POLL_MS = 200;

/** Findings and notes that a scenario adds to the figures. */
export interface More {
  readonly note?: string;
  readonly findings?: readonly string[];
}

/**
 * Waits until every accepted vote is decided.
 *
 * @param context the stack
 * @param voting the votes and their answers
 * @returns the report of the ledger
 */
export async function decided(
  { stack, signal }: FaultContext,
  voting: Voting,
): Promise<{ readonly facts: LedgerFacts; readonly report: LedgerReport; readonly law: LawFacts }> {
  const acceptedIds = idsOf(voting);
  const running = stack.untilItEnds(signal);
  let facts: LedgerFacts | undefined;
  let report: LedgerReport | undefined;
  const judged = () =>
    stack.withTarget(async (target) => {
      const left = await waitUntilEmpty(target, ["votes", "outcomes"], QUEUES_EMPTY_MS, undefined, running);
      if (left > 0) throw new Error(`${left} messages are still in the queues`);
      facts = await readLedger(target, { laws: [voting.lawId], accepted: chunk(acceptedIds) });
      report = checkLedger(facts);
      return report.verdict !== "pending";
    });
  await waitUntil("every accepted vote is decided", judged, {
    withinMs: DRAINED_WITHIN_MS,
    everyMs: POLL_MS,
    signal: running,
  });
  const law = facts?.laws.find(({ lawId }) => lawId === voting.lawId);
  if (facts === undefined || report === undefined || law === undefined) throw new Error("the ledger knows no such law");
  return { facts, report, law };
}

/**
 * Waits until every accepted vote is decided, and compares the counted votes with the sent ones.
 *
 * @param context the stack
 * @param voting what was sent, and what was answered
 * @param more further findings of the run, which may depend on the ledger's facts about the law
 */
export async function judge(
  context: FaultContext,
  voting: Voting,
  more: More | ((law: LawFacts) => More) = {},
): Promise<Figures> {
  const { facts, report, law } = await decided(context, voting);
  const drainedSeconds = (performance.now() - voting.answeredAt) / 1_000;
  const { note = "", findings = [] } = typeof more === "function" ? more(law) : more;
  const accepted = new Set(idsOf(voting)).size;
  const { counted, duplicate, invalid } = law.audit;
  const twice = ["voterCountedTwice", "personCountedTwice"] as const;
  return {
    accepted,
    counted,
    duplicate,
    invalid,
    lost: facts.accepted?.missing.count ?? accepted,
    countedTwice: twice.reduce((sum, name) => sum + (law.deviations[name]?.count ?? 0), 0),
    drainedSeconds,
    findings: [
      ...report.findings.map((finding) => `invariant ${finding.invariant}: ${finding.message}`),
      ...deadLetters(facts),
      ...differences(voting.submissions, accepted, law),
      ...findings,
    ],
    note,
  };
}

function idsOf({ submissions }: Voting): string[] {
  return submissions.flatMap(({ requestIds }) => [...requestIds]);
}

async function* chunk(ids: readonly string[]): AsyncGenerator<readonly string[]> {
  yield ids;
}

function deadLetters({ depths }: LedgerFacts): string[] {
  const letters = depths.votesDeadLetters + depths.outcomesDeadLetters;
  return letters === 0 ? [] : [`${letters} messages are in dead-letter queues`];
}

/**
 * Checks what the ledger alone cannot know: who voted, how often, and for which choice.
 *
 * @param submissions the votes and their answers
 * @param accepted how many submissions were answered 202
 * @param law the content of the stores
 * @returns what is wrong, in words
 */
export function differences(
  submissions: readonly Submission[],
  accepted: number,
  law: Pick<LawFacts, "audit" | "tally">,
): string[] {
  const voted = submissions.filter(({ requestIds }) => requestIds.size > 0);
  const choices = new Map(
    voted.filter(({ voter }) => voter.isOnRoll).map(({ voter }) => [`${voter.nas} ${voter.code}`, voter.choice]),
  );
  const chosen = (choice: "oui" | "non") => [...choices.values()].filter((one) => one === choice).length;
  const strangers = voted.filter(({ voter }) => !voter.isOnRoll).length;
  const { counted, duplicate, invalid } = law.audit;
  const expected: readonly (readonly [string, number, number])[] = [
    ["audited submissions", counted + duplicate + invalid, accepted],
    ["counted", counted, choices.size],
    ["duplicate", duplicate, voted.length - strangers - choices.size],
    ["invalid", invalid, strangers],
    ["oui", law.tally.oui, chosen("oui")],
    ["non", law.tally.non, chosen("non")],
  ];
  const refused = submissions.filter((submission) => submission.refused !== undefined);
  return [
    ...expected.flatMap(([what, is, must]) => (is === must ? [] : [`${what}: ${is}, but it must be ${must}`])),
    ...(refused.length === 0 ? [] : [`${refused.length} votes were never accepted: ${refused[0]?.refused}`]),
    ...(voted.some(({ requestIds }) => requestIds.size > 1)
      ? ["a submission got several request ids for one Idempotency-Key"]
      : []),
  ];
}
