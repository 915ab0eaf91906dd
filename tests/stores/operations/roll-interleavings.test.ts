import { createHash, randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { chunkDigest, chunkText } from "../../../operations/roll/file/chunk-text.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { rollPorts } from "../../../operations/roll/stores/roll-ports.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { issueRequestId } from "../../../shared/domain/request-id.ts";
import { ROLL_BUCKETS } from "../../../shared/domain/roll.ts";
import { bucketDigests, differingBucket, rollDigest } from "../../../shared/domain/roll-digest.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as rolls from "../../../shared/messages/operators/rolls.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { openRollDoor, type TestRollDoor } from "../support/roll-door.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(240) });

let stack: TestTarget;
let door: TestRollDoor;
beforeAll(async () => {
  stack = await startTestTarget();
  door = openRollDoor(stack);
});
afterAll(async () => {
  await door?.close();
  await stack?.stop();
});

/** The files of a history: chunks of voters, by number. Files overlap. */
const FILES: readonly (readonly (readonly number[])[])[] = [
  [[1, 2], [3, 4], [5]],
  [
    [4, 6],
    [7, 8],
  ],
  [[9], [1], [10]],
];
const EVERYBODY = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const nasOf = (voter: number) => String(200_000_000 + voter);
const codeOf = (voter: number) => `CODE${100 + voter}`;

/** Who works on the roll, one after the other or at once, and what happens in between. */
type Action =
  | { readonly kind: "load"; readonly file: number }
  | { readonly kind: "seal" }
  | { readonly kind: "rebuild" }
  | { readonly kind: "kill" | "step" | "together"; readonly client: number }
  | { readonly kind: "vote"; readonly voter: number };

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("load" as const), file: fc.nat(FILES.length - 1) }) },
  { weight: 2, arbitrary: fc.constantFrom<Action>({ kind: "seal" }, { kind: "rebuild" }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), client: fc.nat(9) }) },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constantFrom("step" as const, "together" as const), client: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("vote" as const), voter: fc.integer({ min: 1, max: 10 }) }) },
);

/** A client that has sent a step when it is asked for the next one. */
type Client = AsyncGenerator<undefined>;

async function* steps(act: Act, request: unknown): Client {
  const run = randomUUID();
  for (let cursor: unknown; ; ) {
    const answer = await door.step(act, { run, request, cursor });
    yield;
    if ("proposal" in answer || answer.done) return;
    cursor = answer.cursor;
  }
}

async function* load(lawId: string, file: number): Client {
  let line = 0;
  const texts = (FILES[file] ?? []).map((voters) =>
    chunkText(voters.map((voter) => ({ line: ++line, nas: nasOf(voter), code: codeOf(voter) }))),
  );
  const sha256 = createHash("sha256").update(`file ${file}`).digest("hex");
  const announced = { sha256, name: `${file}.csv`, lines: line, voters: line, chunks: texts.map(chunkDigest) };
  yield* steps(rolls.beginLoad, { laws: [lawId], file: announced });
  // It sends every chunk: those that are done are known.
  for (const [number, voters] of texts.entries()) {
    yield* steps(rolls.loadChunk, { laws: [lawId], sha256, number, voters });
  }
  yield* steps(rolls.finishLoad, { laws: [lawId], sha256 });
}

/** Takes the next step of a client. A refusal ends it, as it ends a command. */
async function advance(client: Client): Promise<boolean> {
  try {
    return (await client.next()).done !== true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

class History {
  readonly lawId = `mix-${randomUUID().slice(0, 8)}`;
  readonly clients: Client[] = [];
  readonly begun = new Set<number>();
  /** The submissions that were decided, by voter: the first stands. */
  readonly counted = new Map<number, Buffer>();
  #ids = 0;

  async act(one: Action): Promise<void> {
    if (one.kind === "load") {
      this.begun.add(one.file);
      this.clients.push(load(this.lawId, one.file));
    } else if (one.kind === "rebuild") this.clients.push(this.#rebuild());
    else if (one.kind === "seal") this.clients.push(this.#seal());
    else if (one.kind === "vote") await this.vote(one.voter);
    else if (this.clients.length > 0) {
      const at = one.client % this.clients.length;
      if (one.kind === "kill") this.clients.splice(at, 1);
      else await this.step(one.kind === "step" ? [at] : [at, (at + 1) % this.clients.length]);
    }
    await this.check();
  }

  async step(positions: readonly number[]): Promise<void> {
    const chosen = [...new Set(positions)].flatMap((at) => this.clients[at] ?? []);
    const alive = await Promise.all(chosen.map(advance));
    for (const [index, client] of chosen.entries()) {
      if (alive[index] === false) this.clients.splice(this.clients.indexOf(client), 1);
    }
  }

  /** A vote that is recorded as soon as it is decided, as when the outcomes queue is empty. */
  async vote(voter: number): Promise<void> {
    const id = Buffer.alloc(16, ++this.#ids);
    if ((await this.claim(voter, id)) !== "accepted") return;
    expect(this.counted.has(voter), "a voter was accepted twice").toBe(false);
    this.counted.set(voter, id);
    await stack.target.pool.query("insert into participation values ($1, $2, $3)", [
      this.lawId,
      hashOf(this.lawId, voter),
      issueRequestId(id, this.lawId, 1, Buffer.alloc(32)),
    ]);
  }

  async claim(voter: number, id: Buffer) {
    const hash = hashOf(this.lawId, voter).toString("hex");
    const [claimed] = await new RedisClaimStore(stack.target.redis).claim([
      { lawId: this.lawId, voterHash: hash, id, acceptedAt: "2100-01-01T00:00:00.000Z" },
    ]);
    return claimed?.kind === "decided" ? claimed.decision : claimed?.why;
  }

  /** What must hold after every step. */
  async check(): Promise<void> {
    const { marks, cache } = rollPorts(stack.target);
    const meta = await cache.meta(this.lawId);
    if (meta === undefined) return;
    expect(await marks.unfinished(this.lawId), "complete although work is unfinished").toEqual([]);
    const onRoll = await this.#onRoll();
    const inRedis = await cache.readBack(this.lawId, 0, ROLL_BUCKETS);
    expect(meta).toEqual({ voters: onRoll.length, digest: rollDigest(bucketDigests(onRoll)).toString("hex") });
    expect(differingBucket(inRedis, bucketDigests(onRoll)), "Redis has another roll").toBeUndefined();
    for (const [voter, id] of this.counted) {
      expect(await this.claim(voter, id), `the claim of ${voter}`).toBe("accepted");
    }
  }

  /** The operators end what they have begun: every file again unless the roll is sealed, the seal, and a rebuild. */
  async end(): Promise<void> {
    while (this.clients.length > 0) await this.step([0]);
    for (const client of [...[...this.begun].map((file) => load(this.lawId, file)), this.#seal(), this.#rebuild()]) {
      while (await advance(client));
    }
    const hashes = new Set((await this.#onRoll()).map((hash) => hash.toString("hex")));
    const onRoll = EVERYBODY.filter((voter) => hashes.has(hashOf(this.lawId, voter).toString("hex")));
    const { marks, cache, database } = rollPorts(stack.target);
    expect(await marks.unfinished(this.lawId)).toEqual([]);
    expect(await cache.count(this.lawId)).toBe(await database.count(this.lawId));
    expect((await cache.meta(this.lawId))?.voters).toBe(onRoll.length === 0 ? undefined : onRoll.length);
    await this.check();
    for (const voter of onRoll) {
      const expected = this.counted.has(voter) ? "duplicate" : "accepted";
      expect(await this.claim(voter, Buffer.alloc(16, 255)), `a vote of ${voter}`).toBe(expected);
    }
  }

  /** Somebody seals the roll as it is when they begin. */
  async *#seal(): Client {
    const expected = (await this.#onRoll()).length;
    if (expected > 0) yield* steps(rolls.sealRoll, { law_id: this.lawId, expect: expected });
  }

  async #onRoll(): Promise<Buffer[]> {
    const { rows } = await stack.target.pool.query<{ hash: Buffer }>(
      "select voter_hash as hash from voter_roll where law_id = $1",
      [this.lawId],
    );
    return rows.map(({ hash }) => hash);
  }

  #rebuild(): Client {
    return steps(rolls.rebuildRolls, { laws: [this.lawId] });
  }
}

function hashOf(lawId: string, voter: number): Buffer {
  return voterHash(nasOf(voter), codeOf(voter), lawId);
}

test("whatever steps of loads, seals and rebuilds come between each other, votes are decided by sealed rolls only", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 12, maxLength: 40 }), async (actions) => {
      const history = new History();
      await addReadyLaw(stack.target, { lawId: history.lawId, title: "A law" });
      for (const one of actions) await history.act(one);
      await history.end();
      await new RedisRoll(stack.target.redis).clear(history.lawId);
    }),
    { numRuns: 8, interruptAfterTimeLimit: limitOf(120), markInterruptAsFailure: false, endOnFailure: true },
  );
});
