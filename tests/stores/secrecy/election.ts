import { randomBytes, randomInt } from "node:crypto";
import { Readable } from "node:stream";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { CHOICES, type Choice } from "../../../shared/domain/ballot.ts";
import { type BallotBox, ballotBox, SEED_BYTES, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { personHash, voterHash } from "../../../shared/domain/voter-hash.ts";
import { readVote } from "../../../shared/messages/queue.ts";
import { addLawOfForm, type LawOfForm } from "../../support/add-law-of-form.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { putOn } from "../../support/queues.ts";
import { batch, bodyOf, CONTEXT, request } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";

/** Who made a choice unreadable, if anybody. */
export const SEALINGS = ["client", "ingest", "nobody"] as const;
export type Sealing = (typeof SEALINGS)[number];

/** What happened to a vote: recorded with others, recorded alone, recorded as a duplicate, or stuck. */
export const FATES = ["with others", "alone", "duplicate", "dead letter"] as const;
export type Fate = (typeof FATES)[number];

/** A vote that was cast, with everything by which somebody might recognise it. */
export interface CastVote {
  readonly sealing: Sealing;
  readonly fate: Fate;
  readonly lawId: string;
  readonly nas: string;
  readonly code: string;
  readonly voterHash: Buffer;
  readonly personHash: Buffer;
  readonly requestId: string;
  readonly envelope: string | undefined;
  readonly choice: Choice;
}

export interface Election {
  readonly laws: { readonly open: LawOfForm; readonly sealed: LawOfForm };
  /** The secret of the trustees. */
  readonly secret: Uint8Array;
  readonly votes: readonly CastVote[];
  /** Lines of the roll file. */
  readonly roll: readonly string[];
  /** What was in the memory of `ingest`: each request with its answer and its message. */
  readonly requests: readonly string[];
  /** Every message that was on a queue, by the queue's name in the table of permissions. */
  readonly messages: Readonly<Record<"votes" | "outcomes" | "votes-dlq" | "outcomes-dlq", string[]>>;
}

const LAWS = { client: "SEALED", ingest: "SEALED", nobody: "OPEN" } as const;
const OUTPUTS = {
  votes: "VotesQueueUrl",
  outcomes: "OutcomesQueueUrl",
} as const;

/** The functions that a vote passes, in this process. */
async function handlers() {
  const [ingest, validate, aggregate] = await Promise.all([
    import("../../../functions/ingest/index.ts"),
    import("../../../functions/validate/index.ts"),
    import("../../../functions/aggregate/index.ts"),
  ]);
  return { ingest: ingest.handler, validate: validate.handler, aggregate: aggregate.handler };
}

/**
 * Holds an election on real stores with the functions' code: a sealed and an open law, both with a pepper, and votes of
 * each sealing and fate.
 *
 * @param stack the stores
 * @param afterEach called after whatever somebody could notice, with what there is until then
 */
export async function holdElection(
  stack: TestTarget,
  afterEach: (election: Election) => Promise<void>,
): Promise<Election> {
  const { target } = stack;
  const call = await handlers();
  const voters = Array.from({ length: 40 }, (_, index) => ({
    nas: String(randomInt(10_000_000, 99_999_999)) + String(index % 10),
    code: `Code${randomBytes(8).toString("hex")}`,
  }));
  const secret = Uint8Array.from(randomBytes(32));
  const [open, sealed] = [
    await addLawOfForm(target, LAWS.nobody, "open", { pepperId: "1" }),
    await addLawOfForm(target, LAWS.client, "sealed", { pepperId: "1", secret }),
  ];
  const roll = voters.map(({ nas, code }) => `${nas},${code}`);
  for (const { law } of [open, sealed]) await loadAndSeal(target, law.lawId, Readable.from([roll.join("\n")]));
  const keys = await target.keys();
  const box = ballotBox(sealed.law.origin ?? "", Buffer.from(sealed.law.trustees?.electionKey ?? "", "base64url"));

  const votes: CastVote[] = [];
  const requests: string[] = [];
  const messages: Election["messages"] = { votes: [], outcomes: [], "votes-dlq": [], "outcomes-dlq": [] };
  const election: Election = { laws: { open, sealed }, secret, votes, roll, requests, messages };
  const take = async (queue: "votes" | "outcomes"): Promise<string[]> => {
    const taken = await takeAll(stack, OUTPUTS[queue]);
    messages[queue].push(...taken);
    return taken;
  };

  const cast = async (sealing: Sealing, fate: Fate, choice: Choice, voter: number): Promise<string> => {
    const { nas, code } = voters[voter] ?? { nas: "", code: "" };
    const lawId = LAWS[sealing];
    const ballot = sealing === "client" ? { sealed_vote: envelopeFor(box, choice) } : { vote: choice };
    const body = JSON.stringify({ nas, code, law_id: lawId, ...ballot });
    const headers = { "content-type": "application/json", "idempotency-key": randomBytes(12).toString("hex") };
    const answer = await call.ingest(request("POST", "/api/v1/vote", { body, headers }), CONTEXT);
    const [message = ""] = await take("votes");
    if (answer.statusCode !== 202) throw new Error(`a vote was refused: ${answer.body}`);
    requests.push(JSON.stringify([body, headers, answer.body, message]));
    votes.push({
      ...{ sealing, fate, lawId, nas, code, choice },
      voterHash: voterHash(nas, code, lawId, keys.pepper("1")),
      personHash: personHash(nas, lawId, keys.ofVersion(1).person),
      requestId: String(bodyOf(answer)["request_id"]),
      envelope: readVote(message)?.sealed,
    });
    return message;
  };
  const decide = async (bodies: readonly string[]): Promise<string[]> => {
    const { batchItemFailures } = await call.validate(batch(bodies));
    if (batchItemFailures.length > 0) throw new Error("validate gave a vote back");
    return take("outcomes");
  };
  const record = async (bodies: readonly string[]) => {
    const { batchItemFailures } = await call.aggregate(batch(bodies));
    if (batchItemFailures.length > 0) throw new Error("aggregate gave an outcome back");
    await afterEach(election);
  };
  const die = async (queue: "votes" | "outcomes", body: string) => {
    messages[`${queue}-dlq`].push(body);
    await putOn(target, queue === "votes" ? "votesDeadLetters" : "outcomesDeadLetters", [body]);
  };

  await afterEach(election);
  const together: string[] = [];
  let voter = 0;
  for (const sealing of SEALINGS) {
    for (const choice of CHOICES) together.push(await cast(sealing, "with others", choice, voter++));
  }
  await record(await decide(together));
  for (const sealing of SEALINGS) await record(await decide([await cast(sealing, "alone", "non", voter++)]));
  const again: string[] = [];
  // Each has voted above, for the other option.
  for (const [at, sealing] of SEALINGS.entries()) again.push(await cast(sealing, "duplicate", "non", 2 * at));
  await record(await decide(again));
  for (const sealing of SEALINGS) {
    await die("votes", await cast(sealing, "dead letter", "oui", voter++));
    const [outcome = ""] = await decide([await cast(sealing, "dead letter", "oui", voter++)]);
    await die("outcomes", outcome);
  }
  await afterEach(election);
  return election;
}

function envelopeFor(box: BallotBox, choice: Choice): string {
  const ballot = sealBallot(box, CHOICES.indexOf(choice), randomBytes(SEED_BYTES));
  if (ballot.type !== "sealed") throw new Error(ballot.type);
  return ballot.envelope;
}

async function takeAll({ target }: TestTarget, output: string): Promise<string[]> {
  const QueueUrl = target.output(output);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}
