import type { Redis } from "ioredis";
import type { StepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { ROLL_BUCKETS, rollMetaKey, rollMoment } from "../../../shared/domain/roll.ts";
import { bucketDigests } from "../../../shared/domain/roll-digest.ts";
import { readRollMeta, writeRollMeta } from "../../../shared/stores/claims.ts";
import type { Process } from "../scheduler.ts";
import { decideClaim } from "./claim-rule.ts";
import { CALL_FAULTS } from "./sqs.ts";

const CODES = { invalid: 0, accepted: 1, duplicate: 2 } as const;

/**
 * Redis with an asynchronous replica. Every command is atomic, a pipeline is not, and a failover loses the last writes.
 * Strings are stored under their keys, and hashes have fields and values in hex.
 */
export class SimRedis {
  readonly strings = new Map<string, string>();
  readonly hashes = new Map<string, Map<string, string>>();
  /** Functions that undo the writes, the latest last. */
  #undo: (() => void)[] = [];
  /** Which claims made a submission a duplicate, by ids in hex. */
  readonly duplicatesOf = new Map<string, Set<string>>();
  /** Told of every claim that a complete roll answers. */
  onClaim: (bucket: string, voterHash: string, id: string) => void = () => undefined;

  get(key: string): string | null {
    return this.strings.get(key) ?? null;
  }

  set(key: string, value: string): void {
    const before = this.strings.get(key);
    this.strings.set(key, value);
    this.#undo.push(() => put(this.strings, key, before));
  }

  del(key: string): void {
    const before = this.strings.get(key);
    if (before === undefined) return;
    this.strings.delete(key);
    this.#undo.push(() => put(this.strings, key, before));
  }

  hset(key: string, field: string, value: string): void {
    const hash = this.hashes.get(key) ?? new Map<string, string>();
    this.hashes.set(key, hash);
    const before = hash.get(field);
    hash.set(field, value);
    this.#undo.push(() => put(this.#hash(key), field, before));
  }

  hsetnx(key: string, field: string, value: string): void {
    if (this.hashes.get(key)?.get(field) === undefined) this.hset(key, field, value);
  }

  hlen(key: string): number {
    return this.hashes.get(key)?.size ?? 0;
  }

  unlink(key: string): void {
    const before = this.hashes.get(key);
    if (before === undefined) return;
    this.hashes.delete(key);
    this.#undo.push(() => this.hashes.set(key, before));
  }

  /** The claim script (shared/stores/claims.ts), by the rule of the model. */
  claim(bucket: string, voterHash: string, id: string, acceptedAt: string): number {
    const before = this.hashes.get(bucket)?.get(voterHash);
    const decision = decideClaim(before, id, acceptedAt);
    if (decision === "duplicate" && before !== undefined) {
      this.duplicatesOf.set(id, (this.duplicatesOf.get(id) ?? new Set()).add(before));
    }
    if (decision === "accepted") this.hset(bucket, voterHash, id);
    return CODES[decision];
  }

  /** A replica takes over that has not seen the last writes. */
  failOver(forgotten: number): void {
    for (let count = 0; count < forgotten; count++) this.#undo.pop()?.();
  }

  /** The replica has seen everything (WAIT). */
  replicate(): void {
    this.#undo = [];
  }

  /** Everything is gone. */
  flush(): void {
    this.strings.clear();
    this.hashes.clear();
    this.#undo = [];
  }

  #hash(key: string): Map<string, string> {
    const hash = this.hashes.get(key) ?? new Map<string, string>();
    this.hashes.set(key, hash);
    return hash;
  }
}

function put(map: Map<string, string>, key: string, value: string | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}

type Command = { readonly name: string; readonly run: () => unknown };
type Answers = [Error | null, unknown][];

/**
 * Redis as the claim store uses it. A pipeline is sent at once and runs in pieces; other processes take steps between
 * them.
 *
 * @param process whose connection this is
 * @param redis the server
 */
export function redisClient(process: Process, redis: SimRedis): Redis {
  const pipeline = () => {
    const commands: Command[] = [];
    const chain = {
      get: (key: string) => {
        commands.push({ name: "GET", run: () => redis.get(key) });
        return chain;
      },
      claimVote: (bucket: string, voterHash: Buffer, id: Uint8Array, acceptedAt: Buffer) => {
        const hash = voterHash.toString("hex");
        const run = () => {
          const claim = Buffer.from(id).toString("hex");
          redis.onClaim(bucket, hash, claim);
          return redis.claim(bucket, hash, claim, acceptedAt.toString("hex"));
        };
        commands.push({ name: "claim", run });
        return chain;
      },
      exec: () => execute(process, commands),
    };
    return chain;
  };
  return { defineCommand: () => undefined, pipeline } as unknown as Redis;
}

async function execute(process: Process, commands: readonly Command[]): Promise<Answers> {
  const answers: Answers = [];
  const lost = () => new Error("Redis: the connection was lost");
  for (let at = 0; at < commands.length; ) {
    const end = at + 1 + process.random.below(commands.length - at);
    const piece = commands.slice(at, end);
    const run = (some: readonly Command[]): Answers => some.map((command) => [null, command.run()]);
    const given = await process.step(`Redis: ${piece.map(({ name }) => name).join(" ")}`, () => run(piece), {
      faults: [...CALL_FAULTS, "part"],
      // The connection breaks in the middle: ioredis gives an error for each command without an answer.
      part: () => {
        const done = run(piece.slice(0, process.random.below(piece.length)));
        const missing = commands.slice(at + done.length);
        at = commands.length;
        return [...done, ...missing.map((): [Error, unknown] => [lost(), undefined])];
      },
      error: lost,
    });
    answers.push(...given);
    at = Math.max(at, end);
  }
  return answers;
}

/**
 * The roll in Redis as loading and rebuilding use it, one step per bucket.
 *
 * @param process whose calls these are
 * @param redis the server
 */
export function rollCache(process: Process, redis: SimRedis): StepPorts["cache"] {
  const call = <T>(label: string, effect: () => T) => process.step(`Redis: ${label}`, effect, { faults: CALL_FAULTS });
  const bucketOf = (lawId: string, voterHash: Buffer) => `roll:{${lawId}:${voterHash.toString("hex", 0, 2)}}`;
  const isOf = (lawId: string) => (key: string) => key.startsWith(`roll:{${lawId}:`);
  return {
    removeMeta: async (lawId) => {
      do {
        await call("remove meta", () => redis.del(rollMetaKey(lawId)));
        await call("wait for the replica", () => redis.replicate());
      } while (await call("is meta back", () => redis.get(rollMetaKey(lawId)) !== null));
    },
    writeMeta: (lawId, meta) => call("write meta", () => redis.set(rollMetaKey(lawId), writeRollMeta(meta))),
    meta: (lawId) => call("read meta", () => readRollMeta(redis.get(rollMetaKey(lawId)))),
    add: async (lawId, hashes, beginsAt) => {
      const moment = rollMoment(beginsAt).toString("hex");
      for (const hash of hashes) {
        await call("add a voter", () => redis.hsetnx(bucketOf(lawId, hash), hash.toString("hex"), moment));
      }
    },
    restore: async (lawId, voters) => {
      const buckets = new Map<string, (typeof voters)[number][]>();
      for (const voter of voters) {
        const bucket = bucketOf(lawId, voter.voterHash);
        buckets.set(bucket, [...(buckets.get(bucket) ?? []), voter]);
      }
      for (const [bucket, some] of buckets) {
        await call("restore a bucket", () => {
          for (const { voterHash, id, beginsAt } of some) {
            const value = id ?? (beginsAt === undefined ? Buffer.alloc(0) : rollMoment(beginsAt));
            redis.hset(bucket, voterHash.toString("hex"), value.toString("hex"));
          }
        });
      }
    },
    readBack: (lawId, from, to) =>
      call("read back", () => {
        const hashes = [...redis.hashes].flatMap(([key, hash]) =>
          isOf(lawId)(key) ? [...hash.keys()].map((field) => Buffer.from(field, "hex")) : [],
        );
        return bucketDigests(hashes).filter(({ bucket }) => from <= bucket && bucket < to);
      }),
    count: (lawId) =>
      call("count voters", () => {
        let voters = 0;
        for (const key of redis.hashes.keys()) if (isOf(lawId)(key)) voters += redis.hlen(key);
        return voters;
      }),
    clear: (lawId, from = 0, to = ROLL_BUCKETS) =>
      call("clear roll", () => {
        for (const key of [...redis.hashes.keys()].filter(isOf(lawId))) {
          const bucket = Number.parseInt(key.slice(-5, -1), 16);
          if (from <= bucket && bucket < to) redis.unlink(key);
        }
      }),
  };
}
