import { createHash, randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { MappingConsumer } from "../../../operations/queues/consumer.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { checkedCodes, credentialLines } from "../../../operations/roll/credentials.ts";
import { chunkDigest, chunkText } from "../../../operations/roll/file/chunk-text.ts";
import { checkKeyOf } from "../../../operations/roll/file/code-rule.ts";
import { openRoll } from "../../../operations/roll/file/source.ts";
import { loadRoll } from "../../../operations/roll/load-file.ts";
import { WorkTable } from "../../../operations/roll/steps/work-table.ts";
import { PostgresRoll } from "../../../operations/roll/stores/postgres-roll.ts";
import { findLoadOf } from "../../../places/operators/find-load.ts";
import { type SendOptions, sendRoll, type UnfinishedRoll } from "../../../places/operators/send-roll.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { issueRequestId } from "../../../shared/domain/request-id.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { removeLaw } from "../../support/write-law.ts";
import { openRollDoor, type TestRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(180) });

/** Three chunks of several transactions would take long: only one test has as many voters. */
const CHUNK = 600;
const VOTERS = 2 * CHUNK + 100;

type Door = Parameters<typeof findLoadOf>[0];

let stack: TestTarget;
let door: TestRollDoor;
let other: TestRollDoor;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  door = openRollDoor(stack);
  other = openRollDoor(stack, "bob");
});
beforeEach(() => {
  door.onStep(() => undefined);
  stack.mappingHistory.length = 0;
});
afterAll(async () => {
  await door?.close();
  await other?.close();
  await stack?.stop();
});

async function newLaw(more: object = {}): Promise<Law> {
  return addReadyLaw(stack.target, { lawId: `step-${++laws}`, title: "A law", ...more });
}

function newFile(voters: number): string {
  return [...credentialLines(voters)].join("");
}

function send(of: Law | readonly Law[], text: string, more: Partial<SendOptions> = {}, through = door) {
  const lawIds = (Array.isArray(of) ? of : [of]).map(({ lawId }: Law) => lawId);
  return sendRoll(through, { laws: lawIds, source: Readable.from([text]), chunkVoters: CHUNK, ...more });
}

async function rollOf({ lawId }: Law) {
  const [roll] = await countRolls(stack.target, [lawId]);
  if (roll === undefined) throw new Error("the law has no count");
  return roll;
}

/** What `validate` decides about the vote of a voter of a file. */
async function claim({ lawId }: Law, text: string, id = 1) {
  const [nas = "", code = ""] = text.trim().split("\n").at(-1)?.split(",") ?? [];
  const [result] = await new RedisClaimStore(stack.target.redis).claim([
    {
      lawId,
      voterHash: voterHash(nas, code, lawId).toString("hex"),
      id: Buffer.alloc(16, id),
      acceptedAt: "2100-01-01T00:00:00.000Z",
    },
  ]);
  return result?.kind === "decided" ? result.decision : result?.why;
}

const seal = ({ lawId }: Law, voters: number) => perform(rolls.sealRoll, { law_id: lawId, expect: voters });
const mapping = () => new MappingConsumer(stack.target.lambda, "validate");

/** Lets a load end before one of its chunks, as if its client were killed: it says nothing to the stage. */
function killBefore(number: number, name = "load-chunk") {
  let chunks = 0;
  let isDead = false;
  door.onStep((act) => {
    if (act.name === name && chunks++ === number) isDead = true;
    if (isDead) throw new Error("the client was killed");
  });
}

/** The requests of a load of a short list, to send by hand. */
function byHand(lawId: string, lists: readonly (readonly string[])[]) {
  let line = 1;
  const texts = lists.map((list) =>
    chunkText(list.map((voter) => ({ line: ++line, nas: voter.slice(0, 9), code: voter.slice(10) }))),
  );
  const sha256 = createHash("sha256").update(texts.join()).digest("hex");
  const voters = lists.flat().length;
  const file = { sha256, name: "list.csv", lines: voters, voters, chunks: texts.map(chunkDigest) };
  return {
    begin: { laws: [lawId], file },
    chunk: (number: number) => ({ laws: [lawId], sha256, number, voters: texts[number] ?? "" }),
    end: { laws: [lawId], sha256 },
  };
}

const [A, B, C] = ["100000001,AAAAAA", "100000002,BBBBBB", "100000003,CCCCCC"] as const;

async function perform<A extends Parameters<typeof door.perform>[0]>(act: A, request: unknown, through = door) {
  const outcome = await through.perform(act, JSON.parse(JSON.stringify(request)));
  if (outcome.kind === "proposed") throw new Error("it was proposed");
  return outcome.result;
}

describe("a roll file sent in chunks", () => {
  test("is on the roll in PostgreSQL; again, all of it is known; its votes are decided when it is sealed", async () => {
    const law = await newLaw();
    const text = newFile(VOTERS);
    const progress: number[] = [];
    const summary = await send(law, text, { onProgress: (voters) => progress.push(voters) });
    expect(summary).toMatchObject({ lines: VOTERS, voters: VOTERS, bad: 0 });
    expect(summary.laws).toMatchObject([{ loaded: VOTERS, known: 0, voters: VOTERS, unfinished: [] }]);
    expect(progress).toEqual([CHUNK, 2 * CHUNK, VOTERS]);
    expect(await rollOf(law)).toMatchObject({ postgresql: VOTERS, redis: 0, digest: null, complete: false });
    expect(await claim(law, text)).toBe("roll_not_loaded");
    expect((await send(law, text)).laws).toMatchObject([{ loaded: 0, known: VOTERS }]);
    await seal(law, VOTERS);
    expect(await rollOf(law)).toMatchObject({ postgresql: VOTERS, redis: VOTERS, complete: true, unfinished: [] });
    expect([await claim(law, text), await claim(law, text, 2)]).toEqual(["accepted", "duplicate"]);
    expect(stack.mappingHistory, "validate need not stop").toEqual([]);
  });

  test("finds the same as a load in one process: bad lines, second codes, repeated voters, several laws", async () => {
    const lines = ["nas,code", A, A, "100000001,OTHERCODE", "1,CCCCCC", "", "100000009,DDDDDD", "no voter"];
    const [here, there] = [[await newLaw(), await newLaw()] as const, [await newLaw(), await newLaw()] as const];
    for (const [, second] of [here, there]) await send(second, "100000009,OTHERS");
    const stepped = await send(here, lines.join("\n"));
    const direct = await loadRoll(stack.target, {
      laws: there.map(({ lawId }) => lawId),
      source: Readable.from([lines.join("\n")]),
    });
    const plain = (summary: typeof direct) =>
      JSON.parse(JSON.stringify(summary).replaceAll(/step-\d+/g, "a law")) as typeof direct;
    const inOrder = ({ badLines, ...rest }: typeof direct) => ({
      ...rest,
      badLines: [...badLines].sort((one, two) => one.line - two.line),
    });
    expect(inOrder(plain(stepped))).toEqual(inOrder(plain(direct)));
    for (const { loaded, known, refused } of stepped.laws) expect(loaded + known + refused).toBe(stepped.lines);
  });

  test("whose codes are of another stage changes nothing; single ones are refused by their lines", async () => {
    const law = await newLaw({ codes: "checked" });
    await expect(send(law, [A, B].join("\n"))).rejects.toThrow(
      /no voter in standard input; nothing was changed.*The first 2 codes are not of this stage/,
    );
    const key = checkKeyOf(law, await stack.target.keys());
    if (key === undefined) throw new Error("the law takes any code");
    const [code = ""] = checkedCodes(1, key);
    const summary = await send(law, ["nas,code", A, `100000004,${code.toLowerCase()}`, B].join("\n"));
    expect(summary).toMatchObject({ lines: 3, voters: 1, bad: 2, badLines: [{ line: 2 }, { line: 4 }] });
    expect(summary.faults).toMatchObject([{ kind: "code_check", count: 2, lines: [2, 4] }]);
    expect(summary.laws).toMatchObject([{ loaded: 1, refused: 2 }]);
    await seal(law, 1);
    // A code counts as the stage has made it, however it was written.
    expect(await claim(law, `100000004,${code}`)).toBe("accepted");
  });

  test("goes on from where its client was killed, on another machine, and accounts for every line", async () => {
    const law = await newLaw();
    const text = `${newFile(VOTERS)}100000009,short\n`.replace("\n", `\n${A}\n100000001,OTHERCODE\n`);
    killBefore(2);
    await expect(send(law, text)).rejects.toThrow("the client was killed");
    expect(await rollOf(law)).toMatchObject({ complete: false, unfinished: [{ kind: "load", isRunning: true }] });
    let chunks = 0;
    other.onStep((act) => {
      if (act.name === "load-chunk") chunks += 1;
    });
    const summary = await send(law, text, {}, other);
    expect(chunks).toBe(1);
    expect(summary).toMatchObject({ bad: 2, badLines: [{ kind: "code_malformed" }, { kind: "second_code", line: 3 }] });
    expect(summary.laws).toMatchObject([{ loaded: VOTERS + 1, known: 0, refused: 2, unfinished: [] }]);
  });

  test("that is interrupted says where it stopped", async () => {
    const law = await newLaw();
    const text = newFile(VOTERS);
    const controller = new AbortController();
    const stopped: UnfinishedRoll[] = [];
    const sending = send(law, text, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("interrupted")),
      onStopped: (found) => stopped.push(...found),
    });
    await expect(sending).rejects.toThrow("interrupted");
    const work = { kind: "load", source_name: "standard input", lines_done: CHUNK + 1, is_running: false };
    expect(stopped).toEqual([{ law_id: law.lawId, unfinished: [work] }]);
    expect((await send(law, text)).laws).toMatchObject([{ loaded: VOTERS, voters: VOTERS, unfinished: [] }]);
  });

  test("by two operators at once is loaded once", async () => {
    const law = await newLaw();
    const text = newFile(VOTERS);
    const both = await Promise.allSettled([send(law, text), send(law, text, {}, other)]);
    const [loaded] = both.flatMap((one) => (one.status === "fulfilled" ? one.value.laws : []));
    expect(loaded).toMatchObject({ voters: VOTERS });
    for (const one of both) {
      if (one.status === "rejected") expect(String(one.reason)).toMatch(/was ended elsewhere/);
    }
    expect(await rollOf(law)).toMatchObject({ postgresql: VOTERS, unfinished: [] });
  });

  test("of two files on one law: the roll is sealed when both have ended", async () => {
    const law = await newLaw();
    const [one, two] = [byHand(law.lawId, [[A], [B]]), byHand(law.lawId, [[C]])];
    await perform(rolls.beginLoad, one.begin);
    await perform(rolls.beginLoad, two.begin, other);
    await perform(rolls.loadChunk, one.chunk(0));
    await perform(rolls.loadChunk, two.chunk(0), other);
    const ended = await perform(rolls.finishLoad, two.end, other);
    expect(ended).toMatchObject({ laws: [{ unfinished: [{ kind: "load", lines_done: 2, is_running: true }] }] });
    await expect(seal(law, 2)).rejects.toThrow(/a load of list.csv is under way/);
    await perform(rolls.loadChunk, one.chunk(1));
    expect(await perform(rolls.finishLoad, one.end)).toMatchObject({ laws: [{ voters: 3, unfinished: [] }] });
    await seal(law, 3);
    expect(await claim(law, C)).toBe("accepted");
  });
});

describe("a chunk", () => {
  test("that comes twice is known; out of order or of another file it is refused, and changes nothing", async () => {
    const law = await newLaw();
    const [file, stranger] = [byHand(law.lawId, [[A], [B], [C]]), byHand(law.lawId, [[C]])];
    expect(await perform(rolls.beginLoad, file.begin)).toEqual({ next_chunk: 0 });
    expect(await perform(rolls.loadChunk, file.chunk(0))).toMatchObject({ next_chunk: 1, laws: [{ loaded: 1 }] });
    expect(await perform(rolls.loadChunk, file.chunk(0))).toMatchObject({
      next_chunk: 1,
      laws: [{ loaded: 0, known: 1 }],
    });
    await expect(perform(rolls.loadChunk, file.chunk(2))).rejects.toMatchObject({
      code: "other_chunk",
      subject: "1",
      message: "Chunk 2 has come, and chunk 1 is next; nothing was changed.",
    });
    await expect(perform(rolls.loadChunk, stranger.chunk(0))).rejects.toMatchObject({
      code: "load_ended",
      message: expect.stringMatching(/No load of this file is under way.*that of another file, list.csv/),
    });
    await expect(perform(rolls.finishLoad, file.end)).rejects.toMatchObject({ code: "other_chunk", subject: "1" });
    expect(await rollOf(law)).toMatchObject({ postgresql: 1 });
    expect(await perform(rolls.beginLoad, file.begin)).toEqual({ next_chunk: 1 });
    await perform(rolls.loadChunk, file.chunk(1));
    await perform(rolls.loadChunk, file.chunk(2));
    expect(await perform(rolls.finishLoad, file.end)).toMatchObject({
      laws: [{ loaded: 3, known: 0 }],
    });
  });

  test("other than what was announced under its number is refused and changes nothing, whether or not that was done", async () => {
    const laws = [await newLaw(), await newLaw()] as const;
    const lawIds = laws.map(({ lawId }) => lawId);
    const [file, stranger] = [byHand(laws[0].lawId, [[A], [B], [C]]), byHand(laws[0].lawId, [[B], [A]])];
    const sent = (number: number, voters = file.chunk(number).voters) =>
      perform(rolls.loadChunk, { ...file.chunk(number), laws: lawIds, voters });
    await perform(rolls.beginLoad, { ...file.begin, laws: lawIds });
    await sent(0);
    const notAnnounced = (number: number) =>
      new RegExp(
        `^What has come as chunk ${number} is not what was announced as chunk ${number} for ${lawIds[0]}.*Nothing was`,
      );
    await expect(sent(0, stranger.chunk(0).voters)).rejects.toThrow(notAnnounced(0));
    await expect(sent(1, "3,100000007,XXXXXX")).rejects.toThrow(notAnnounced(1));
    await expect(sent(1, file.chunk(2).voters)).rejects.toThrow(notAnnounced(1));
    await expect(sent(3, file.chunk(2).voters)).rejects.toThrow(
      `Chunk 3 has come, and chunk 2 is the last one that was announced for ${lawIds[0]}; nothing was changed.`,
    );
    for (const law of laws) expect(await rollOf(law)).toMatchObject({ postgresql: 1, unfinished: [{ linesDone: 2 }] });
    await sent(1);
    await sent(2);
    const whole = { loaded: 3, known: 0, unfinished: [] };
    expect(await perform(rolls.finishLoad, { ...file.end, laws: lawIds })).toMatchObject({ laws: [whole, whole] });
  });

  test("of a load that an earlier release has begun is refused, and the load goes on when it is begun again", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A], [B], [C]]);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    const asBefore = [
      "announced_chunks = null",
      // It announced the same file anew, cut into other chunks.
      "announced = sha256('another')",
    ];
    for (const [done, change] of asBefore.entries()) {
      await stack.target.pool.query(`update roll_work set ${change} where law_id = $1`, [law.lawId]);
      await expect(perform(rolls.loadChunk, file.chunk(1))).rejects.toThrow(
        "was begun by an earlier release, which did not note what each chunk holds; nothing was changed. " +
          "Load the file again: that goes on from chunk 1.",
      );
      expect(await perform(rolls.beginLoad, file.begin)).toEqual({ next_chunk: done === 0 ? 1 : 0 });
    }
    for (const number of [0, 1, 2]) await perform(rolls.loadChunk, file.chunk(number));
    expect(await perform(rolls.finishLoad, file.end)).toMatchObject({ laws: [{ loaded: 2, known: 1 }] });
  });

  test("that an earlier release took although it was not announced keeps the load from ending", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A], [B]]);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    await stack.target.pool.query("update roll_work set received = sha256('x') where law_id = $1", [law.lawId]);
    await perform(rolls.loadChunk, file.chunk(1));
    await expect(perform(rolls.finishLoad, file.end)).rejects.toThrow(/is not the file that was announced/);
    expect(await rollOf(law)).toMatchObject({ unfinished: [{ kind: "load" }] });
    expect(await perform(rolls.beginLoad, file.begin)).toEqual({ next_chunk: 0 });
    await perform(rolls.loadChunk, file.chunk(0));
    await perform(rolls.loadChunk, file.chunk(1));
    expect(await perform(rolls.finishLoad, file.end)).toMatchObject({
      laws: [{ loaded: 0, known: 2 }],
    });
  });

  test("that is not of the right form is refused without being repeated", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A]]);
    await perform(rolls.beginLoad, file.begin);
    for (const voters of ["2,123456789", "2,123456789,SECRET;2,123456780,SECRET", "x,123456789,SECRET", 123_456_789]) {
      const refused = perform(rolls.loadChunk, { ...file.chunk(0), voters });
      await expect(refused).rejects.toMatchObject({ code: "invalid_request" });
      await expect(refused).rejects.not.toThrow(/123456789|SECRET/);
    }
    await perform(rolls.loadChunk, file.chunk(0));
    await perform(rolls.finishLoad, file.end);
  });

  test("takes the answer that was lost once more, whichever step it was of", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A], [B]]);
    const twice = async (act: Parameters<typeof door.perform>[0], request: unknown) => {
      const run = randomUUID();
      let cursor: unknown;
      for (;;) {
        await door.step(act, { run, request, cursor });
        const answer = await door.step(act, { run, request, cursor });
        if ("proposal" in answer) throw new Error("it was proposed");
        if (answer.done) return answer.result;
        cursor = answer.cursor;
      }
    };
    await twice(rolls.beginLoad, file.begin);
    await twice(rolls.loadChunk, file.chunk(0));
    await twice(rolls.loadChunk, file.chunk(1));
    expect(await twice(rolls.finishLoad, file.end)).toMatchObject({
      laws: [{ loaded: 2, known: 0, voters: 2, unfinished: [] }],
    });
  });

  test("is told soon that another process has the roll, leaves no refusal, and is done when it is free", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A]]);
    const run = randomUUID();
    // The session of a function that was killed keeps its right until PostgreSQL notices.
    const right = await new PostgresRoll(stack.target.pool).lock([law.lawId]);
    const begun = performance.now();
    const waiting = door.step(rolls.beginLoad, { run, request: file.begin });
    await expect(waiting).rejects.toMatchObject({ name: "Busy", message: expect.stringMatching(/Another process/) });
    expect(performance.now() - begun).toBeLessThan(8_000);
    await right.giveBack();
    expect(await door.step(rolls.beginLoad, { run, request: file.begin })).toMatchObject({ done: true });
    const { rows } = await stack.target.pool.query("select phase from journal where run = $1 order by number", [run]);
    expect(rows.map(({ phase }) => phase)).toEqual(["begun", "done"]);
    await perform(rolls.loadChunk, file.chunk(0));
    await perform(rolls.finishLoad, file.end);
  });

  test("goes on only from a cursor that its run has answered, on any machine", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A]]);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    const [run, others] = [randomUUID(), randomUUID()];
    const first = await door.step(rolls.finishLoad, { run, request: file.end });
    if (!("cursor" in first)) throw new Error("it took one step");
    const { tallies } = rolls.finishLoad.cursor.parse(first.cursor);
    const madeUp = { tallies: tallies.map((tally) => ({ ...tally, loaded: 1_000_000 })) };
    const notOfThisRun = /^The cursor is not one of the run .*: start the command again\.$/;
    await expect(door.step(rolls.finishLoad, { run, request: file.end, cursor: madeUp })).rejects.toThrow(notOfThisRun);
    await other.step(rolls.finishLoad, { run: others, request: file.end });
    await door.step(rolls.stopRollWork, { run: randomUUID(), request: { laws: [law.lawId] } });
    // A cursor of this run, sent by another machine, and repeated.
    const last = { run, request: file.end, cursor: first.cursor };
    expect(await other.step(rolls.finishLoad, last)).toMatchObject({ result: { laws: [{ loaded: 1, voters: 1 }] } });
    expect(await door.step(rolls.finishLoad, last)).toMatchObject({ result: { laws: [{ loaded: 1, voters: 1 }] } });
    const { rows } = await stack.target.pool.query("select run from run_cursors where run = any ($1)", [[run, others]]);
    expect(rows).toEqual([{ run: others }]);
  });

  test("keeps the cursors of both who carry out the same act, and none from before it was refused", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A], [B]]);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    const run = randomUUID();
    await expect(door.step(rolls.finishLoad, { run, request: file.end })).rejects.toThrow(/chunk 1 is next/);
    await perform(rolls.loadChunk, file.chunk(1));
    const mine = await door.step(rolls.finishLoad, { run, request: file.end });
    const theirs = await other.step(rolls.finishLoad, { run, request: file.end });
    if (!("cursor" in mine && "cursor" in theirs)) throw new Error("it took one step");
    await stack.target.pool.query("update roll_work set announced = null where law_id = $1", [law.lawId]);
    const refused = door.step(rolls.finishLoad, { run, request: file.end, cursor: mine.cursor });
    await expect(refused).rejects.toThrow(/begun again meanwhile/);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    await perform(rolls.loadChunk, file.chunk(1));
    const again = await door.step(rolls.finishLoad, { run, request: file.end });
    if (!("cursor" in again)) throw new Error("it took one step");
    expect(again.cursor).not.toEqual(theirs.cursor);
    await expect(other.step(rolls.finishLoad, { run, request: file.end, cursor: theirs.cursor })).rejects.toThrow(
      /not one of the run/,
    );
    expect(await other.step(rolls.finishLoad, { run, request: file.end, cursor: again.cursor })).toMatchObject({
      done: true,
    });
  });
});

describe("a load that has stopped", () => {
  test("may be given up by a person who names the number of voters, and not while it is under way", async () => {
    const law = await newLaw();
    const file = byHand(law.lawId, [[A], [B]]);
    await perform(rolls.beginLoad, file.begin);
    await perform(rolls.loadChunk, file.chunk(0));
    const giveUp = (voters: number) => perform(rolls.abandonLoad, { law_id: law.lawId, voters }, other);
    await expect(giveUp(1)).rejects.toThrow(/a load of list.csv is under way/);
    await perform(rolls.stopRollWork, file.end);
    await expect(giveUp(2)).rejects.toThrow(`The roll of ${law.lawId} has 1 voters, not 2; nothing was changed.`);
    expect(await giveUp(1)).toMatchObject({ roll: { voters: 1, unfinished: [] } });
    await expect(giveUp(1)).rejects.toThrow(/No load of .* has stopped/);
    await seal(law, 1);
    expect([await claim(law, A), await claim(law, B)]).toEqual(["accepted", "invalid"]);
    await expect(perform(rolls.loadChunk, file.chunk(1))).rejects.toMatchObject({ code: "load_ended" });
  });
});

describe("a rebuild", () => {
  const rebuild = (law: Law, through = door) => perform(rolls.rebuildRolls, { laws: [law.lawId] }, through);

  test("restores voters and the claims that PostgreSQL knows, and forgets the others", async () => {
    const law = await newLaw();
    const text = newFile(VOTERS);
    await send(law, text);
    await seal(law, VOTERS);
    await claim(law, text, 9);
    const { redis, pool } = stack.target;
    const { rows } = await pool.query<{ hash: Buffer }>(
      "select voter_hash as hash from voter_roll where law_id = $1 order by voter_hash limit 1",
      [law.lawId],
    );
    const [{ hash } = { hash: Buffer.alloc(32) }] = rows;
    const requestId = issueRequestId(Buffer.alloc(16, 5), law.lawId, 1, Buffer.alloc(32));
    await pool.query("insert into participation values ($1, $2, $3)", [law.lawId, hash, requestId]);
    await redis.hset(`roll:{${law.lawId}:ffff}`, "nobody", "");
    stack.mappingHistory.length = 0;
    expect(await rebuild(law)).toMatchObject({
      laws: [{ voters: VOTERS, cached: VOTERS, complete: true, claims: 1, unfinished: [] }],
      outcomes_left: 0,
      validate: "fed",
    });
    expect(stack.mappingHistory).toEqual(["paused", "resumed"]);
    expect((await redis.hgetBuffer(`roll:{${law.lawId}:${hash.toString("hex", 0, 2)}}`, hash))?.length).toBe(16);
    expect(await claim(law, text, 1)).toBe("accepted");
  });

  test("that was killed leaves the roll incomplete; the next one restores all of it", async () => {
    const law = await newLaw();
    const text = newFile(VOTERS);
    await send(law, text);
    await seal(law, VOTERS);
    let steps = 0;
    door.onStep((act) => {
      if (act.name === "rebuild-rolls" && ++steps > 3) throw new Error("the client was killed");
    });
    await expect(rebuild(law)).rejects.toThrow("the client was killed");
    door.onStep(() => undefined);
    expect(await rollOf(law)).toMatchObject({ complete: false, unfinished: [{ kind: "rebuild", isRunning: true }] });
    expect(await claim(law, text)).toBe("roll_not_loaded");
    expect(await rebuild(law, other)).toMatchObject({ laws: [{ voters: VOTERS, complete: true }], validate: "fed" });
  });

  test("finds a roll that somebody has changed without an act: it is not completed", async () => {
    const law = await newLaw();
    await send(law, [A, B].join("\n"));
    await seal(law, 2);
    await stack.target.pool.query("delete from voter_roll where law_id = $1 and voter_hash = $2", [
      law.lawId,
      voterHash(A.slice(0, 9), A.slice(10), law.lawId),
    ]);
    await expect(rebuild(law)).rejects.toThrow(/is not what was sealed: bucket \d+ has other voters/);
    expect(await claim(law, B)).toBe("roll_not_loaded");
    await perform(rolls.stopRollWork, { laws: [law.lawId] });
    await stack.target.pool.query("delete from rolls where law_id = $1", [law.lawId]);
    await removeLaw(stack.target, law.lawId);
  });

  test("leaves validate disabled if a person had disabled it, also by the note of a restored backup", async () => {
    const law = await newLaw();
    await send(law, A);
    await seal(law, 1);
    const work = new WorkTable(stack.target.pool);
    await work.notePause("00000000-0000-4000-8000-000000000001");
    await work.confirmPause("00000000-0000-4000-8000-000000000001", "at another time");
    await mapping().pause();
    stack.mappingHistory.length = 0;
    expect(await rebuild(law)).toMatchObject({ laws: [{ complete: true }], validate: "disabled_before" });
    expect(stack.mappingHistory).toEqual([]);
    await mapping().resume();
  });

  test("lets validate go on when one that had paused it was killed", async () => {
    const law = await newLaw();
    await send(law, A);
    await seal(law, 1);
    const work = new WorkTable(stack.target.pool);
    await work.notePause("00000000-0000-4000-8000-000000000001");
    await mapping().pause();
    await work.confirmPause("00000000-0000-4000-8000-000000000001", await mapping().lastChange());
    expect(await rebuild(law)).toMatchObject({ laws: [{ complete: true }], validate: "fed" });
    expect(await mapping().state()).toBe("Enabled");
  });

  test("a rebuild is refused for a roll that is not sealed; a rebuild of every law leaves such rolls out", async () => {
    const law = await newLaw();
    await send(law, A);
    await expect(rebuild(law)).rejects.toThrow(/is not sealed, so Redis need not have it/);
    await expect(perform(rolls.rebuildRolls, { laws: ["nowhere"] })).rejects.toThrow(/There is no law nowhere/);
    const { laws: all } = await perform(rolls.rebuildRolls, {});
    const known = await stack.target.laws.list();
    expect(all.length).toBe(known.filter(({ sealedVoters }) => sealedVoters !== undefined).length);
  });
});

describe("looking at rolls", () => {
  test("counts them in PostgreSQL and Redis", async () => {
    const law = await newLaw();
    await send(law, [A, B].join("\n"));
    const { laws: [count] = [] } = await perform(rolls.countRolls, { laws: [law.lawId] });
    const draft = { law_id: law.lawId, postgresql: 2, redis: 0, digest: null, complete: false, unfinished: [] };
    expect(count).toEqual(draft);
    expect((await perform(rolls.countRolls, {})).laws).toContainEqual(count);
    await expect(perform(rolls.countRolls, { laws: ["nowhere"] })).rejects.toThrow(/There is no law nowhere/);
  });

  test("says whether a file was loaded to the roll of a law, and nothing about its voters", async () => {
    const [law, elsewhere] = [await newLaw(), await newLaw()];
    const find = async (of: Law, text: string) => {
      const look = { look: (act: typeof rolls.findLoad, request: unknown) => perform(act, request) } as Door;
      return findLoadOf(look, of.lawId, await openRoll(Readable.from([text])), { chunkVoters: CHUNK });
    };
    const text = newFile(CHUNK + 5);
    const never = { load: null, has_unknown_loads: false, voters: 0, sealed: false, changes: 0 };
    expect(await find(law, text)).toEqual(never);
    await send([law, elsewhere], text);
    const found = { ...never, load: { at: expect.any(String), left_out: 0 }, voters: CHUNK + 5 };
    expect(await find(law, text)).toEqual(found);
    // More columns and another delimiter are the same voters, as in a file with addresses.
    const wider = text.replaceAll(/(.+),(.+)\n/g, "$1;$2;1 Main Street\n");
    expect(await find(elsewhere, wider)).toEqual(found);
    await seal(law, CHUNK + 5);
    const [, first = ""] = text.split("\n");
    for (const other of [
      text.replace(`${first}\n`, ""),
      text.replace(first, `${first}X`),
      `${text}100000001,AAAAAA\n`,
    ]) {
      expect(await find(law, other)).toEqual({ ...never, voters: CHUNK + 5, sealed: true });
    }
    expect(await find(law, "nobody\n")).toBeUndefined();
    await expect(find({ ...law, lawId: "nowhere" }, text)).rejects.toThrow(/There is no law nowhere/);
  });

  test("does not claim that a file was never loaded when a load of an earlier release may have had it", async () => {
    const law = await newLaw();
    await stack.target.pool.query(
      "select append_journal('finish-load', 'done', $1, 'alice', 'claimed', '1.0.0', gen_random_uuid(), $2)",
      [law.lawId, JSON.stringify({ result: { laws: [{ law_id: law.lawId, conflicts: 0, refused: 0 }] } })],
    );
    const chunks = [chunkDigest(chunkText([{ line: 1, nas: "100000001", code: "AAAAAA" }]))];
    expect(await perform(rolls.findLoad, { law_id: law.lawId, chunks })).toMatchObject({
      load: null,
      has_unknown_loads: true,
    });
  });

  test("makes and checks codes by the rule of a law", async () => {
    const [any, checked] = [await newLaw(), await newLaw({ codes: "checked" })];
    expect(await perform(rolls.makeCodes, { law_id: any.lawId, count: 3 })).toEqual({ codes: null });
    const { codes } = await perform(rolls.makeCodes, { law_id: checked.lawId, count: 3 });
    expect(new Set(codes?.split(";")).size).toBe(3);
    const mixed = `${codes};ABCDEF`;
    expect(await perform(rolls.checkCodes, { law_id: checked.lawId, codes: mixed })).toEqual({
      checked: true,
      refused: [3],
    });
    expect(await perform(rolls.checkCodes, { law_id: any.lawId, codes: mixed })).toEqual({
      checked: false,
      refused: [],
    });
  });
});

describe("what is kept", () => {
  test("of a load is in the journal by whoever did it, without a digest that could be guessed", async () => {
    const law = await newLaw();
    await send(law, [A, B].join("\n"));
    const { rows } = await stack.target.pool.query<{ act: string; phase: string; operator: string; content: string }>(
      "select act, phase, operator, content from journal where law_id = $1 order by number",
      [law.lawId],
    );
    expect(rows.map(({ act, phase, operator }) => `${operator} ${act} ${phase}`)).toEqual([
      "alice begin-load begun",
      "alice begin-load done",
      "alice finish-load begun",
      "alice finish-load done",
    ]);
    expect(JSON.parse(rows[0]?.content ?? "")).toEqual({
      request: { laws: [law.lawId], file: { name: "standard input", lines: 2, voters: 2 } },
    });
  });

  test("has no NAS, no code and no digest of a file, anywhere: journal, tables of work, answers, refusals", async () => {
    const { rows } = await stack.target.pool.query<{ text: string }>(
      `select journal::text as text from journal union all select roll_work::text from roll_work
       union all select validate_pause::text from validate_pause`,
    );
    const kept = [...rows.map(({ text }) => text), ...door.answers, ...other.answers].join("\n");
    for (const secret of [A, B, C].flatMap((voter) => voter.split(","))) expect(kept).not.toContain(secret);
    const digest = createHash("sha256").update([A, B].join("\n")).digest("hex");
    expect(kept).not.toContain(digest);
    expect(kept).toContain("begin-load");
  });
});
