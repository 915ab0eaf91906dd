import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import type { Vote } from "../../shared/domain/ballot.ts";
import { type Law, lawState } from "../../shared/domain/law.ts";
import { makeMacs } from "../../shared/domain/message-macs.ts";
import { promiseText } from "../../shared/domain/promise.ts";
import { rehearsalMark } from "../../shared/domain/rehearsal.ts";
import { idempotentId, issueRequestId, uuidV7 } from "../../shared/domain/request-id.ts";
import { readCheckedCode } from "../../shared/domain/voter-code.ts";
import { voterHash } from "../../shared/domain/voter-hash.ts";
import { writeVote } from "../../shared/messages/queue.ts";
import type { VoteAccepted } from "../../shared/messages/responses.ts";
import type { VoteRequest } from "../../shared/messages/vote-request.ts";
import { json, unavailable } from "../../shared/runtime/http.ts";
import type { KeySource } from "../../shared/runtime/key-ring.ts";
import type { Keys } from "../../shared/runtime/keys.ts";
import { ProblemError, problem } from "../../shared/runtime/problem.ts";
import type { LawStore } from "../../shared/stores/laws.ts";
import type { Queue } from "../../shared/stores/queue.ts";
import type { ReceiptStore } from "../../shared/stores/receipts.ts";
import { type Ballot, ballotOf } from "./ballot.ts";
import { type GivenPromise, promiseOf } from "./promise.ts";
import { readRequest } from "./request.ts";

/** What the keys of a vote are for. */
type VotePurpose = "requestIdMac" | "idempotency" | "pepper" | "codeCheck";

/** What the keys of a message are for. They have their own versions: the newest that there is. */
type MessagePurpose = "macValidate" | "macRecord" | "seal";

export interface IngestServices {
  readonly keys: KeySource<VotePurpose>;
  readonly messageKeys: KeySource<MessagePurpose>;
  /** The keys of promises. A law names the version that signs for it. */
  readonly promiseKeys: KeySource<"promise">;
  readonly laws: LawStore;
  readonly votes: Queue;
  readonly receipts: Pick<ReceiptStore, "get">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  /** Called with the error when the queue did not confirm a vote. */
  readonly onUnconfirmed: (error: unknown) => void;
  /** Called for every accepted vote. */
  readonly onAccepted: (lawId: string, requestId: string) => void;
}

/**
 * Accepts a vote by its form, its law and the law's window. It does not look at the roll. NAS and code go no further.
 *
 * @param event the request
 * @param services its servers, clock and reports
 * @returns 202 once the queue has confirmed the vote, otherwise a problem
 */
export async function accept(event: APIGatewayProxyEvent, services: IngestServices): Promise<APIGatewayProxyResult> {
  const { vote: sent, idempotencyKey } = readRequest(event);
  const law = await services.laws.get(sent.law_id);
  if (law === undefined) {
    throw new ProblemError("no-such-law", { detail: "There is no law with this id." });
  }
  const keys = await services.keys.holding(
    law.keyVersion,
    ...(law.pepperId === undefined ? [] : [Number(law.pepperId)]),
  );
  const vote = { ...sent, code: codeOf(sent, law, keys) };
  const ballot = await ballotOf(vote, law, idempotencyKey, {
    keys: () => services.messageKeys.holding(),
    randomBytes: services.randomBytes,
  });
  const nowMs = services.now();
  const hash = voterHash(vote.nas, vote.code, law.lawId, keys.pepper(law.pepperId));
  const requestId = issue(law, hash, idempotencyKey, nowMs, { keys, randomBytes: services.randomBytes });

  const submission: Submission = { requestId, receipt: receiptReference(event, requestId), law, ballot, nowMs };
  const state = lawState(law, nowMs);
  if (state !== "open")
    return answerOutsideWindow(law, state, idempotencyKey === undefined ? undefined : submission, services);
  return send(submission, hash, services);
}

/**
 * Returns the code in the form that is hashed. If the law's codes have a check, a wrong code is refused at once, and
 * costs no message and no row. The check depends on no voter, so passing it reveals nothing about the roll.
 */
function codeOf({ code }: VoteRequest, { codes, keyVersion }: Law, keys: Keys<VotePurpose>): string {
  if (codes !== "checked") return code;
  const checked = readCheckedCode(code, keys.ofVersion(keyVersion).codeCheck);
  if (checked !== undefined) return checked;
  throw new ProblemError("malformed-request", {
    detail: "The request is not a valid vote; errors names each wrong field and the reason.",
    errors: [
      { field: "code", message: "is mistyped or incomplete: compare it with the letter, character by character" },
    ],
  });
}

function issue(
  law: Law,
  hash: Uint8Array,
  idempotencyKey: string | undefined,
  nowMs: number,
  { keys, randomBytes }: { readonly keys: Keys<VotePurpose> } & Pick<IngestServices, "randomBytes">,
): string {
  const set = keys.ofVersion(law.keyVersion);
  const id =
    idempotencyKey === undefined
      ? uuidV7(nowMs, randomBytes(10))
      : idempotentId(idempotencyKey, hash, law.lawId, set.idempotency);
  return issueRequestId(id, law.lawId, law.keyVersion, set.requestIdMac);
}

/** The facts about a submission. */
interface Submission {
  readonly requestId: string;
  /** The address of its receipt, relative to the request. */
  readonly receipt: string;
  readonly law: Law;
  readonly ballot: Ballot;
  /** When it came, in milliseconds since the epoch. */
  readonly nowMs: number;
}

async function send(submission: Submission, hash: Buffer, services: IngestServices): Promise<APIGatewayProxyResult> {
  const { requestId, receipt, law, ballot, nowMs } = submission;
  const acceptedAt = new Date(nowMs).toISOString();
  const vote: Vote = {
    requestId,
    lawId: law.lawId,
    voterHash: hash.toString("hex"),
    ...ballot,
    acceptedAt,
    pepperId: law.pepperId,
  };
  const given = await promised(submission, services);
  const message = writeVote(given === undefined ? vote : await authenticated(vote, given, services));
  try {
    await services.votes.send(message);
  } catch (error) {
    services.onUnconfirmed(error);
    return unavailable(
      "The queue did not confirm the vote. It may have arrived nevertheless: look at its receipt, " +
        "or send it again, which is safe, because a voter is counted once.",
      { request_id: requestId, receipt },
    );
  }
  services.onAccepted(law.lawId, requestId);
  return accepted(submission, acceptedAt, given);
}

/** The promise of a submission; undefined for a law without a form. */
async function promised(
  { requestId, law, ballot, nowMs }: Submission,
  { promiseKeys }: IngestServices,
): Promise<GivenPromise | undefined> {
  return law.form === undefined ? undefined : promiseOf(law, { requestId, sealed: ballot.sealed, nowMs }, promiseKeys);
}

/** The vote with what shows that ingest has accepted it. */
async function authenticated(vote: Vote, { promise }: GivenPromise, { messageKeys }: IngestServices): Promise<Vote> {
  const keys = await messageKeys.holding();
  const version = keys.currentVersion;
  return { ...vote, macs: makeMacs(vote, promiseText(promise), version, keys.ofVersion(version)) };
}

/**
 * The answer to a vote outside the window. If an earlier try was in time and a receipt proves that the submission was
 * decided, a retry gets the answer of that try. A lost submission does not, because it would have to be sent again, and
 * it is too late for that. The promise is given again only for the envelope that was recorded.
 */
async function answerOutsideWindow(
  law: Law,
  state: "not_open_yet" | "closed" | "frozen",
  submission: Submission | undefined,
  services: IngestServices,
): Promise<APIGatewayProxyResult> {
  const known = submission === undefined ? undefined : await services.receipts.get(submission.requestId);
  if (submission !== undefined && known !== undefined && known.status !== "lost") {
    const given = await promised(submission, services);
    const isRecorded = given?.answer.envelope_sha256 === known.envelopeSha256;
    return accepted(submission, known.acceptedAt, isRecorded ? given : undefined);
  }
  const look =
    submission === undefined
      ? ""
      : known === undefined
        ? " If an earlier try with this Idempotency-Key was in time, its receipt will say so: look there."
        : " An earlier try with this Idempotency-Key was in time, and was lost in a failure of the system.";
  return problem("law-not-open", {
    detail: `${WHY[state](law)}${look}`,
    extensions: {
      law_id: law.lawId,
      ...rehearsalMark(law.lawId),
      opens_at: law.opensAt,
      ...(law.closesAt === undefined ? {} : { closes_at: law.closesAt }),
      ...(submission === undefined ? {} : { request_id: submission.requestId, receipt: submission.receipt }),
    },
  });
}

const WHY: Readonly<Record<"not_open_yet" | "closed" | "frozen", (law: Law) => string>> = {
  not_open_yet: (law) => `Voting on ${law.lawId} opens at ${law.opensAt}.`,
  closed: (law) => `Voting on ${law.lawId} closed at ${law.closesAt ?? "an earlier time"}.`,
  frozen: (law) => `Voting on ${law.lawId} is suspended.`,
};

/**
 * The address of a receipt, relative to the request (RFC 3986 §5.2). An absolute path would lack the gateway's stage,
 * which the function does not know. If the request's path ends with a slash, which the gateway ignores, there is one
 * more step.
 */
function receiptReference({ path }: APIGatewayProxyEvent, requestId: string): string {
  return `${path.endsWith("/") ? "../" : ""}votes/${requestId}`;
}

function accepted(
  { requestId, receipt, law: { lawId } }: Submission,
  acceptedAt: string,
  given: GivenPromise | undefined,
): APIGatewayProxyResult {
  const body: VoteAccepted = {
    request_id: requestId,
    status: "accepted",
    message: "Your vote was received and will be checked. Your receipt says what became of it.",
    law_id: lawId,
    ...rehearsalMark(lawId),
    accepted_at: acceptedAt,
    ...(given === undefined ? {} : { promise: given.answer }),
  };
  return json(202, body, { location: receipt });
}
