import type { Choice } from "../../shared/domain/ballot.ts";
import { checkLedger } from "../../shared/domain/ledger.ts";
import { rollMetaKey } from "../../shared/domain/roll.ts";
import { invalidBecause } from "../../shared/domain/roll-row.ts";
import { restoreActs } from "../../shared/messages/operators/restoring.ts";
import { changeRoll } from "../../shared/messages/operators/roll-changes.ts";
import { loadChunk } from "../../shared/messages/operators/rolls.ts";
import { readOutcome, readRefused, readVote } from "../../shared/messages/queue.ts";
import { readRollMeta } from "../../shared/stores/claims.ts";
import { watchActs } from "./act-checks.ts";
import { promiseFindings, refusedFindings, strangerFindings } from "./form-checks.ts";
import { ledgerRows } from "./ledger-of-world.ts";
import { factsOfRows } from "./models/ledger-rows.ts";
import { countedSubmission, splitVoterKey, voterKey } from "./models/postgres.ts";
import { firstVoteFindings, loneBallots } from "./transaction-checks.ts";
import type { World } from "./world.ts";

/** Acts whose beginning is no entry of the journal. */
const UNRECORDED: readonly string[] = [loadChunk.name, restoreActs.name];

/** Checks actions while they happen: rules that leave no trace in any table. */
export function watch(world: World): void {
  watchActs(world);
  const { postgres, dynamoDb, redis } = world;
  postgres.onCommit = (transaction) => {
    world.findings.push(...firstVoteFindings(world, transaction), ...strangerFindings(world, transaction));
    world.logWatch.onCommit(transaction);
  };
  postgres.onBallots = (transaction) => world.findings.push(...loneBallots(world, transaction));
  dynamoDb.onGone = () => world.findings.push("a receipt is gone, so nothing says that its vote is lost");
  dynamoDb.onThaw = (lawId) => {
    world.thaws += 1;
    world.frozenSince.delete(lawId);
  };
  const decided = new Set<string>();
  let read = 0;
  const isDecided = (requestId: string) => {
    const { everSent } = world.queue("outcomes");
    for (; read < everSent.length; read++) decided.add(readOutcome(everSent[read] ?? "")?.requestId ?? "");
    return decided.has(requestId);
  };
  world.queue("votes").onDelete = (body) => {
    const vote = readVote(body);
    const isDone = vote !== undefined && world.genuine.has(vote) && isDecided(vote.requestId);
    const isKept = isDone || bodiesAside(world, "votes-dlq").includes(body);
    if (!isKept) world.findings.push("a vote was deleted from its queue although its outcome was not sent");
  };
  world.queue("outcomes").onDelete = (body) => {
    const outcome = readOutcome(body);
    const isElsewhere =
      bodiesAside(world, "outcomes-dlq").includes(body) ||
      world.queue("outcomes").bodies.filter((other) => other === body).length > 1;
    const isRecorded =
      outcome !== undefined &&
      (postgres.tables.audit.has(outcome.requestId) || world.restored.forgotten.has(outcome.requestId)) &&
      dynamoDb.receipts.has(outcome.requestId);
    if (isElsewhere || isRecorded) return;
    world.findings.push("an outcome was deleted from its queue before its audit and receipt were durable");
  };
  redis.onClaim = (bucket, voterHash, id) => {
    if (!world.genuine.hasClaim(id, voterHash)) {
      world.findings.push("a message that ingest did not send asked for a claim");
    }
    const lawId = bucket.slice("roll:{".length, bucket.lastIndexOf(":"));
    if (redis.get(rollMetaKey(lawId)) === null) return;
    // A change is noted while Redis still names the roll before it. That is the sealed one until PostgreSQL changes it,
    // which is looked at below.
    const notes = [...postgres.tables.rollWork.values()].filter(
      (work) => work.lawId === lawId && work.kind !== "change",
    );
    if (notes.some((work) => !world.restored.isOld(work))) {
      world.findings.push("Redis says that a roll is complete while work on it has not ended");
    }
    if (
      readRollMeta(redis.get(rollMetaKey(lawId)))?.digest !== postgres.tables.seals.get(lawId)?.digest.toString("hex")
    ) {
      if (!world.restored.has) world.findings.push("Redis names another roll than the one that is sealed");
    }
    const isMissing = ([voter]: readonly [string, unknown]) => {
      const of = splitVoterKey(voter);
      const hash = redis.hashes.get(`roll:{${lawId}:${of.voterHash.slice(0, 4)}}`);
      return of.lawId === lawId && hash?.has(of.voterHash) !== true;
    };
    if (!world.restored.has && [...postgres.tables.roll].some(isMissing)) {
      world.findings.push("Redis says that it has a roll whole, and lacks somebody");
    }
  };
}

/** What is in a dead-letter queue, as it came to its queue. */
function bodiesAside(world: World, name: "votes-dlq" | "outcomes-dlq"): readonly string[] {
  return world.queue(name).bodies.map((body) => readRefused(body)?.body ?? body);
}

/**
 * Returns what is wrong at the end, when there are no more faults and everything has been decided.
 *
 * @param world with empty queues
 * @param garbage the messages that were put on queues and can never be recorded
 */
export function finalFindings(world: World, garbage: ReadonlySet<string>): string[] {
  const rows = ledgerRows(world);
  const facts = factsOfRows({ ...rows, depths: { ...rows.depths, votesDeadLetters: 0, outcomesDeadLetters: 0 } });
  const report = checkLedger(facts);
  const kept = new Set([...bodiesAside(world, "votes-dlq"), ...bodiesAside(world, "outcomes-dlq")]).size;
  return [
    ...report.findings.map(({ invariant, message }) => `invariant ${invariant}: ${message}`),
    ...(report.verdict === "pending" ? ["votes are still in the queues"] : []),
    ...report.advice.filter((advice) => !isOfInvalidVotes(advice)).map((advice) => `after a rebuild: ${advice}`),
    ...unseenInvalidVotes(world, report.advice),
    ...(kept === garbage.size
      ? []
      : [`${garbage.size} messages that are never recorded were sent, and ${kept} are in dead-letter queues`]),
    ...votersWithoutVote(world),
    ...ballotsOfNobody(world),
    ...refusedFindings(world, garbage),
    ...promiseFindings(world),
    ...journalFindings(world),
    ...world.logWatch.final(),
  ];
}

const isOfInvalidVotes = (advice: string) => advice.includes("are invalid although their voters are on the roll now");

/** Votes that were right to be invalid, until their voters were put on the roll: an operator must hear of them. */
function unseenInvalidVotes({ postgres }: World, advice: readonly string[]): string[] {
  const { tables } = postgres;
  const laws = new Set<string>();
  for (const { lawId, voterHash, status, invalidReason } of tables.audit.values()) {
    const voter = voterKey(lawId, voterHash);
    const row = tables.roll.get(voter);
    const isOnRoll = row !== undefined && row.endsAt === undefined;
    if (
      status === "invalid" &&
      invalidReason !== "copied" &&
      isOnRoll &&
      countedSubmission(tables, voter) === undefined
    )
      laws.add(lawId);
  }
  const told = advice.filter(isOfInvalidVotes).length;
  return told === laws.size ? [] : ["votes of voters on the roll are invalid, and the ledger does not say so"];
}

/** Voters who were on the roll when they were answered 202, and are not counted, under whichever code. */
function votersWithoutVote({ accepted, postgres: { tables }, restored, time }: World): string[] {
  const findings = new Set<string>();
  for (const { requestId, lawId, voterHash } of accepted) {
    const voter = voterKey(lawId, voterHash);
    const audited = tables.audit.get(requestId);
    if (audited === undefined || restored.tooLate.has(voter)) continue;
    if (invalidBecause(tables.roll.get(voter), audited.acceptedAt) !== undefined) continue;
    // A copy was recorded before its original, whose voter has left the roll since and cannot vote again.
    if (audited.invalidReason === "copied" && invalidBecause(tables.roll.get(voter), time()) !== undefined) continue;
    if (countedSubmission(tables, voter) === undefined)
      findings.add("a voter on the roll was answered 202 and is not counted");
    if (audited.status === "invalid" && audited.invalidReason !== "copied")
      findings.add("a vote of a voter on the roll is invalid");
  }
  return [...findings];
}

/** What the journal lacks, has twice, or must not have, and acts of it that are not in force. */
function journalFindings({ acts, hashed, history, postgres }: World): string[] {
  const { journal, changes } = postgres.tables;
  const has = (run: string, phase: string) => journal.some((one) => one.run === run && one.phase === phase);
  const findings = new Set<string>();
  for (const [run, name] of acts) {
    if (UNRECORDED.includes(name)) continue;
    if (!has(run, "begun") || !has(run, "done")) findings.add(`the journal lacks the beginning or the end of ${name}`);
  }
  if (journal.some(({ act, phase, run }) => act === changeRoll.name && phase === "done" && !changes.has(run))) {
    findings.add("a change of a roll was done, and is not in force");
  }
  const at = new Set(journal.map(({ run, phase }) => `${run} ${phase}`));
  if (at.size !== journal.length) findings.add("the journal has an entry twice");
  const secrets = [
    ...history.voters.flatMap(({ nas, code }) => [nas, code]),
    ...hashed.map(({ voterHash }) => voterHash.toString("hex")),
  ];
  if (journal.some(({ content }) => secrets.some((secret) => content.includes(secret)))) {
    findings.add("the journal names a voter");
  }
  return [...findings];
}

/** The ballots are the choices that were sent under the counted request ids. */
function ballotsOfNobody(world: World): string[] {
  const { tables } = world.postgres;
  const choicesOf = new Map<string, Set<Choice>>();
  for (const body of world.queue("votes").everSent) {
    const vote = readVote(body);
    if (vote === undefined || !world.genuine.has(vote)) continue;
    const choices = choicesOf.get(vote.requestId) ?? new Set<Choice>();
    choicesOf.set(vote.requestId, vote.choice === undefined ? choices : choices.add(vote.choice));
  }
  return world.laws.flatMap(({ lawId, form }) => {
    if (form === "sealed") return [];
    const counted = [...tables.participation].filter(([voter]) => splitVoterKey(voter).lawId === lawId);
    const sent = counted.map(([, { requestId }]) => choicesOf.get(requestId) ?? new Set<Choice>());
    if (sent.some((choices) => choices.size === 0)) return [`${lawId}: a request id is counted that was never sent`];
    const oui = tables.ballots.filter((ballot) => ballot.lawId === lawId && ballot.choice === "oui").length;
    const least = sent.filter((choices) => !choices.has("non")).length;
    const most = sent.filter((choices) => choices.has("oui")).length;
    return oui < least || oui > most ? [`${lawId}: ${oui} ballots oui, where ${least} to ${most} were sent`] : [];
  });
}
