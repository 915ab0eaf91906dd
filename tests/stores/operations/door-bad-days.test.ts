import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { chunkDigest } from "../../../operations/roll/file/chunk-text.ts";
import type { Servers } from "../../../operations/servers.ts";
import * as journal from "../../../shared/messages/operators/journal.ts";
import { addLaw as addLawAct, closeLaw, freezeLaw, openLaw } from "../../../shared/messages/operators/laws.ts";
import { settle } from "../../../shared/messages/operators/queues.ts";
import { markLost, restoreReceipts } from "../../../shared/messages/operators/receipts.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { DynamoReceiptStore } from "../../../shared/stores/receipts.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { aVote } from "../../support/factories.ts";
import { doorOn, journalPhases, somebody } from "../support/door.ts";
import { openRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

const [anna, bruno, carla] = [somebody("anna"), somebody("bruno"), somebody("carla")];

let stack: TestTarget;
let door: ReturnType<typeof doorOn>;
let twoPeople: ReturnType<typeof doorOn>;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  door = doorOn(stack);
  twoPeople = doorOn(stack, true);
});
afterAll(() => stack?.stop());

async function newLaw(): Promise<string> {
  return (await addReadyLaw(stack.target, { lawId: `bad-day-${++laws}`, title: "A law" })).lawId;
}

const phasesOf = (run: string) => journalPhases(stack, run);

async function proposed() {
  const request = { law_id: await newLaw() };
  const answer = await twoPeople.call(closeLaw, { request, by: anna });
  if (!("proposal" in answer)) throw new Error("it was done");
  const { id, hash } = answer.proposal;
  return { request, id, decision: { request: { id, hash } } };
}

/** Lets the journal take nothing while something is done. */
async function withoutJournal<T>(work: () => Promise<T>, of = "number < 0"): Promise<T> {
  const { pool } = stack.target;
  await pool.query(`alter table journal add constraint bad_day check (${of}) not valid`);
  try {
    return await work();
  } finally {
    await pool.query("alter table journal drop constraint bad_day");
  }
}

/** The stage with servers of which one fails. */
function withFailing(more: Partial<Servers>) {
  const target = new Proxy(stack.target, {
    get: (of, name) => (name in more ? Reflect.get(more, name) : bound(of, name)),
  });
  return doorOn({ ...stack, target });
}

/** Methods keep their object: private fields are not seen through a proxy. */
function bound(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name, of);
  return typeof value === "function" ? value.bind(of) : value;
}

describe("a decision", () => {
  test("of two people at the same moment: only one is taken and written to the journal", async () => {
    for (let round = 0; round < 10; round++) {
      const { id, decision } = await proposed();
      const ends = await Promise.allSettled([
        twoPeople.call(journal.approve, { ...decision, by: bruno }),
        twoPeople.call(journal.refuse, { ...decision, by: carla }),
      ]);
      expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      const phases = await phasesOf(id);
      expect(phases).toEqual(["proposed", ends[0].status === "fulfilled" ? "approved" : "refused"]);
    }
  });

  test("that is sent twice at the same moment is taken twice", async () => {
    for (let round = 0; round < 10; round++) {
      const { id, decision } = await proposed();
      const answers = await Promise.all(
        [1, 2, 3].map(() => twoPeople.call(journal.approve, { ...decision, by: bruno })),
      );
      for (const answer of answers) expect(answer).toMatchObject({ result: { proposal: { state: "approved" } } });
      expect(await phasesOf(id)).toEqual(["proposed", "approved"]);
    }
  });

  test("that cannot be written to the journal is not taken, and can be repeated", async () => {
    const { id, decision } = await proposed();
    const failed = withoutJournal(() => twoPeople.call(journal.approve, { ...decision, by: bruno }));
    await expect(failed).rejects.toMatchObject({ code: "23514" });
    expect(await phasesOf(id)).toEqual(["proposed"]);
    const list = await twoPeople.call(journal.listProposals, { request: {} });
    expect(list).toMatchObject({
      result: { proposals: expect.arrayContaining([expect.objectContaining({ id, state: "pending" })]) },
    });
    await twoPeople.call(journal.approve, { ...decision, by: bruno });
    expect(await phasesOf(id)).toEqual(["proposed", "approved"]);
  });

  test("and a proposal leave nothing if they cannot be written to the journal", async () => {
    const request = { law_id: await newLaw() };
    const run = randomUUID();
    const failed = withoutJournal(() => twoPeople.call(closeLaw, { request, run, by: anna }));
    await expect(failed).rejects.toMatchObject({ code: "23514" });
    const { rows } = await stack.target.pool.query("select from proposals where id = $1", [run]);
    expect(rows).toEqual([]);
  });
});

describe("what is approved", () => {
  async function approved() {
    const proposal = await proposed();
    await twoPeople.call(journal.approve, { ...proposal.decision, by: bruno });
    return { ...proposal, carry: { request: proposal.request, group: "approved", proposal: proposal.id } as const };
  }

  const expire = (id: string) =>
    stack.target.pool.query("update proposals set expires_at = now() - interval '1 s' where id = $1", [id]);

  test("and not begun in time ends as a proposal does", async () => {
    const { id, carry } = await approved();
    await expire(id);
    await expect(twoPeople.call(closeLaw, carry)).rejects.toThrow(/is expired; nothing was done/);
    expect(await phasesOf(id)).toEqual(["proposed", "approved"]);
  });

  test("and begun in time is carried out to its end, however late that is", async () => {
    const { id, carry } = await approved();
    // The function dies after the beginning.
    const dying = withFailing({
      laws: Object.assign(Object.create(stack.target.laws), {
        get: (lawId: string) => stack.target.laws.get(lawId),
        change: () => Promise.reject(new Error("the function was killed")),
      }),
    });
    await expect(dying.call(closeLaw, carry)).rejects.toThrow("the function was killed");
    expect(await phasesOf(id)).toEqual(["proposed", "approved", "begun"]);
    await expire(id);
    expect(await twoPeople.call(closeLaw, carry)).toMatchObject({ done: true });
    expect(await phasesOf(id)).toEqual(["proposed", "approved", "begun", "done"]);
  });

  test("by two people at once is done once", async () => {
    const { id, request, carry } = await approved();
    const answers = await Promise.all([anna, bruno, carla].map((by) => twoPeople.call(closeLaw, { ...carry, by })));
    expect(answers.every((answer) => "done" in answer && answer.done)).toBe(true);
    expect(await phasesOf(id)).toEqual(["proposed", "approved", "begun", "done"]);
    expect((await stack.target.laws.get(request.law_id))?.closesAt).toBeDefined();
  });

  test("in other words is refused: the hash is of the request as it is", async () => {
    const { carry, request } = await approved();
    const more = { ...carry, request: { ...request, at: new Date(Date.now() + 3_600_000).toISOString() } };
    await expect(twoPeople.call(closeLaw, more)).rejects.toThrow(/something else/);
    await expect(twoPeople.call(openLaw, { ...carry, request })).rejects.toThrow(/something else/);
  });
});

describe("what was done by a function that died before it could say so", () => {
  const diesAtItsEnd = <T>(work: () => Promise<T>) => withoutJournal(work, "phase <> 'done'");

  test("is done when the same call comes again: a law that was added", async () => {
    const roll = openRollDoor(stack);
    try {
      const request = { law_id: `bad-day-${++laws}`, title: "A law" };
      const added = { run: randomUUID(), request };
      await expect(diesAtItsEnd(() => roll.step(addLawAct, added))).rejects.toMatchObject({ code: "23514" });
      expect(await stack.target.laws.get(request.law_id)).toBeDefined();
      expect(await roll.step(addLawAct, added)).toMatchObject({ done: true, result: { law: { title: "A law" } } });
      expect(await phasesOf(added.run)).toEqual(["begun", "done"]);
      // A new command is another matter.
      await expect(roll.step(addLawAct, { request })).rejects.toThrow(/exists already/);
    } finally {
      await roll.close();
    }
  });

  test("is done when the same call comes again: a load that was given up", async () => {
    const roll = openRollDoor(stack);
    try {
      const law_id = await newLaw();
      const texts = ["1,100000001,AAAAAA", "2,100000002,BBBBBB"] as const;
      const sha256 = chunkDigest(texts.join(";"));
      const file = { sha256, name: "list.csv", lines: 2, voters: 2, chunks: texts.map(chunkDigest) };
      await roll.perform(rolls.beginLoad, { laws: [law_id], file });
      await roll.perform(rolls.loadChunk, { laws: [law_id], sha256, number: 0, voters: texts[0] });
      await roll.perform(rolls.stopRollWork, { laws: [law_id], sha256 });
      const run = randomUUID();
      const call = { run, request: { law_id, voters: 1 } };
      await expect(diesAtItsEnd(() => roll.step(rolls.abandonLoad, call))).rejects.toMatchObject({ code: "23514" });
      expect(await roll.step(rolls.abandonLoad, call)).toMatchObject({
        result: { roll: { voters: 1, unfinished: [] } },
      });
      expect(await phasesOf(run)).toEqual(["begun", "done"]);
      await expect(roll.step(rolls.abandonLoad, { request: call.request })).rejects.toThrow(/No load of/);
    } finally {
      await roll.close();
    }
  });

  test("is done when the same call comes again: a law that was opened again", async () => {
    const law_id = await newLaw();
    const law = await stack.target.laws.get(law_id);
    if (law === undefined) throw new Error("it was not added");
    await stack.target.laws.change(law, { closesAt: new Date(Date.now() - 1_000).toISOString() });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const opened = { run: randomUUID(), request: { law_id, reopen: true, until } };
    await expect(diesAtItsEnd(() => door.call(openLaw, opened))).rejects.toMatchObject({ code: "23514" });
    expect(await door.call(openLaw, opened)).toMatchObject({ done: true, result: { law: { closes_at: until } } });
    expect(await phasesOf(opened.run)).toEqual(["begun", "done"]);
  });
});

describe("a freeze", () => {
  test("does not wait for the journal; a refused one changes nothing", async () => {
    const law_id = await newLaw();
    const run = randomUUID();
    const frozen = await withoutJournal(() => door.call(freezeLaw, { run, request: { law_id } }));
    expect(frozen).toMatchObject({ result: { frozen: true, changed: true, in_journal: false } });
    expect((await stack.target.laws.get(law_id))?.frozen).toBe(true);
    expect(await phasesOf(run)).toEqual([]);
    expect(await door.call(freezeLaw, { run, request: { law_id } })).toMatchObject({
      result: { changed: false, in_journal: true },
    });
    expect(await phasesOf(run)).toEqual(["begun", "done"]);
  });
});

describe("a step that another release has begun", () => {
  test("goes on if its cursor is of a form that this release knows, and is refused otherwise", async () => {
    const law_id = await newLaw();
    const run = randomUUID();
    const [older, newer] = [doorOn(stack, false, "1.0.0"), doorOn(stack, false, "1.1.0")];
    const first = await older.call(settle, { run, request: { law_id } });
    if (!("done" in first) || first.done) throw new Error("settling took one step");
    const strange = { ...Object(first.cursor), added_later: 1 };
    await expect(newer.call(settle, { run, request: { law_id }, cursor: strange })).rejects.toMatchObject({
      code: "invalid_request",
    });
    for (let cursor: unknown = first.cursor; ; ) {
      const answer = await newer.call(settle, { run, request: { law_id }, cursor });
      if (!("done" in answer)) throw new Error("it was proposed");
      if (answer.done) break;
      cursor = answer.cursor;
    }
    const { rows } = await stack.target.pool.query(
      "select phase, release from journal where run = $1 order by number",
      [run],
    );
    expect(rows).toEqual([
      { phase: "begun", release: "1.0.0" },
      { phase: "done", release: "1.1.0" },
    ]);
  });
});

describe("receipts after a restore", () => {
  test("are marked to the last one although the function dies among them; whoever carries it out again ends it", async () => {
    const law_id = await newLaw();
    const store = new DynamoReceiptStore(stack.target.dynamoDb, "receipts", {
      pause: async () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    const at = new Date().toISOString();
    const ids = Array.from({ length: 40 }, () => aVote({ lawId: law_id }).requestId);
    await store.putAll(
      ids.map((requestId) => ({ requestId, lawId: law_id, status: "counted", acceptedAt: at, updatedAt: at })),
    );
    const { orphans, sha256 } = restoreReceipts.result.parse(await door.drive(restoreReceipts, { request: {} }));
    expect(orphans).toBe(40);
    const answer = await twoPeople.call(markLost, { request: { orphans, sha256 }, by: anna });
    if (!("proposal" in answer)) throw new Error("it was done");
    const { id, hash } = answer.proposal;
    await twoPeople.call(journal.approve, { request: { id, hash }, by: bruno });
    let writes = 0;
    const dying = withFailing({
      dynamoDb: Object.assign(Object.create(stack.target.dynamoDb), {
        send: (command: { constructor: { name: string } }) => {
          if (command.constructor.name === "BatchWriteItemCommand" && ++writes > 3) {
            return Promise.reject(new Error("the function was killed"));
          }
          return stack.target.dynamoDb.send(Object(command));
        },
      }),
    });
    const carry = { request: { orphans, sha256 }, group: "approved", proposal: id, run: id } as const;
    await expect(dying.drive(markLost, carry)).rejects.toThrow();
    const lost = async () => {
      let count = 0;
      for (const requestId of ids) if ((await store.get(requestId))?.status === "lost") count += 1;
      return count;
    };
    expect(await lost()).toBeGreaterThan(0);
    expect(await lost()).toBeLessThan(40);
    expect(await twoPeople.drive(markLost, { ...carry, by: carla })).toMatchObject({ orphans: 40 });
    expect(await lost()).toBe(40);
    expect(await phasesOf(id)).toEqual(["proposed", "approved", "begun", "done"]);
  });
});
