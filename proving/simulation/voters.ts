import { accept } from "../../functions/ingest/accept.ts";
import type { Choice } from "../../shared/domain/ballot.ts";
import { lawState } from "../../shared/domain/law.ts";
import { rankOf } from "../../shared/domain/outcome.ts";
import { invalidBecause } from "../../shared/domain/roll-row.ts";
import type { VoteAccepted } from "../../shared/messages/responses.ts";
import { ProblemError } from "../../shared/runtime/problem.ts";
import { type Queue, SqsQueue } from "../../shared/stores/queue.ts";
import { DynamoReceiptStore } from "../../shared/stores/receipts.ts";
import { apiEvent } from "../api-event.ts";
import { envelopeOf } from "./forms.ts";
import type { Submission } from "./history.ts";
import { dynamoDbClient } from "./models/dynamodb.ts";
import { countedSubmission, voterKey } from "./models/postgres.ts";
import { sqsClient } from "./models/sqs.ts";
import type { Process } from "./scheduler.ts";
import type { Acceptance, World } from "./world.ts";

/** Tries before a voter gives up. */
const MOST_TRIES = 5;

interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly acceptedAt: string;
  readonly promise?: VoteAccepted["promise"];
}

/** The real `ingest` on simulated servers. */
async function ingest(world: World, process: Process, submission: Submission, envelope?: string): Promise<Answer> {
  const law = world.laws[submission.law];
  const voter = world.history.voters[submission.voter];
  if (law === undefined || voter === undefined) throw new Error("a submission of nobody, or for nothing");
  const onError = () => undefined;
  const headers = {
    "content-type": "application/json",
    ...(submission.idempotencyKey === undefined ? {} : { "idempotency-key": submission.idempotencyKey }),
  };
  const ballot = envelope === undefined ? { vote: submission.choice } : { sealed_vote: envelope };
  const body = JSON.stringify({ nas: voter.nas, code: voter.code, law_id: law.lawId, ...ballot });
  const environment = world.environments.use(process);
  const answer = await accept(apiEvent({ headers, body }), {
    keys: { holding: async () => world.keys },
    messageKeys: { holding: async () => world.keys },
    promiseKeys: { holding: async () => world.keys },
    laws: environment.laws,
    votes: noted(world, new SqsQueue(sqsClient(process, world.queues), "votes", onError), submission.choice),
    receipts: receiptStore(world, process),
    now: world.wallClock,
    randomBytes: (size) => Uint8Array.from({ length: size }, () => process.random.below(256)),
    onUnconfirmed: onError,
    onAccepted: () => undefined,
  }).finally(() => world.environments.release(environment));
  const said = JSON.parse(answer.body) as Partial<VoteAccepted>;
  const { request_id: requestId = "", accepted_at: acceptedAt = "", promise } = said;
  return { status: answer.statusCode, requestId, acceptedAt, promise };
}

/** A queue that notes what ingest sends to it. */
function noted({ genuine }: World, queue: Queue, choice: Choice): Queue {
  return {
    send: (body) => {
      genuine.note(body, choice);
      return queue.send(body);
    },
    sendAll: (bodies) => queue.sendAll(bodies),
  };
}

/** Sends the votes of a history. */
export function startVoters(world: World): void {
  for (const [index, submission] of world.history.submissions.entries()) {
    world.scheduler.start(`voter ${index + 1}`, (process) => vote(world, process, index, submission));
  }
}

async function vote(world: World, process: Process, index: number, submission: Submission): Promise<void> {
  const ids = new Set<string>();
  await process.sleep(submission.atMs);
  let heard = 0;
  let envelope: string | undefined;
  for (let tried = 1; tried <= MOST_TRIES && heard < submission.sends; tried++) {
    await process.step("POST", () => undefined);
    // A voter seals once: every try sends the same bytes.
    envelope ??= envelopeOf(world, submission, index);
    const answer = await world.scheduler
      .spawn(`ingest for ${index + 1}`, (function_) => ingest(world, function_, submission, envelope))
      // If the function fails, API Gateway answers 5xx.
      .catch(
        (error: unknown): Answer => ({
          status: error instanceof ProblemError ? 400 : 502,
          requestId: "",
          acceptedAt: "",
        }),
      );
    note(world, submission, answer, ids);
    const isHeard = await process
      .step(`answer ${answer.status}`, () => true, { faults: ["error before"] })
      .catch(() => false);
    if (isHeard && (answer.status === 202 || answer.status === 409)) heard += 1;
    if (isHeard && answer.status === 202) startReader(world, answer.requestId, index);
    await process.sleep(200 + process.random.below(3_000));
  }
}

/** Notes the promise of an answer, to compare it with what comes of the vote. */
function note(world: World, submission: Submission, answer: Answer, ids: Set<string>): void {
  if (answer.status !== 202) return;
  const law = world.laws[submission.law];
  const voter = world.history.voters[submission.voter];
  const hashed = world.hashed.find((one) => one.lawId === law?.lawId && one.voter === voter);
  if (law === undefined || hashed === undefined) return;
  const { requestId, acceptedAt, promise } = answer;
  world.accepted.push({
    ...{ requestId, lawId: law.lawId, voterHash: hashed.voterHash.toString("hex") },
    promise: promise && `${promise.key_id}.${promise.signature}`,
    envelopeSha256: promise?.envelope_sha256,
  });
  const known = world.dynamoDb.laws.get(law.lawId);
  const atMs = Date.parse(acceptedAt);
  if (known === undefined || known.reached === "draft") world.findings.push("a vote of a draft was accepted");
  if (known !== undefined && lawState({ ...known, frozen: false }, atMs) !== "open") {
    world.findings.push("a vote was accepted after its law had closed");
  }
  if (atMs >= (world.frozenSince.get(law.lawId) ?? Number.POSITIVE_INFINITY)) {
    world.findings.push("a vote was accepted after a freeze of its law was confirmed");
  }
  ids.add(requestId);
  if (submission.idempotencyKey !== undefined && ids.size > 1) {
    world.findings.push("one Idempotency-Key led to two submissions");
  }
}

function receiptStore(world: World, process: Process): DynamoReceiptStore {
  return new DynamoReceiptStore(dynamoDbClient(process, world.dynamoDb), "receipts", {
    onError: () => undefined,
    pause: async () => undefined,
  });
}

/** The voter reads the receipt a few times: its status may rise but never fall. */
function startReader(world: World, requestId: string, index: number): void {
  world.scheduler.start(`reader ${index + 1}`, async (process) => {
    const receipts = receiptStore(world, process);
    let highest = -1;
    for (let looks = 0; looks < 3; looks++) {
      await process.sleep(1_000 + process.random.below(60_000));
      const receipt = await receipts.get(requestId).catch(() => undefined);
      const rank = receipt === undefined ? -1 : rankOf(receipt.status);
      const mayFall = world.restored.forgotten.has(requestId);
      if (receipt !== undefined && rank < highest && !mayFall) world.findings.push("a receipt fell");
      if (rank > highest) highest = rank;
    }
  });
}

/** At the end, the receipt of every voter must agree with the audit. */
export async function readReceipts(world: World, process: Process): Promise<void> {
  const receipts = receiptStore(world, process);
  for (const [requestId, { status }] of world.postgres.tables.audit) {
    const said = (await receipts.get(requestId))?.status;
    if (said !== status) world.findings.push(`a receipt says ${said} of a submission that is ${status}`);
  }
  const said = new Map<string, string | undefined>();
  for (const requestId of new Set([...world.restored.forgotten, ...world.dynamoDb.receipts.keys()])) {
    if (!world.postgres.tables.audit.has(requestId)) said.set(requestId, (await receipts.get(requestId))?.status);
  }
  for (const [requestId, status] of said) {
    const isForgotten = world.restored.forgotten.has(requestId);
    if (status !== "lost")
      world.findings.push(`a receipt says ${status} of a submission that PostgreSQL does not know`);
    else if (!isForgotten) world.findings.push("a receipt says lost of a submission that no restore made unknown");
  }
}

/** Whether a voter is told to vote again: a restore has lost the vote, or its envelope is a copy. */
function isToVoteAgain({ postgres: { tables }, restored, time }: World, { requestId, lawId, voterHash }: Acceptance) {
  const audited = tables.audit.get(requestId);
  if (audited === undefined) return restored.forgotten.has(requestId);
  const key = voterKey(lawId, voterHash);
  const isOnRoll = invalidBecause(tables.roll.get(key), time()) === undefined;
  return audited.invalidReason === "copied" && isOnRoll && countedSubmission(tables, key) === undefined;
}

/** The voters of lost votes and of copies read their receipts, and vote again, as they are told to. */
export async function voteAgain(world: World): Promise<void> {
  const { restored, hashed, laws, history, scheduler } = world;
  const told = new Set<string>();
  for (const one of [...world.accepted]) {
    const { lawId, voterHash } = one;
    const key = voterKey(lawId, voterHash);
    if (told.has(key) || !isToVoteAgain(world, one)) continue;
    told.add(key);
    const voter = history.voters.findIndex((one) =>
      hashed.some((of) => of.voter === one && of.lawId === lawId && of.voterHash.toString("hex") === voterHash),
    );
    const law = laws.findIndex((one) => one.lawId === lawId);
    const submission: Submission = { voter, law, choice: "oui", atMs: 0, sends: 1 };
    const answer = await scheduler.spawn("ingest of a vote again", (process) => ingest(world, process, submission));
    note(world, submission, answer, new Set());
    // The law may have closed since.
    if (answer.status !== 202) restored.tooLate.add(key);
  }
}
