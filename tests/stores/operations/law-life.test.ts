import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { lawBookOf } from "../../../operations/law-book/book-of.ts";
import { LawRows } from "../../../operations/law-book/law-rows.ts";
import { sealRoll as sealRollOf } from "../../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { Busy } from "../../../shared/domain/refusal.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { DynamoLawStore } from "../../../shared/stores/laws.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { writeLaw } from "../../support/write-law.ts";
import { doorOn } from "../support/door.ts";
import { openRollDoor, type TestRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
let operate: ReturnType<typeof doorOn>;
let roll: TestRollDoor;
let added = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  operate = doorOn(stack);
  roll = openRollDoor(stack);
});
afterAll(async () => {
  await roll?.close();
  await stack?.stop();
});

const VOTERS = ["100000001,AAAAAA", "100000002,BBBBBB", "100000003,CCCCCC"];

async function newDraft(voters = VOTERS, more: object = {}): Promise<string> {
  const law_id = `life-${++added}`;
  await roll.perform(laws.addLaw, { law_id, title: "A law", ...more });
  if (voters.length > 0) await load(law_id, voters);
  return law_id;
}

function load(lawId: string, voters: readonly string[], through: TestRollDoor = roll) {
  return sendRoll(through, { laws: [lawId], source: Readable.from([voters.join("\n")]) });
}

const seal = (law_id: string, expect_: number) => roll.perform(rolls.sealRoll, { law_id, expect: expect_ });
const itemOf = (lawId: string) => stack.target.laws.items.get(lawId);
const stateOf = async (law_id: string) => {
  const answer = laws.listLaws.result.parse(await operate.drive(laws.listLaws, { request: {} }));
  return answer.laws.find((law) => law.law_id === law_id)?.state;
};

async function failures(lawId: string): Promise<readonly string[]> {
  const { rows } = await stack.target.pool.query<{ act: string }>(
    "select act from journal where law_id = $1 and phase = 'failed' order by number",
    [lawId],
  );
  return rows.map(({ act }) => act);
}

test("a law is added, loaded, sealed, open, frozen, closed and open again; voters' functions know it from the seal on", async () => {
  const law_id = await newDraft();
  expect(await stateOf(law_id)).toBe("draft");
  expect(await itemOf(law_id), "nothing is accepted before").toBeUndefined();
  expect(await seal(law_id, 3)).toMatchObject({
    result: { law: { state: "open", sealed_voters: 3 }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(await itemOf(law_id)).toMatchObject({ lawId: law_id, sealedVoters: 3 });
  await operate.drive(laws.freezeLaw, { request: { law_id } });
  expect(await stateOf(law_id)).toBe("frozen");
  await operate.drive(laws.unfreezeLaw, { request: { law_id } });
  await operate.drive(laws.closeLaw, { request: { law_id } });
  await vi.waitFor(async () => expect(await stateOf(law_id)).toBe("closed"), { timeout: 10_000 });
  await operate.drive(laws.openLaw, { request: { law_id, reopen: true } });
  await vi.waitFor(async () => expect(await stateOf(law_id)).toBe("open"), { timeout: 10_000 });
  expect(await failures(law_id)).toEqual([]);
});

test("a law whose roll is sealed after its planned opening opens then: nothing is accepted before", async () => {
  const opens = new Date(Date.now() - 3_600_000).toISOString();
  const law_id = await newDraft(VOTERS, { opens });
  const before = Date.now();
  await seal(law_id, 3);
  const law = await stack.target.laws.get(law_id);
  expect(law?.plannedOpensAt).toBe(opens);
  expect(Date.parse(law?.opensAt ?? "")).toBeGreaterThanOrEqual(before);
  expect(await itemOf(law_id)).toMatchObject({ opensAt: law?.opensAt, plannedOpensAt: opens });
});

test("a law with a window is ready until it begins, and is opened early", async () => {
  const law_id = await newDraft(VOTERS, { opens: "2090-01-01T08:00:00Z", closes: "2090-01-01T20:00:00Z" });
  await seal(law_id, 3);
  expect(await stateOf(law_id)).toBe("ready");
  await operate.drive(laws.openLaw, { request: { law_id } });
  await vi.waitFor(async () => expect(await stateOf(law_id)).toBe("open"), { timeout: 10_000 });
  expect(await stack.target.laws.get(law_id)).toMatchObject({ plannedOpensAt: "2090-01-01T08:00:00.000Z" });
});

describe("a forbidden step is refused with the reason and what to do, and changes nothing:", () => {
  const refusedBy = async (law_id: string, call: () => Promise<unknown>) => {
    const before = await new LawRows(stack.target.pool).get(law_id);
    const said = await call().then(
      () => "nothing",
      (error: Error) => error.message,
    );
    expect(await new LawRows(stack.target.pool).get(law_id)).toEqual(before);
    return said;
  };

  test.each([
    ["open", laws.openLaw, {}],
    ["open again", laws.openLaw, { reopen: true }],
    ["close", laws.closeLaw, {}],
    ["freeze", laws.freezeLaw, {}],
    ["unfreeze", laws.unfreezeLaw, {}],
  ] as const)("a draft is not %s", async (_, act: Act, more) => {
    const law_id = await newDraft([]);
    const said = await refusedBy(law_id, () => operate.drive(act, { request: { law_id, ...more } }));
    expect(said).toBe(
      `${law_id} is a draft and takes no votes. ` +
        `Load its roll, then seal it: npm run voters -- seal ${law_id} --expect N`,
    );
    expect(await failures(law_id)).toEqual([act.name]);
    expect(await itemOf(law_id)).toBeUndefined();
  });

  test("a roll of another size is not sealed", async () => {
    const law_id = await newDraft();
    expect(await refusedBy(law_id, () => seal(law_id, 5))).toMatch(
      /has 3 voters, 2 fewer than the 5 that are expected/,
    );
    expect(await refusedBy(law_id, () => seal(law_id, 2))).toMatch(/has 3 voters, 1 more than the 2 that are expected/);
    const empty = await newDraft([]);
    expect(await refusedBy(empty, () => seal(empty, 1))).toMatch(/has 0 voters, 1 fewer/);
    expect(await refusedBy("nothing", () => seal("nothing", 1))).toMatch(/There is no law nothing/);
  });

  test("a roll whose load has not ended is not sealed", async () => {
    const law_id = await newDraft();
    const { lawId: other } = await addReadyLaw(stack.target, { lawId: `life-${++added}`, title: "A law" });
    await stack.target.pool.query(
      "insert into roll_work (law_id, kind, source_id, source_name) values ($1, 'load', '\\x01', 'rest.csv')",
      [law_id],
    );
    expect(await refusedBy(law_id, () => seal(law_id, 3))).toMatch(/load of rest.csv .* when its loads have ended/);
    await stack.target.pool.query("delete from roll_work where law_id = $1", [law_id]);
    await load(other, VOTERS);
    expect(await seal(other, 3), "a law from before seals is sealed as well").toMatchObject({ kind: "done" });
  });

  test("a sealed roll is not loaded, given up or sealed with another number", async () => {
    const law_id = await newDraft();
    await seal(law_id, 3);
    const sealed = `The roll of ${law_id} is sealed with 3 voters.`;
    expect(await refusedBy(law_id, () => load(law_id, ["100000004,DDDDDD"]))).toContain(sealed);
    expect(await refusedBy(law_id, () => roll.perform(rolls.abandonLoad, { law_id, voters: 3 }))).toContain(sealed);
    expect(await refusedBy(law_id, () => seal(law_id, 4))).toContain(sealed);
    expect(await seal(law_id, 3), "the same again is no mistake").toMatchObject({ kind: "done" });
    const { rows } = await stack.target.pool.query("select from voter_roll where law_id = $1", [law_id]);
    expect(rows).toHaveLength(3);
  });

  test("a closed law is not opened without --reopen, a frozen one not at all", async () => {
    const law_id = await newDraft(VOTERS, { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" });
    await seal(law_id, 3);
    const open = (more: object) => () => operate.drive(laws.openLaw, { request: { law_id, ...more } });
    expect(await refusedBy(law_id, open({}))).toMatch(
      /has closed, at 2020-01-01T20:00:00\+00:00\. Its result may be known/,
    );
    await operate.drive(laws.freezeLaw, { request: { law_id } });
    await stateOf(law_id);
    expect(await refusedBy(law_id, open({ reopen: true }))).toBe(`${law_id} is frozen.`);
  });
});

test("a law of an earlier release is taken over as it stands: it is loaded, and decided when its roll is sealed", async () => {
  const lawId = `life-${++added}`;
  const opensAt = new Date(Date.now() - 3_600_000).toISOString();
  const older = { lawId, title: "An older law", opensAt, closesAt: "2090-01-01T20:00:00.000Z", keyVersion: 1 };
  await writeLaw(stack.target, older);
  const item = await itemOf(lawId);
  expect(await stateOf(lawId)).toBe("open");
  expect(await itemOf(lawId), "what ingest reads is as it was").toEqual(item);
  expect(await new LawRows(stack.target.pool).get(lawId)).toMatchObject({ law: { ...older, reached: "ready" } });
  await load(lawId, VOTERS);
  await operate.drive(laws.freezeLaw, { request: { law_id: lawId } });
  await operate.drive(laws.unfreezeLaw, { request: { law_id: lawId } });
  expect(await seal(lawId, 3)).toMatchObject({ result: { law: { state: "open", sealed_voters: 3 } } });
  expect(await stack.target.laws.get(lawId), "its window has begun before").toMatchObject({ opensAt });
  await expect(load(lawId, ["100000004,DDDDDD"])).rejects.toThrow(/is sealed with 3 voters/);
  await operate.drive(laws.closeLaw, { request: { law_id: lawId } });
  expect(await itemOf(lawId)).toMatchObject({ plannedClosesAt: older.closesAt, sealedVoters: 3 });
});

describe("sealing", () => {
  test("that is cut off between row and item is completed by the next look", async () => {
    const law_id = await newDraft();
    const items = new DynamoLawStore(stack.target.dynamoDb, "laws");
    const dead = new Error("the function was killed");
    const dying = Object.assign(Object.create(items), {
      get: (lawId: string) => items.get(lawId),
      project: () => Promise.reject(dead),
    });
    const servers = { ...roll.servers, laws: lawBookOf(stack.target, dying) };
    await expect(sealRollOf(servers, stepPorts(servers), law_id, 3)).rejects.toBe(dead);
    expect(await itemOf(law_id)).toBeUndefined();
    expect(await stateOf(law_id)).toBe("open");
    expect(await itemOf(law_id)).toMatchObject({ sealedVoters: 3 });
    expect(await seal(law_id, 3)).toMatchObject({ kind: "done" });
  });

  test("by two people at once is done once; with two numbers, the right one holds", async () => {
    const law_id = await newDraft();
    const other = openRollDoor(stack, "bruno");
    try {
      const ask = (through: TestRollDoor, expected: number) =>
        whenNotBusy(() => through.perform(rolls.sealRoll, { law_id, expect: expected }));
      const answers = await Promise.allSettled([ask(roll, 3), ask(other, 3), ask(other, 4)]);
      const outcomes = answers.map((answer) => (answer.status === "fulfilled" ? "sealed" : String(answer.reason)));
      expect(outcomes).toEqual(["sealed", "sealed", expect.stringMatching(/3 voters/)]);
      expect(await stack.target.laws.get(law_id)).toMatchObject({ sealedVoters: 3, version: 2 });
    } finally {
      await other.close();
    }
  });

  test("and a load at the same moment come one after the other: a sealed roll is what was sealed", async () => {
    const other = openRollDoor(stack, "bruno");
    try {
      for (let round = 0; round < 5; round++) {
        const law_id = await newDraft();
        const [sealed, loaded] = await Promise.allSettled([seal(law_id, 3), load(law_id, ["100000009,EEEEEE"], other)]);
        const { rows } = await stack.target.pool.query("select from voter_roll where law_id = $1", [law_id]);
        expect(rows).toHaveLength(sealed.status === "fulfilled" ? 3 : 4);
        expect(loaded.status).not.toBe(sealed.status);
      }
    } finally {
      await other.close();
    }
  });
});

/** Asks again while somebody else is changing the roll, as commands do. Each try waits for two seconds. */
async function whenNotBusy<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
    }
  }
}

test("a law is shown with its state, what is missing, and who did what", async () => {
  const law_id = await newDraft([]);
  const show = async () => showLaw.result.parse(await operate.drive(showLaw, { request: { law_id } }));
  expect(await show()).toMatchObject({
    law: { state: "draft", sealed_voters: null },
    roll: { voters: 0, complete: false },
    missing: [expect.stringContaining("It has no roll"), expect.stringContaining("Its roll is not sealed")],
  });
  await load(law_id, VOTERS);
  await seal(law_id, 3);
  const shown = await show();
  expect(shown).toMatchObject({
    law: { state: "open", sealed_voters: 3 },
    roll: { voters: 3, cached: 3, complete: true, unfinished: [] },
    missing: [`It closes when somebody closes it: npm run laws -- close ${law_id}`],
  });
  const told = shown.entries.map(({ operator, act, phase }) => `${operator}: ${act} ${phase}`);
  for (const act of ["add-law", "begin-load", "finish-load", "seal-roll"]) expect(told).toContain(`alice: ${act} done`);
});
