import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { bringBackJournal } from "../../../operations/archive/journal-copies.ts";
import { MACHINE_CLOCK } from "../../../operations/clock.ts";
import { fingerprints } from "../../../operations/queues/set-aside.ts";
import { chunkDigest } from "../../../operations/roll/file/chunk-text.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { brokenChain } from "../../../shared/domain/journal.ts";
import { approve, readJournal, refuse } from "../../../shared/messages/operators/journal.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import * as queues from "../../../shared/messages/operators/queues.ts";
import * as restoring from "../../../shared/messages/operators/restoring.ts";
import * as changes from "../../../shared/messages/operators/roll-changes.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import * as sealed from "../../../shared/messages/operators/sealed-laws.ts";
import { archiveOf, type MemoryObjects } from "../../support/memory-objects.ts";
import { putOn } from "../../support/queues.ts";
import { doorOn, SET_ASIDE_KEYS, somebody } from "../support/door.ts";
import { pointInTime } from "../support/point-in-time.ts";
import { openRollDoor, type TestRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

vi.setConfig({ testTimeout: limitOf(60), hookTimeout: limitOf(60) });

const VOTERS = ["100000001,AAAAAA", "100000002,BBBBBB", "100000003,CCCCCC"];
const [ANNA, BEN] = [somebody("anna"), somebody("ben")];
const BEHIND = /the archive has later ones: PostgreSQL was restored/;

let stack: TestTarget | undefined;
let roll: TestRollDoor;
let one: ReturnType<typeof doorOn>;
let two: ReturnType<typeof doorOn>;
let objects: MemoryObjects;

/** Each test has stores of its own: a restore is one of all laws. */
beforeEach(async () => {
  await close();
  stack = await startTestTarget();
  roll = openRollDoor(stack);
  [one, two] = [doorOn(stack), doorOn(stack, true)];
  objects = archiveOf(stack.target).objects;
});
afterAll(close);

async function close(): Promise<void> {
  await roll?.close();
  await stack?.stop();
}

const pool = () => {
  if (stack === undefined) throw new Error("the stores have not been started");
  return stack.target.pool;
};

async function perform<T extends Parameters<typeof roll.perform>[0]>(act: T, request: unknown) {
  const outcome = await roll.perform(act, JSON.parse(JSON.stringify(request)));
  if (outcome.kind === "proposed") throw new Error("it was proposed");
  return act.result.parse(outcome.result) as ReturnType<T["result"]["parse"]>;
}

async function loadAndSeal(law_id: string): Promise<string> {
  await sendRoll(roll, { laws: [law_id], source: Readable.from([VOTERS.join("\n")]) });
  return (await perform(rolls.sealRoll, { law_id, expect: VOTERS.length })).digest;
}

async function addLaw(law_id: string): Promise<void> {
  await perform(laws.addLaw, { law_id, title: "A law", opens: "2026-01-01T00:00:00Z" });
}

async function change(law_id: string, kind: "add" | "replace" | "strike", ...voters: readonly string[]) {
  const text = voters.map((voter, index) => `${index + 1},${kind === "strike" ? voter.slice(0, 9) : voter}`).join(";");
  const { draft } = await perform(changes.prepareRollChange, { law_id, kind, voters: text });
  return perform(changes.changeRoll, { law_id, kind, draft, voters: voters.length });
}

async function rollOf(lawId: string) {
  const { rows } = await pool().query(
    `select encode(voter_hash, 'hex') as voter, begins_at, ends_at, ended_as from voter_roll where law_id = $1 order by 1`,
    [lawId],
  );
  const seal = await pool().query(
    "select encode(digest, 'hex') as digest, digest_voters from rolls where law_id = $1",
    [lawId],
  );
  return { rows, seal: seal.rows };
}

async function journal() {
  const read = readJournal.result.parse(await one.drive(readJournal, { request: { limit: 1_000 } }));
  expect(brokenChain(read.entries)).toBeUndefined();
  return read.entries;
}

const bringBack = async () =>
  restoring.restoreActs.result.parse(await one.drive(restoring.restoreActs, { request: {} }, 2));
const bringBackRolls = () => perform(restoring.restoreRollChanges, {});

describe("after a restore of PostgreSQL", () => {
  test("no act begins until the journal is brought back, but a law is frozen at once", async () => {
    await addLaw("first");
    await loadAndSeal("first");
    const restore = await pointInTime(pool());
    await addLaw("second");
    const before = await journal();
    await restore();

    await expect(perform(laws.addLaw, { law_id: "third", title: "A law" })).rejects.toThrow(BEHIND);
    await expect(one.call(laws.closeLaw, { request: { law_id: "first" } })).rejects.toThrow(BEHIND);
    await expect(two.call(laws.closeLaw, { request: { law_id: "first" } })).rejects.toThrow(BEHIND);
    expect(await one.drive(laws.freezeLaw, { request: { law_id: "first" } })).toMatchObject({
      frozen: true,
      in_journal: false,
    });

    const brought = await bringBack();
    expect(brought.unfinished).toEqual([]);
    const after = await journal();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length)).toMatchObject([{ act: "restore-acts", phase: "done", operator: "anna" }]);
    // Nothing is missing any more, so it leaves no entry.
    expect(await bringBack()).toMatchObject({ entries: 0, set_aside: 0 });
    expect(await journal()).toHaveLength(after.length);
    await one.drive(laws.unfreezeLaw, { request: { law_id: "first" } });
  });

  test.each([
    ["before its own entry", () => vi.spyOn(objects, "has").mockRejectedValueOnce(new Error("the function ended"))],
    [
      "in the middle",
      () => {
        const get = objects.get.bind(objects);
        return vi
          .spyOn(objects, "get")
          .mockImplementationOnce(get)
          .mockImplementationOnce(get)
          .mockRejectedValueOnce(new Error("the function ended"));
      },
    ],
  ])("what was cut off %s is told by the entry of the next try, in full", async (_, cutOff) => {
    const restore = await pointInTime(pool());
    await addLaw("first");
    await addLaw("second");
    const before = await journal();
    await restore();

    const spy = cutOff();
    await expect(one.call(restoring.restoreActs, { request: {} })).rejects.toThrow("the function ended");
    spy.mockRestore();
    expect((await journal()).filter(({ act }) => act === "restore-acts")).toEqual([]);
    const run = randomUUID();
    const all = { entries: before.length, set_aside: 0 };
    expect(await one.drive(restoring.restoreActs, { request: {}, run }, 2)).toMatchObject(all);
    expect((await journal()).slice(before.length)).toMatchObject([
      { act: "restore-acts", phase: "done", run, content: JSON.stringify({ result: all }) },
    ]);
    expect(await bringBack()).toMatchObject({ entries: 0 });
    // A restore to a moment before that brings the entry back as well, and counts anew.
    await restore();
    expect(await bringBack()).toMatchObject({ entries: before.length + 1 });
  });

  test("to a moment in the middle of bringing back, each entry tells of its own restore", async () => {
    const restore = await pointInTime(pool());
    await addLaw("first");
    await addLaw("second");
    const lost = (await journal()).length;
    await restore();
    const get = objects.get.bind(objects);
    const spy = vi.spyOn(objects, "get").mockImplementationOnce(get).mockRejectedValueOnce(new Error("it ended"));
    await expect(one.call(restoring.restoreActs, { request: {} })).rejects.toThrow("it ended");
    spy.mockRestore();
    const again = await pointInTime(pool());
    expect(await bringBack()).toMatchObject({ entries: lost });
    await again();
    // One entry was there, and the entry of the first restore comes back.
    expect(await bringBack()).toMatchObject({ entries: lost });
  });

  test("nobody makes up how far it has come, or tells of it under the run of another act", async () => {
    const run = randomUUID();
    const restore = await pointInTime(pool());
    await addLaw("first");
    const before = await journal();
    const cursor = { entries: 5, set_aside: 0, after: "zzz" };
    await expect(one.call(restoring.restoreActs, { request: {}, run, cursor })).rejects.toThrow(
      `The cursor is not one of the run ${run}: start the command again.`,
    );
    await restore();
    const taken = before[0]?.run ?? "";
    await expect(one.call(restoring.restoreActs, { request: {}, run: taken })).rejects.toThrow(/is of another act/);
    expect(await journal()).toEqual(before);
    expect(await bringBack()).toMatchObject({ entries: before.length });
  });

  test("it goes on from its own cursors, step by step", async () => {
    const restore = await pointInTime(pool());
    await addLaw("first");
    await addLaw("second");
    const lost = (await journal()).length;
    await restore();
    // Each look at the time says that the step is over after one entry.
    let looks = 0;
    const now = vi.spyOn(MACHINE_CLOCK, "now").mockImplementation(() => (++looks % 3 === 0 ? 1e9 : 0));
    let calls = 0;
    const run = randomUUID();
    for (let cursor: unknown; ; calls++) {
      const answer = await one.call(restoring.restoreActs, { request: {}, run, ...(cursor ? { cursor } : {}) });
      if ("proposal" in answer) throw new Error("it was proposed");
      if (answer.done) break;
      cursor = answer.cursor;
    }
    now.mockRestore();
    expect(calls).toBeGreaterThan(1);
    expect((await journal()).at(-1)).toMatchObject({ run, content: `{"result":{"entries":${lost},"set_aside":0}}` });
  });

  test("an act that had compared the journal with the archive just before it adds no entry under a number that is taken", async () => {
    await addLaw("first");
    const restore = await pointInTime(pool());
    await addLaw("second");
    const before = await journal();
    const has = objects.has.bind(objects);
    vi.spyOn(objects, "has").mockImplementationOnce(async (name) => {
      const isThere = await has(name);
      await restore();
      return isThere;
    });

    await expect(perform(laws.addLaw, { law_id: "third", title: "A law" })).rejects.toThrow(BEHIND);
    await bringBack();
    expect((await journal()).slice(0, before.length)).toEqual(before);
    // With nothing lost, the act is done on what was restored.
    const again = await pointInTime(pool());
    vi.spyOn(objects, "has").mockImplementationOnce(async (name) => {
      const isThere = await has(name);
      await again();
      return isThere;
    });
    await addLaw("third");
    await journal();
  });

  test("a proposal that was made since the backup comes back as it was, and can still be approved by a second person", async () => {
    await addLaw("law");
    await loadAndSeal("law");
    const restore = await pointInTime(pool());
    const propose = async () => {
      const answer = await two.call(laws.closeLaw, { request: { law_id: "law" }, by: ANNA });
      if (!("proposal" in answer)) throw new Error("it was not proposed");
      return answer.proposal;
    };
    const [pending, refused] = [await propose(), await propose()];
    await two.drive(refuse, { request: { id: refused.id, hash: refused.hash }, by: BEN });
    // The journal's time of an entry may be some milliseconds later than the proposal's own.
    const seen = async () => {
      const { rows } = await pool().query(
        "select id, act, law_id, request, hash, proposed_by, decision, decided_by from proposals order by id",
      );
      return rows;
    };
    const before = await seen();
    await restore();
    if (stack === undefined) return;
    // Cut off between an entry and what it says of a proposal.
    const killed = bringBackJournal(
      pool(),
      archiveOf(stack.target).archive,
      () => false,
      async ({ phase }) => {
        if (phase === "proposed") throw new Error("killed");
      },
    );
    await expect(killed).rejects.toThrow("killed");
    await bringBack();
    expect(await seen()).toEqual(before);

    const decision = { id: pending.id, hash: pending.hash };
    await expect(two.call(approve, { request: decision, by: ANNA })).rejects.toThrow(/second person/);
    await two.drive(approve, { request: decision, by: BEN });
    const call = { request: { law_id: "law" }, by: BEN, group: "approved", proposal: pending.id } as const;
    expect(await two.drive(laws.closeLaw, call)).toMatchObject({ law: { law_id: "law" } });
  });

  test("a message that was set aside is still set aside, and one that was sent back is not", async () => {
    if (stack === undefined) return;
    const [kept, undone] = ["not a vote", "no vote either"];
    const restore = await pointInTime(pool());
    await putOn(stack.target, "votesDeadLetters", [kept, undone]);
    const fingerprint = fingerprints(SET_ASIDE_KEYS);
    for (const body of [kept, undone]) {
      const request = { queue: "votes", fingerprint: fingerprint(body), reason: "of no release" };
      await one.drive(queues.setAside, { request });
    }
    await one.drive(queues.undoSetAside, { request: { fingerprint: fingerprint(undone) } });
    await restore();
    expect(await one.drive(restoring.restoreActs, { request: {} })).toMatchObject({ set_aside: 2 });
    expect(await bringBack()).toMatchObject({ set_aside: 0 });
    const { messages } = queues.listSetAside.result.parse(await one.drive(queues.listSetAside, { request: {} }));
    expect(new Map(messages.map((message) => [message.fingerprint, message.undone]))).toEqual(
      new Map([
        [fingerprint(kept), false],
        [fingerprint(undone), true],
      ]),
    );
    // Its body is there as well, for whoever sends it back.
    expect(await one.drive(queues.undoSetAside, { request: { fingerprint: fingerprint(kept) } })).toMatchObject({
      sent_back: 1,
    });
  });

  test("changes of a sealed roll are in force from the same moments, and no rebuild goes before them", async () => {
    await addLaw("law");
    await loadAndSeal("law");
    const restore = await pointInTime(pool());
    await change("law", "strike", VOTERS[0] ?? "");
    await change("law", "replace", "100000002,NEWCODE2");
    await change("law", "add", "100000009,DDDDDD");
    const before = await rollOf("law");
    await restore();
    expect(await rollOf("law")).not.toEqual(before);

    await bringBack();
    await expect(perform(rolls.rebuildRolls, { laws: ["law"] })).rejects.toThrow(/lacks changes that the journal has/);
    expect(await bringBackRolls()).toEqual({ changes: 3, waiting: [] });
    expect(await rollOf("law")).toEqual(before);
    expect(await bringBackRolls()).toEqual({ changes: 0, waiting: [] });
    expect(await perform(rolls.rebuildRolls, { laws: ["law"] })).toMatchObject({ laws: [{ complete: true }] });
  });

  test("to a moment before the seal, changes wait until the same roll is sealed again", async () => {
    await addLaw("law");
    const restore = await pointInTime(pool());
    const digest = await loadAndSeal("law");
    await change("law", "strike", VOTERS[0] ?? "");
    const before = await rollOf("law");
    await restore();

    await bringBack();
    expect(await bringBackRolls()).toEqual({ changes: 0, waiting: ["law"] });
    expect(await loadAndSeal("law")).toBe(digest);
    expect(await bringBackRolls()).toEqual({ changes: 1, waiting: [] });
    expect(await rollOf("law")).toEqual(before);
  });

  test("changes are not made to a roll that is another one", async () => {
    await addLaw("law");
    const restore = await pointInTime(pool());
    await loadAndSeal("law");
    await change("law", "strike", VOTERS[0] ?? "");
    await restore();
    await bringBack();
    const others = [VOTERS[0], VOTERS[1], "100000007,GGGGGG"].join("\n");
    await sendRoll(roll, { laws: ["law"], source: Readable.from([others]) });
    await perform(rolls.sealRoll, { law_id: "law", expect: 3 });
    const sealed = await rollOf("law");
    await expect(bringBackRolls()).rejects.toThrow(/would not be what it was after the act/);
    expect(await rollOf("law")).toEqual(sealed);
  });

  test("no act that was begun before goes on until the journal is brought back", async () => {
    await addLaw("first");
    await addLaw("begun");
    const text = VOTERS.map((voter, index) => `${index + 1},${voter}`).join(";");
    const sha256 = createHash("sha256").update(text).digest("hex");
    const file = { sha256, name: "list.csv", lines: 3, voters: 3, chunks: [chunkDigest(text)] };
    const chunkOf = (law: string) => ({ laws: [law], sha256, number: 0, voters: text });
    for (const law of ["first", "begun"]) await perform(rolls.beginLoad, { laws: [law], file });
    await perform(rolls.loadChunk, chunkOf("begun"));
    const finish = { run: randomUUID(), request: { laws: ["begun"], sha256 } };
    const verified = await roll.step(rolls.finishLoad, finish);
    const ending = { ...finish, cursor: "cursor" in verified ? verified.cursor : undefined };
    const restore = await pointInTime(pool());
    await addLaw("second");
    await restore();

    await expect(perform(rolls.loadChunk, chunkOf("first"))).rejects.toThrow(BEHIND);
    await expect(roll.step(rolls.finishLoad, ending)).rejects.toThrow(BEHIND);
    await expect(perform(rolls.stopRollWork, finish.request)).rejects.toThrow(BEHIND);
    const piece = { law_id: "first", sha256, number: 0, text: "a list" };
    await expect(one.call(sealed.sendOpening, { request: piece })).rejects.toThrow(BEHIND);
    await expect(one.call(sealed.readBox, { request: { law_id: "first" } })).rejects.toThrow(BEHIND);
    expect((await rollOf("first")).rows).toEqual([]);

    await bringBack();
    expect(await perform(rolls.loadChunk, chunkOf("first"))).toMatchObject({ laws: [{ loaded: VOTERS.length }] });
    expect(await roll.step(rolls.finishLoad, ending)).toMatchObject({ done: true });
  });

  test("an act that began and did not end is named", async () => {
    await addLaw("law");
    await loadAndSeal("law");
    const restore = await pointInTime(pool());
    const run = randomUUID();
    const { draft } = await perform(changes.prepareRollChange, {
      law_id: "law",
      kind: "strike",
      voters: "1,100000001",
    });
    const request = { law_id: "law", kind: "strike", draft, voters: 1 };
    await roll.step(changes.changeRoll, { run, request });
    // As if the function had ended before the end of the act was in the journal.
    const last =
      [...objects.objects.keys()]
        .filter((key) => key.startsWith("journal/"))
        .sort()
        .at(-1) ?? "";
    objects.objects.delete(last);
    await restore();
    const { unfinished } = await bringBack();
    expect(unfinished).toEqual([{ act: "change-roll", law_id: "law", run, operator: "alice" }]);
  });
});

describe("the archive", () => {
  test("has an act before it takes effect: while it is away, nothing is done, and the same act goes on afterwards", async () => {
    await addLaw("law");
    await loadAndSeal("law");
    const put = vi.spyOn(objects, "put").mockRejectedValue(new Error("the object store is away"));
    const run = randomUUID();
    await expect(one.call(laws.closeLaw, { run, request: { law_id: "law" } })).rejects.toThrow(/is away/);
    const before = await rollOf("law");
    await expect(change("law", "strike", VOTERS[0] ?? "")).rejects.toThrow(/is away/);
    expect(await rollOf("law")).toEqual(before);
    const { rows } = await pool().query("select closes_at from laws where law_id = 'law'");
    expect(rows).toEqual([{ closes_at: null }]);
    put.mockRestore();
    expect(await one.drive(laws.closeLaw, { run, request: { law_id: "law" } })).toMatchObject({
      law: { law_id: "law" },
    });
    const entries = await journal();
    const kept = [...objects.objects.keys()].filter((key) => key.startsWith("journal/"));
    expect(kept).toHaveLength(entries.length);
  });

  test("gets what the journal had before there was an archive, with the first act", async () => {
    await addLaw("law");
    const entries = await journal();
    objects.objects.clear();
    await pool().query("update journal_copied set number = 0");
    await loadAndSeal("law");
    const kept = [...objects.objects.keys()].filter((key) => key.startsWith("journal/"));
    expect(kept.length).toBeGreaterThan(entries.length);
    expect(kept).toHaveLength((await journal()).length);
  });

  test("keeps no name, code or hash of a voter readable", async () => {
    await addLaw("law");
    await loadAndSeal("law");
    await change("law", "replace", "100000002,NEWCODE2");
    const { rows } = await rollOf("law");
    const secrets = [...VOTERS.flatMap((voter) => voter.split(",")), "NEWCODE2", ...rows.map(({ voter }) => voter)];
    expect(objects.objects.size).toBeGreaterThan(5);
    for (const [key, body] of objects.objects) {
      const text = `${key} ${Buffer.from(body).toString("latin1")} ${Buffer.from(body).toString("hex")}`;
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
  });

  test.each([
    ["was changed", (names: readonly string[]) => flip(names.at(-1) ?? ""), /is not what was written there/],
    [
      "has the place of another",
      (names: readonly string[]) => move(names.at(-2), names.at(-1)),
      /is not what was written/,
    ],
    [
      "is missing",
      (names: readonly string[]) => void objects.objects.delete(names.at(-2) ?? ""),
      /does not follow entry/,
    ],
  ])("of which an entry %s brings no further entry back", async (_, tamper, message) => {
    await addLaw("law");
    const restore = await pointInTime(pool());
    await loadAndSeal("law");
    const names = [...objects.objects.keys()].filter((key) => key.startsWith("journal/")).sort();
    await restore();
    tamper(names);
    await expect(bringBack()).rejects.toThrow(message);
    const entries = await journal();
    expect(entries.length).toBeLessThan(names.length);
  });
});

function flip(name: string): void {
  const body = objects.objects.get(name);
  if (body === undefined) throw new Error(`the archive has no ${name}`);
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
}

function move(from: string | undefined, to: string | undefined): void {
  const body = objects.objects.get(from ?? "");
  if (body === undefined || to === undefined) throw new Error("the archive has too few entries");
  objects.objects.set(to, body);
}
