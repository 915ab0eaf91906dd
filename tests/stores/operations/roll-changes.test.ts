import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { MACHINE_CLOCK } from "../../../operations/clock.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { changeSealedRoll } from "../../../operations/roll/changes/change-roll.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import { bucketDigests, bucketNumber, rollDigest } from "../../../shared/domain/roll-digest.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import * as changes from "../../../shared/messages/operators/roll-changes.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";
import { PostgresOutcomeStore } from "../../../shared/stores/outcomes.ts";
import { aDecidedVote } from "../../support/factories.ts";
import { archiveOf } from "../../support/memory-objects.ts";
import { openRollDoor, type TestRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let door: TestRollDoor;
let added = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  door = openRollDoor(stack);
});
afterAll(async () => {
  await door?.close();
  await stack?.stop();
});

const [A, B, C, D, NEW_A] = [
  "100000001,AAAAAA",
  "100000002,BBBBBB",
  "100000003,CCCCCC",
  "100000004,DDDDDD",
  "100000001,NEWCODE1",
] as const;
const hashOf = (lawId: string, voter: string) => voterHash(voter.slice(0, 9), voter.slice(10), lawId);

async function perform<T extends Parameters<typeof door.perform>[0]>(act: T, request: unknown, through = door) {
  const outcome = await through.perform(act, JSON.parse(JSON.stringify(request)));
  if (outcome.kind === "proposed") throw new Error("it was proposed");
  return act.result.parse(outcome.result) as ReturnType<T["result"]["parse"]>;
}

/** A law whose roll is sealed with three voters. */
async function newLaw(window: { readonly closes?: string } = {}): Promise<string> {
  const law_id = `changed-${++added}`;
  await perform(laws.addLaw, { law_id, title: "A law", opens: "2026-01-01T00:00:00Z", ...window });
  await sendRoll(door, { laws: [law_id], source: Readable.from([[A, B, C].join("\n")]) });
  await perform(rolls.sealRoll, { law_id, expect: 3 });
  return law_id;
}

type Kind = "add" | "replace" | "strike";
const numbered = (kind: Kind | "find", voters: readonly string[]) =>
  voters
    .map((voter, index) => `${index + 1},${kind === "add" || kind === "replace" ? voter : voter.slice(0, 9)}`)
    .join(";");

async function prepare(law_id: string, kind: Kind | "find", ...voters: readonly string[]): Promise<string> {
  const { draft } = changes.prepareRollChange.result.parse(
    await perform(changes.prepareRollChange, { law_id, kind, voters: numbered(kind, voters) }),
  );
  return draft;
}

async function change(law_id: string, kind: Kind, ...voters: readonly string[]) {
  const draft = await prepare(law_id, kind, ...voters);
  const request = { law_id, kind, draft, voters: voters.length };
  return changes.changeRoll.result.parse(await perform(changes.changeRoll, request));
}

/** After the moment of every change. */
const LATER = "2100-01-01T00:00:00.000Z";

async function claim(lawId: string, voter: string, id: number, acceptedAt = LATER) {
  const [result] = await new RedisClaimStore(stack.target.redis).claim([
    { lawId, voterHash: hashOf(lawId, voter).toString("hex"), id: Buffer.alloc(16, id), acceptedAt },
  ]);
  return result?.kind === "decided" ? result.decision : result?.why;
}

/** What PostgreSQL makes of a vote that was accepted this many seconds after a moment. */
async function recorded(lawId: string, voter: string, moment: string, seconds: number) {
  const vote = aDecidedVote({
    lawId,
    voterHash: hashOf(lawId, voter).toString("hex"),
    acceptedAt: new Date(Date.parse(moment) + seconds * 1_000).toISOString(),
  });
  const [row] = await new PostgresOutcomeStore(stack.target.pool).record([vote]);
  return row === undefined ? "waits" : [row.status, row.reason].filter((one) => one !== undefined).join(" ");
}

const digestOf = (lawId: string, ...voters: readonly string[]) =>
  rollDigest(bucketDigests(voters.map((voter) => hashOf(lawId, voter)))).toString("hex");

async function rollOf(lawId: string) {
  const [roll] = await countRolls(stack.target, [lawId]);
  return roll;
}

describe("a sealed roll", () => {
  test("gets a voter, from a moment on that comes after everybody knows; the digest is of the new roll", async () => {
    const lawId = await newLaw();
    expect(await claim(lawId, D, 1)).toBe("invalid");
    const askedAt = Date.now();
    const done = await change(lawId, "add", D);
    expect(done).toMatchObject({ voters: 1, on_roll: 4, complete: true, digest: digestOf(lawId, A, B, C, D) });
    expect(Date.parse(done.in_force_at)).toBeGreaterThan(askedAt + 1_000);
    expect(await rollOf(lawId)).toMatchObject({ postgresql: 4, redis: 4, digest: done.digest, complete: true });
    // A vote from before the moment takes no claim, or the voter's vote after it would wait behind it.
    const tooEarly = new Date(Date.parse(done.in_force_at) - 1).toISOString();
    expect(await claim(lawId, D, 2, tooEarly)).toBe("invalid");
    await perform(rolls.rebuildRolls, { laws: [lawId] });
    expect(await claim(lawId, D, 2, tooEarly)).toBe("invalid");
    expect(await claim(lawId, D, 1, done.in_force_at)).toBe("accepted");
    expect(await claim(lawId, D, 2)).toBe("duplicate");
    expect(await recorded(lawId, D, done.in_force_at, -0.001)).toBe("invalid not_on_roll");
    expect(await recorded(lawId, D, done.in_force_at, 0)).toBe("counted");
  });

  test("gives a voter another code: the old one ends, and the person votes once", async () => {
    const lawId = await newLaw();
    const { in_force_at: at, ...done } = await change(lawId, "replace", NEW_A);
    expect(done).toMatchObject({ on_roll: 3, complete: true, digest: digestOf(lawId, NEW_A, B, C) });
    expect(await rollOf(lawId)).toMatchObject({ postgresql: 3, redis: 3, complete: true });
    expect([await claim(lawId, A, 1), await claim(lawId, NEW_A, 2)]).toEqual(["accepted", "accepted"]);
    expect(await recorded(lawId, A, at, 1)).toBe("invalid code_replaced");
    expect(await recorded(lawId, NEW_A, at, -1)).toBe("invalid not_on_roll");
    expect(await recorded(lawId, A, at, -1), "accepted before, and late").toBe("counted");
    expect(await recorded(lawId, NEW_A, at, 2)).toBe("duplicate already_voted");
    const { findings } = checkLedger(await readLedger(stack.target, { laws: [lawId] }));
    expect(findings.filter(({ message }) => !message.includes("receipt"))).toEqual([]);
  });

  test("loses a voter, whose vote from before stands", async () => {
    const lawId = await newLaw();
    const { in_force_at: at, ...done } = await change(lawId, "strike", B, C);
    expect(done).toMatchObject({ voters: 2, on_roll: 1, complete: true, digest: digestOf(lawId, A) });
    expect(await recorded(lawId, B, at, -1)).toBe("counted");
    expect(await recorded(lawId, B, at, 1)).toBe("duplicate already_voted");
    expect(await recorded(lawId, C, at, 1)).toBe("invalid struck");
    expect(await perform(rolls.rebuildRolls, { laws: [lawId] })).toMatchObject({
      laws: [{ voters: 1, cached: 1, complete: true }],
    });
  });

  test("may have several changes, each with the digest of the roll after it", async () => {
    const lawId = await newLaw();
    await change(lawId, "add", D);
    await change(lawId, "strike", D);
    const again = await change(lawId, "add", "100000004,ANOTHER1");
    expect(again.digest).toBe(digestOf(lawId, A, B, C, "100000004,ANOTHER1"));
    const { rows } = await stack.target.pool.query(
      "select kind, encode(digest_before, 'hex') as before, encode(digest, 'hex') as after from roll_changes where law_id = $1 order by made_at",
      [lawId],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(["add", "strike", "add"]);
    expect(rows.slice(1).map(({ before }) => before)).toEqual(rows.slice(0, -1).map(({ after }) => after));
  });
});

describe("a change is refused", () => {
  test("of voters who are not as it needs them, by their lines", async () => {
    const lawId = await newLaw();
    await expect(change(lawId, "add", D, A)).rejects.toThrow(/line 2 is on the roll already \(1 in all\); nothing was/);
    await expect(change(lawId, "replace", D)).rejects.toThrow(/line 1 is not on the roll/);
    await expect(change(lawId, "strike", A, D)).rejects.toThrow(/line 2 is not on the roll/);
    await expect(change(lawId, "replace", A)).rejects.toThrow(/line 1 has a code that is or was on the roll/);
    await expect(change(lawId, "strike", A, A)).rejects.toThrow(/Line 2 names a person of an earlier line/);
    await change(lawId, "strike", A);
    await expect(change(lawId, "add", A), "with the code that has ended").rejects.toThrow(/is or was on the roll/);
    expect(await rollOf(lawId)).toMatchObject({ postgresql: 2, complete: true });
  });

  test("for a code of somebody who has voted, also when the vote came after it was prepared", async () => {
    const lawId = await newLaw();
    const draft = await prepare(lawId, "replace", NEW_A);
    expect(await recorded(lawId, A, new Date().toISOString(), 0)).toBe("counted");
    const request = { law_id: lawId, kind: "replace", draft, voters: 1 };
    await expect(perform(changes.changeRoll, request)).rejects.toThrow(/line 1 has voted/);
    await expect(change(lawId, "replace", NEW_A)).rejects.toThrow(/line 1 has voted/);
    expect(await rollOf(lawId)).toMatchObject({ postgresql: 3, digest: digestOf(lawId, A, B, C), complete: true });
  });

  test("at a moment that comes too soon, before a roll is sealed, and of another draft", async () => {
    const lawId = await newLaw();
    const draft = await prepare(lawId, "strike", A);
    const request = { law_id: lawId, kind: "strike", draft, voters: 1 };
    await expect(perform(changes.changeRoll, { ...request, at: new Date().toISOString() })).rejects.toThrow(
      /comes too soon for a change of the roll/,
    );
    expect(await rollOf(lawId)).toMatchObject({ complete: true, unfinished: [] });
    await expect(perform(changes.changeRoll, { ...request, voters: 2 })).rejects.toThrow(/There is no draft/);
    await expect(perform(changes.changeRoll, { ...request, kind: "add" })).rejects.toThrow(/There is no draft/);
    const unsealed = `changed-${++added}`;
    await perform(laws.addLaw, { law_id: unsealed, title: "A law" });
    await expect(prepare(unsealed, "add", A)).rejects.toThrow(/is a draft and takes no votes/);
  });

  test("that would be in force when the law has closed", async () => {
    const closes = Date.now() + 3_600_000;
    const lawId = await newLaw({ closes: new Date(closes).toISOString() });
    const draft = await prepare(lawId, "add", D);
    const request = { law_id: lawId, kind: "add", draft, voters: 1 };
    for (const at of [closes, closes + 1_000].map((ms) => new Date(ms).toISOString())) {
      await expect(perform(changes.changeRoll, { ...request, at })).rejects.toThrow(
        /closes at .*, and the change of its roll would be in force at .* laws -- close \S+ --at INSTANT/,
      );
    }
    const unchanged = { postgresql: 3, digest: digestOf(lawId, A, B, C), complete: true, unfinished: [] };
    expect(await rollOf(lawId)).toMatchObject(unchanged);
    const last = new Date(closes - 1_000).toISOString();
    expect(await perform(changes.changeRoll, { ...request, at: last })).toMatchObject({
      on_roll: 4,
      in_force_at: last,
    });
  });
});

describe("a change that is cut off", () => {
  test("leaves the votes of the law waiting, until the same act is sent again", async () => {
    const lawId = await newLaw();
    const draft = await prepare(lawId, "add", D);
    const call = { run: randomUUID(), request: { law_id: lawId, kind: "add", draft, voters: 1 } };
    const add = vi.spyOn(RedisRoll.prototype, "add").mockRejectedValueOnce(new Error("Redis is away"));
    await expect(door.step(changes.changeRoll, call)).rejects.toThrow("Redis is away");
    add.mockRestore();
    expect(await rollOf(lawId)).toMatchObject({ postgresql: 4, complete: false, unfinished: [{ kind: "change" }] });
    expect(await claim(lawId, A, 1)).toBe("roll_not_loaded");
    await expect(change(lawId, "strike", A)).rejects.toThrow(/is not changed now: a change of the sealed roll/);
    expect(await door.step(changes.changeRoll, call)).toMatchObject({
      result: { on_roll: 4, digest: digestOf(lawId, A, B, C, D), complete: true },
    });
    expect(await rollOf(lawId)).toMatchObject({ redis: 4, complete: true, unfinished: [] });
    expect(await claim(lawId, A, 1)).toBe("accepted");
  });

  test("does not mark the roll as whole when Redis has lost voters meanwhile", async () => {
    const lawId = await newLaw();
    const draft = await prepare(lawId, "add", D);
    const call = { run: randomUUID(), request: { law_id: lawId, kind: "add", draft, voters: 1 } };
    const add = vi.spyOn(RedisRoll.prototype, "add").mockRejectedValueOnce(new Error("Redis is away"));
    await expect(door.step(changes.changeRoll, call)).rejects.toThrow("Redis is away");
    add.mockRestore();
    await new RedisRoll(stack.target.redis).clear(lawId);
    expect(await door.step(changes.changeRoll, call)).toMatchObject({ result: { on_roll: 4, complete: false } });
    expect(await claim(lawId, A, 1)).toBe("roll_not_loaded");
    await perform(rolls.rebuildRolls, { laws: [lawId] });
    expect(await rollOf(lawId)).toMatchObject({ redis: 4, complete: true });
  });

  test("goes on from bucket to bucket by its cursor when a step should end, and names the digest only at the end", async () => {
    const lawId = await newLaw();
    const more = ["100000004,DDDDDD", "100000005,EEEEEE", "100000006,FFFFFF"];
    const draft = await prepare(lawId, "add", ...more);
    const request = changes.changeRoll.request.parse({ law_id: lawId, kind: "add", draft, voters: more.length });
    // Every step is over before it has begun, and does one bucket.
    const { servers } = door;
    const { archive } = archiveOf(stack.target);
    const ports = () => stepPorts(servers);
    const context = { servers, archive, run: randomUUID(), deadline: 0, clock: MACHINE_CLOCK, rolls: ports };
    const buckets = new Set(more.map((voter) => bucketNumber(hashOf(lawId, voter)))).size;
    for (let compared = 1; compared < buckets; compared++) {
      const before = compared === 1 ? undefined : compared - 1;
      for (const _ of ["sent", "sent again"]) {
        expect(await changeSealedRoll(context, request, before)).toEqual({ done: false, compared, buckets });
      }
      expect(await claim(lawId, D, 1)).toBe("roll_not_loaded");
      expect(await rollOf(lawId)).toMatchObject({ complete: false, unfinished: [{ kind: "change" }] });
    }
    const last = await changeSealedRoll(context, request, buckets - 1);
    expect(last).toMatchObject({
      done: true,
      result: { on_roll: 6, digest: digestOf(lawId, A, B, C, ...more), complete: true },
    });
    expect(await rollOf(lawId)).toMatchObject({ redis: 6, complete: true, unfinished: [] });
    expect(buckets).toBeGreaterThan(1);
  });

  test("is completed by a rebuild as well; a roll that was not whole before is not made whole by a change", async () => {
    const lawId = await newLaw();
    await new RedisRoll(stack.target.redis).removeMeta(lawId);
    expect(await change(lawId, "add", D)).toMatchObject({ on_roll: 4, complete: false });
    expect(await claim(lawId, A, 1)).toBe("roll_not_loaded");
    await perform(rolls.rebuildRolls, { laws: [lawId] });
    expect(await rollOf(lawId)).toMatchObject({ redis: 4, digest: digestOf(lawId, A, B, C, D), complete: true });
  });
});

describe("looking for a person", () => {
  test("says whether the person is on the roll and has voted, under whichever code", async () => {
    const lawId = await newLaw();
    const find = async (voter: string) => {
      const draft = await prepare(lawId, "find", voter);
      return changes.findVoter.result.parse(await perform(changes.findVoter, { law_id: lawId, draft }));
    };
    expect(await find(A)).toEqual({ law_id: lawId, on_roll: true, has_voted: false });
    const { in_force_at: at } = await change(lawId, "replace", NEW_A);
    await recorded(lawId, NEW_A, at, 1);
    expect(await find(A)).toEqual({ law_id: lawId, on_roll: true, has_voted: true });
    expect(await find(D)).toEqual({ law_id: lawId, on_roll: false, has_voted: false });
  });
});

test("no NAS and no code is kept: not in the journal, in drafts and changes, or in an answer or refusal", async () => {
  const { rows } = await stack.target.pool.query<{ text: string }>(
    `select journal::text as text from journal union all select roll_work::text from roll_work
     union all select roll_drafts::text from roll_drafts union all select roll_changes::text from roll_changes`,
  );
  const kept = [...rows.map(({ text }) => text), ...door.answers].join("\n");
  expect(kept).toContain("prepare-roll-change");
  for (const secret of [A, B, C, D, NEW_A].flatMap((voter) => voter.split(","))) expect(kept).not.toContain(secret);
});

test("a seal whose function ends before its entry says what it sealed, although somebody was struck off meanwhile", async () => {
  const law_id = `changed-${++added}`;
  await perform(laws.addLaw, { law_id, title: "A law", opens: "2026-01-01T00:00:00Z" });
  await sendRoll(door, { laws: [law_id], source: Readable.from([[A, B, C].join("\n")]) });
  const call = { run: randomUUID(), request: { law_id, expect: 3, version: 1 } };
  const wakes = vi.spyOn(RedisRoll.prototype, "writeMeta").mockRejectedValueOnce(new Error("the function ended"));
  await expect(door.step(rolls.sealRoll, call)).rejects.toThrow("the function ended");
  wakes.mockRestore();
  const { rows } = await stack.target.pool.query("select digest from rolls where law_id = $1", [law_id]);
  await change(law_id, "strike", A);
  const other = door.step(rolls.sealRoll, { ...call, run: randomUUID() });
  await expect(other).rejects.toThrow(/sealed already: with 3 voters, by the act .* has 2 voters now/);
  const answer = await door.step(rolls.sealRoll, call);
  expect(answer).toMatchObject({ done: true, result: { digest: rows[0].digest.toString("hex") } });
});

test("a seal whose function ends before Redis names the digest is completed by the same step", async () => {
  const law_id = `changed-${++added}`;
  await perform(laws.addLaw, { law_id, title: "A law", opens: "2026-01-01T00:00:00Z" });
  await sendRoll(door, { laws: [law_id], source: Readable.from([[A, B, C].join("\n")]) });
  const call = { run: randomUUID(), request: { law_id, expect: 3 } };
  const write = vi.spyOn(RedisRoll.prototype, "writeMeta").mockRejectedValueOnce(new Error("the function ended"));
  await expect(door.step(rolls.sealRoll, call)).rejects.toThrow("the function ended");
  write.mockRestore();
  expect(await claim(law_id, A, 1)).toBe("roll_not_loaded");
  await door.step(rolls.sealRoll, call);
  expect(await claim(law_id, A, 1)).toBe("accepted");
});
