import { setTimeout as pause } from "node:timers/promises";
import { decided, judge } from "../judge.ts";
import type { FaultContext, FaultScenario, Figures } from "../model.ts";
import { type Submission, Voting } from "../voting.ts";

/** Votes per second: more than two cores can accept that also send them. */
const RATE = 2_000;
/** How long a client waits. */
const PATIENCE_MS = 300;
const ASKED_AT_ONCE = 50;
const TICK_MS = 5;

/**
 * Votes come faster than they can be accepted, and clients give up. Some of their votes are accepted nevertheless. Each
 * voter sends the vote again with the same Idempotency-Key, gets the first answer, and finds the receipt.
 */
async function overload(context: FaultContext): Promise<Figures> {
  const { signal, say } = context;
  const voting = await Voting.prepare(context);
  await sendAll(voting, signal);
  const abandoned = voting.submissions.filter(({ requestIds }) => requestIds.size === 0);
  const answered = voting.submissions.length - abandoned.length;
  // Something that voters cannot know: how many votes were accepted besides the answered ones.
  const { law } = await decided(context, voting);
  const audited = law.audit.counted + law.audit.duplicate + law.audit.invalid;
  say(`${abandoned.length} answers were given up; ${audited - answered} of these votes were accepted nevertheless`);
  await inTurn(abandoned, (submission) => voting.insist(submission));
  const figures = await judge(context, voting, {
    note: `${abandoned.length} clients gave up after ${PATIENCE_MS} ms; ${audited - answered} of their votes were accepted nevertheless. Each client sent its vote again with its key and knows its receipt`,
    findings: abandoned.length === 0 ? ["nobody gave up: there was no overload"] : [],
  });
  const unknown = await withoutReceipt(voting, abandoned);
  return unknown === 0
    ? figures
    : { ...figures, findings: [...figures.findings, `${unknown} voters do not know what became of their vote`] };
}

/** Sends every vote once, at the rate, and waits until the last client has its answer or has given up. */
async function sendAll(voting: Voting, signal: AbortSignal): Promise<void> {
  const startedMs = performance.now();
  const answers: Promise<unknown>[] = [];
  while (answers.length < voting.submissions.length) {
    signal.throwIfAborted();
    const due = ((performance.now() - startedMs) / 1_000) * RATE;
    for (const submission of voting.submissions.slice(answers.length, due)) {
      answers.push(voting.send(submission, PATIENCE_MS));
    }
    await pause(TICK_MS);
  }
  await Promise.all(answers);
}

/** How many voters find no receipt of their decided vote. */
async function withoutReceipt(voting: Voting, submissions: readonly Submission[]): Promise<number> {
  let unknown = 0;
  await inTurn(submissions, async ({ requestIds: [requestId = ""] }) => {
    const { body } = await voting.client.get(`/api/v1/votes/${requestId}`, 10_000);
    if (!["counted", "duplicate", "invalid"].includes(String(body["status"]))) unknown += 1;
  });
  return unknown;
}

/** Does something with all items, several at a time. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker));
}

export const overloadScenarios: readonly FaultScenario[] = [
  {
    name: "overload",
    does: `${RATE.toLocaleString("en")} votes/s, unthrottled; clients give up after ${PATIENCE_MS} ms and send again with their key`,
    votes: 10_000,
    mistake: "votes have no key: some count although their voters were told nothing",
    run: overload,
  },
];
