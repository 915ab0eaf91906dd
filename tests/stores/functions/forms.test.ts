import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LawForm } from "../../../shared/domain/law.ts";
import { electionKeys } from "../../../shared/domain/sealing/election-keys.ts";
import { ballotBox, openBallot, SEED_BYTES, sealBallot } from "../../../shared/domain/sealing/sealed-ballot.ts";
import { readOutcome, readRefused, readVote } from "../../../shared/messages/queue.ts";
import { addLawOfForm, type LawOfForm } from "../../support/add-law-of-form.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import * as firstRelease from "../../support/first-release.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { batch, bodyOf, CONTEXT, request, startFunctionTarget } from "../support/function-target.ts";
import type { TestTarget } from "../support/test-target.ts";

let stack: TestTarget;
let call: {
  ingest: typeof import("../../../functions/ingest/index.ts").handler;
  validate: typeof import("../../../functions/validate/index.ts").handler;
  aggregate: typeof import("../../../functions/aggregate/index.ts").handler;
};
const laws = {} as Record<LawForm, LawOfForm>;
/** The voter of the next vote: each test has others. */
let next = 0;

beforeAll(async () => {
  stack = await startFunctionTarget();
  const [ingest, validate, aggregate] = await Promise.all([
    import("../../../functions/ingest/index.ts"),
    import("../../../functions/validate/index.ts"),
    import("../../../functions/aggregate/index.ts"),
  ]);
  call = { ingest: ingest.handler, validate: validate.handler, aggregate: aggregate.handler };
  for (const form of ["open", "sealed"] as const) {
    laws[form] = await addLawOfForm(stack.target, form.toUpperCase(), form);
    const lines = Array.from({ length: 60 }, (_, index) => `${100_000_000 + index},CODE${1000 + index}\n`);
    await loadAndSeal(stack.target, form.toUpperCase(), Readable.from(lines));
  }
});
afterAll(() => stack?.stop());

interface Ballot {
  readonly vote?: unknown;
  readonly sealed_vote?: unknown;
}

function cast(form: LawForm, voter: number, ballot: Ballot, headers: Record<string, string> = {}) {
  return castOn(laws[form].law.lawId, voter, ballot, headers);
}

function castOn(lawId: string, voter: number, ballot: Ballot, headers: Record<string, string> = {}) {
  const body = JSON.stringify({
    nas: String(100_000_000 + voter),
    code: `CODE${1000 + voter}`,
    law_id: lawId,
    ...ballot,
  });
  return call.ingest(
    request("POST", "/api/v1/vote", { body, headers: { "content-type": "application/json", ...headers } }),
    CONTEXT,
  );
}

async function take(output: string): Promise<string[]> {
  const QueueUrl = stack.target.output(output);
  const bodies: string[] = [];
  for (;;) {
    const { Messages = [] } = await stack.target.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = "", ReceiptHandle } of Messages) {
      bodies.push(Body);
      await stack.target.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

async function statusOf(requestId: unknown) {
  const { rows } = await stack.target.pool.query("select status from vote_audit where request_id = $1", [requestId]);
  return rows[0]?.status as string | undefined;
}

/** What Redis says about a voter: undefined: not on the roll; empty: not claimed. */
async function claimOf(lawId: string, voterHash: string) {
  const key = `roll:{${lawId}:${voterHash.slice(0, 4)}}`;
  return (await stack.target.redis.hgetBuffer(key, Buffer.from(voterHash, "hex") as unknown as string))?.toString(
    "hex",
  );
}

function boxOf(form: LawForm) {
  const { origin = "", trustees } = laws[form].law;
  return ballotBox(origin, Buffer.from(trustees?.electionKey ?? "", "base64url"));
}

function sealed(option: number): string {
  const ballot = sealBallot(boxOf("sealed"), option, randomBytes(SEED_BYTES));
  if (ballot.type !== "sealed") throw new Error(ballot.type);
  return ballot.envelope;
}

function opened(envelope: string) {
  return openBallot(boxOf("sealed"), laws.sealed.keys.election.privateKey, envelope, 2);
}

describe("a vote of a sealed law", () => {
  test.each([
    ["sealed by its client", () => ({ sealed_vote: sealed(1) })],
    ["sealed by ingest", () => ({ vote: "non" })],
  ])("%s is in no message and no row as a choice, and the trustees open it", async (_, make) => {
    const voter = next++;
    const answer = await cast("sealed", voter, make());
    expect(answer.statusCode).toBe(202);
    const votes = await take("VotesQueueUrl");
    expect(await call.validate(batch(votes))).toEqual({ batchItemFailures: [] });
    const outcomes = await take("OutcomesQueueUrl");
    expect(await call.aggregate(batch(outcomes))).toEqual({ batchItemFailures: [] });
    for (const body of [...votes, ...outcomes]) expect(body).not.toMatch(/oui|non\b/);
    expect(await statusOf(bodyOf(answer).request_id)).toBe("counted");
    const envelope = readVote(votes[0] ?? "")?.sealed ?? "";
    expect(opened(envelope)).toMatchObject({ type: "opened", option: 1 });
    const { rows } = await stack.target.pool.query("select envelope from ballot_box where envelope = $1", [
      Buffer.from(envelope, "base64url"),
    ]);
    expect(rows).toHaveLength(1);
    const { rows: ballots } = await stack.target.pool.query("select 1 from ballots where law_id = 'SEALED'");
    expect(ballots).toEqual([]);
  });

  test("that ingest seals is the same bytes at every try with a key, and other ones for another choice or voter", async () => {
    const [voter, other] = [next++, next++];
    const key = { "idempotency-key": "one-submission" };
    const envelopes = [];
    for (const [of, vote, headers] of [
      [voter, "oui", key],
      [voter, "oui", key],
      [voter, "non", key],
      [other, "oui", key],
      [voter, "oui", {}],
      [voter, "oui", {}],
    ] as const) {
      expect((await cast("sealed", of, { vote }, headers)).statusCode).toBe(202);
      const [body = ""] = await take("VotesQueueUrl");
      envelopes.push(readVote(body)?.sealed);
    }
    expect(envelopes[1]).toBe(envelopes[0]);
    expect(new Set(envelopes).size).toBe(5);
  });

  const MALFORMED = "must be an envelope: 79 characters of base64url";
  test.each([
    ["neither a choice nor an envelope", () => ({}), "vote", "is required"],
    [
      "both",
      () => ({ vote: "oui", sealed_vote: sealed(0) }),
      "sealed_vote",
      "must not be there beside vote: send one of them",
    ],
    ["an envelope that is too short", () => ({ sealed_vote: sealed(0).slice(1) }), "sealed_vote", MALFORMED],
    ["an envelope with padding", () => ({ sealed_vote: `${sealed(0)}=` }), "sealed_vote", MALFORMED],
    [
      "text that has bits to spare",
      () => ({ sealed_vote: withSpareBits(sealed(0)) }),
      "sealed_vote",
      `${MALFORMED}, of which the last one has no bits to spare`,
    ],
    [
      "another format",
      () => ({ sealed_vote: changed(sealed(0), (bytes) => bytes.writeUInt8(2, 0)) }),
      "sealed_vote",
      "has a format that this release does not know: its first byte is not 1",
    ],
    [
      "an envelope for another law's key",
      () => {
        const { publicKey } = electionKeys(randomBytes(32)).election;
        const ballot = sealBallot(ballotBox("test/other", publicKey), 0, randomBytes(SEED_BYTES));
        return { sealed_vote: ballot.type === "sealed" ? ballot.envelope : "" };
      },
      "sealed_vote",
      "was sealed for another key than that of this law",
    ],
    [
      "a point of low order",
      () => ({ sealed_vote: changed(sealed(0), (bytes) => bytes.fill(0, 9, 41)) }),
      "sealed_vote",
      "has a point of low order, so anybody could open it",
    ],
    ["something that is not text", () => ({ sealed_vote: 7 }), "sealed_vote", "must be a string"],
  ])("with %s is refused, and says why", async (_, make, field, message) => {
    const answer = await cast("sealed", 0, make());
    expect([answer.statusCode, bodyOf(answer).errors]).toEqual([400, [{ field, message }]]);
    expect(await take("VotesQueueUrl")).toEqual([]);
  });

  test("that is sealed for an open law is refused", async () => {
    const answer = await cast("open", 0, { sealed_vote: sealed(0) });
    expect([answer.statusCode, bodyOf(answer).errors]).toEqual([
      400,
      [{ field: "sealed_vote", message: "is for sealed laws, and this law is open: send vote" }],
    ]);
  });
});

function changed(envelope: string, change: (bytes: Buffer) => unknown): string {
  const bytes = Buffer.from(envelope, "base64url");
  change(bytes);
  return bytes.toString("base64url");
}

/** Other text that decodes to the same bytes: the last character has two bits that no byte has. */
function withSpareBits(envelope: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = alphabet.indexOf(envelope.at(-1) ?? "");
  return `${envelope.slice(0, -1)}${alphabet[last + 1] ?? ""}`;
}

describe.each(["open", "sealed"] as const)("on the queues of a law that is %s", (form) => {
  /** The vote message of a new voter, and of another one. */
  async function messages() {
    const bodies = [];
    for (const vote of ["oui", "non"]) {
      expect((await cast(form, next++, { vote })).statusCode).toBe(202);
      bodies.push(...(await take("VotesQueueUrl")));
    }
    return bodies as [string, string];
  }
  const altered = (body: string, changes: object) => JSON.stringify({ ...JSON.parse(body), ...changes });
  const ballotOf = (body: string) => {
    const { choice, sealed: envelope } = JSON.parse(body);
    return { choice, sealed: envelope };
  };

  test("a vote that ingest did not write takes no claim and is never recorded", async () => {
    const [mine, other] = await messages();
    const { voter_hash: victim } = JSON.parse(other);
    const { v: _, key_version: __, mac_validate: ___, mac_record: ____, ...first } = JSON.parse(other);
    const forged = {
      "with the ballot of another vote": altered(mine, ballotOf(other)),
      "for another voter": altered(mine, { voter_hash: victim }),
      "at another time": altered(mine, { accepted_at: "2026-01-01T00:00:00.000Z" }),
      "with the macs of another vote": altered(mine, {
        mac_validate: JSON.parse(other).mac_validate,
        mac_record: JSON.parse(other).mac_record,
      }),
      "of a key that does not exist": altered(mine, { key_version: 7 }),
      "of version 1, without macs": JSON.stringify({ v: 1, ...first, sealed: undefined, choice: "non" }),
    };
    expect(await call.validate(batch(Object.values(forged)))).toEqual({ batchItemFailures: [] });
    expect(await take("OutcomesQueueUrl")).toEqual([]);
    const dead = await take("VotesDlqUrl");
    expect(dead.map((body) => readRefused(body)?.body).sort()).toEqual(Object.values(forged).sort());
    for (const body of [mine, other]) {
      const { law_id, voter_hash } = JSON.parse(body);
      expect(await claimOf(law_id, voter_hash), "not claimed").toBe("");
    }
    expect(await call.validate(batch([mine, other])), "the genuine ones are decided").toEqual({
      batchItemFailures: [],
    });
    expect((await take("OutcomesQueueUrl")).map((body) => readOutcome(body)?.outcome)).toEqual([
      "accepted",
      "accepted",
    ]);
  });

  test("an outcome that validate did not write is never recorded", async () => {
    const [mine, other] = await messages();
    await call.validate(batch([mine, other]));
    const [outcome = "", second = ""] = await take("OutcomesQueueUrl");
    const forged = [
      altered(outcome, { outcome: "duplicate" }),
      altered(outcome, { outcome: "invalid" }),
      altered(outcome, ballotOf(second)),
      altered(outcome, { mac_record: JSON.parse(second).mac_record }),
      altered(outcome, { mac_outcome: JSON.parse(second).mac_outcome }),
      altered(outcome, { v: 1, sealed: undefined, choice: "non" }),
      // A vote from the other queue.
      mine,
    ];
    expect(await call.aggregate(batch(forged))).toEqual({ batchItemFailures: [] });
    const dead = await take("OutcomesDlqUrl");
    expect(dead.map((body) => readRefused(body)?.body ?? body).sort()).toEqual([...forged].sort());
    expect(await statusOf(JSON.parse(mine).request_id)).toBeUndefined();
    expect(await call.aggregate(batch([outcome, second]))).toEqual({ batchItemFailures: [] });
    expect(await statusOf(JSON.parse(mine).request_id)).toBe("counted");
  });

  test("a message that is played again changes nothing", async () => {
    const [mine, other] = await messages();
    for (let round = 0; round < 2; round++) {
      await call.validate(batch([mine, other, mine]));
      await call.aggregate(batch(await take("OutcomesQueueUrl")));
    }
    const { law_id, voter_hash, request_id } = JSON.parse(mine);
    const { rows } = await stack.target.pool.query(
      "select request_id from participation where law_id = $1 and voter_hash = $2",
      [law_id, Buffer.from(voter_hash, "hex")],
    );
    expect(rows).toEqual([{ request_id }]);
    const { rows: audit } = await stack.target.pool.query("select status from vote_audit where request_id = $1", [
      request_id,
    ]);
    expect(audit).toEqual([{ status: "counted" }]);
  });
});

describe("votes in flight while release 1.0.0 is deployed again, and then this one", () => {
  test.each([
    ["open", "waits", "waits"],
    ["sealed", "dead letter", "dead letter"],
  ] as const)(
    "of an %s law are neither decided nor recorded by it, and counted once afterwards",
    async (form, asVote, asOutcome) => {
      const { lawId } = laws[form].law;
      const { redis, pool } = stack.target;
      const answers = [await cast(form, next++, { vote: "oui" }), await cast(form, next++, { vote: "oui" })];
      const [first = "", second = ""] = await take("VotesQueueUrl");
      expect(await call.validate(batch([first]))).toEqual({ batchItemFailures: [] });
      const [outcome = ""] = await take("OutcomesQueueUrl");

      expect(firstRelease.acceptsVotes(await itemOf(lawId), Date.now())).toBe(false);
      expect(await firstRelease.validateVote(redis, second)).toBe(asVote);
      expect(await firstRelease.recordOutcome(pool, outcome)).toBe(asOutcome);
      for (const answer of answers) expect(await statusOf(bodyOf(answer).request_id)).toBeUndefined();

      // Dead letters are sent back as they came.
      expect(await call.validate(batch([second]))).toEqual({ batchItemFailures: [] });
      const outcomes = [outcome, ...(await take("OutcomesQueueUrl"))];
      expect(await call.aggregate(batch(outcomes))).toEqual({ batchItemFailures: [] });
      for (const answer of answers) expect(await statusOf(bodyOf(answer).request_id)).toBe("counted");
    },
  );

  test("of a law without a form are decided and recorded by it", async () => {
    const { lawId } = await addReadyLaw(stack.target, { lawId: "NO-FORM", title: "A law without a form" });
    await loadAndSeal(stack.target, lawId, Readable.from(["100000000,CODE1000\n", "100000001,CODE1001\n"]));
    for (const voter of [0, 1]) expect((await castOn(lawId, voter, { vote: "oui" })).statusCode).toBe(202);
    const [first = "", second = ""] = await take("VotesQueueUrl");
    expect(await call.validate(batch([first]))).toEqual({ batchItemFailures: [] });
    const [outcome = ""] = await take("OutcomesQueueUrl");
    expect(firstRelease.acceptsVotes(await itemOf(lawId), Date.now())).toBe(true);
    expect(await firstRelease.validateVote(stack.target.redis, second)).toBe("done");
    expect(await firstRelease.recordOutcome(stack.target.pool, outcome)).toBe("done");
  });
});

/** The item of a law, as `ingest` reads it. */
async function itemOf(lawId: string) {
  const TableName = stack.target.output("LawsTableName");
  const { Item = {} } = await stack.target.dynamoDb.send(
    new GetItemCommand({ TableName, Key: { law_id: { S: lawId } } }),
  );
  return Item;
}
