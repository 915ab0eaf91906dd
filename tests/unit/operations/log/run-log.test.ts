import { describe, expect, test } from "vitest";
import { logObject } from "../../../../operations/log/log-objects.ts";
import type { LogStop } from "../../../../operations/log/log-stopped.ts";
import type { Epoch } from "../../../../operations/log/ports.ts";
import { ed25519Pair } from "../../../../shared/domain/ed25519.ts";
import { checkpointText } from "../../../../shared/domain/log/checkpoint.ts";
import { compareEntries } from "../../../../shared/domain/log/leaf.ts";
import { noteSigner, signNote } from "../../../../shared/domain/log/note.ts";
import {
  counted,
  countedFrom,
  DESCRIPTION,
  journalled,
  LAW,
  LOG_KEY,
  LogWorld,
  watched,
} from "../../../support/log/log-world.ts";
import { filesIn, readPublishedLog } from "../../../support/log/published-log.ts";

const published = (world: LogWorld) => readPublishedLog(filesIn(world.objects, LAW.lawId), LOG_KEY);

/** Everything that came is in the published log, once, and database and store agree. */
async function expectWhole(world: LogWorld, entries: readonly Buffer[]): Promise<void> {
  const log = await published(world);
  const sorted = (some: readonly Buffer[]) => some.map((entry) => entry.toString("hex")).sort();
  expect(sorted(log.entries)).toEqual(sorted(entries));
  expect(log.entries).toEqual(world.database.logEntries);
  expect(log.kept.map(({ size, root }) => ({ size, root }))).toEqual(
    world.database.epochs.map(({ size, root }) => ({ size, root })),
  );
  expect(world.database.waitingEntries).toEqual([]);
}

/** A world with a published log of some entries, and others that wait. */
async function begun(
  sizes: readonly number[],
  waiting: readonly Buffer[] = [],
): Promise<{ world: LogWorld; entries: Buffer[] }> {
  const world = new LogWorld();
  const entries = [DESCRIPTION];
  world.database.add(DESCRIPTION);
  for (const size of sizes) {
    const more = countedFrom(entries.length, entries.length + size);
    world.database.add(...more);
    entries.push(...more);
    await world.run();
  }
  world.database.add(...waiting);
  return { world, entries: [...entries, ...waiting] };
}

describe("a run", () => {
  test("publishes what waits, and later what has come since", async () => {
    const { world, entries } = await begun([300, 1, 300]);
    await expectWhole(world, entries);
    expect(await world.run()).toEqual({ outcome: "current", epochs: 0, size: 602 });
    expect((await published(world)).kept.map(({ size }) => size)).toEqual([301, 302, 602]);
  });

  test("begins with a description, and sorts the entries of an epoch", async () => {
    const world = new LogWorld();
    world.database.add(counted(1), journalled(2), counted(3), journalled(1));
    expect(await world.run()).toEqual({ outcome: "current", epochs: 0, size: 0 });
    world.database.add(DESCRIPTION);
    await world.run();
    const { entries } = await published(world);
    expect(entries).toEqual([
      DESCRIPTION,
      journalled(1),
      journalled(2),
      ...[counted(1), counted(3)].sort(compareEntries),
    ]);
  });

  test("lets submissions wait for a minimum or the end of the recording, and nothing else", async () => {
    const { world } = await begun([1]);
    world.minimumSubmissions = 3;
    world.database.add(counted(10), journalled(1), counted(11));
    expect(await world.run()).toMatchObject({ epochs: 1, size: 3 });
    expect((await published(world)).entries.at(-1)).toEqual(journalled(1));
    expect(await world.run()).toMatchObject({ epochs: 0 });
    world.database.add(counted(12));
    expect(await world.run()).toMatchObject({ epochs: 1, size: 6 });
    world.database.add(counted(13));
    world.database.recordingEnded = true;
    expect(await world.run()).toMatchObject({ epochs: 1, size: 7 });
  });

  test("begins no epoch when its time is over", async () => {
    const { world } = await begun([1], [counted(10)]);
    expect(await world.run(world.ports, () => true)).toEqual({ outcome: "out_of_time", epochs: 0, size: 2 });
  });

  test("does nothing while another one has the lock", async () => {
    const { world } = await begun([1], [counted(10)]);
    const other = await world.database.begin(LAW.lawId);
    expect(await world.run()).toEqual({ outcome: "busy", epochs: 0 });
    await other?.release();
    expect(await world.run()).toMatchObject({ outcome: "current", epochs: 1 });
  });
});

/** The database is as it was with fewer epochs. */
function forget({ database }: LogWorld, epochs: number): void {
  database.epochs.length = epochs;
  database.logEntries.length = database.epochs.at(-1)?.size ?? 0;
}

function lastOf({ database }: LogWorld): Epoch {
  const last = database.epochs.at(-1);
  if (last === undefined) throw new Error("there is no epoch");
  return last;
}

/** How a run can be cut off at a call of a port. */
const CUTS = [
  ["before it", false],
  ["after it", true],
] as const;

/** Sizes with full tiles before, in, and after the epoch that is cut off. */
const SHAPES: readonly (readonly [sizes: readonly number[], waiting: number])[] = [
  [[], 3],
  [[4], 300],
  [[254], 1],
];

describe.each(CUTS)("a crash at any call of a port, %s,", (_, after) => {
  test.each(SHAPES)("is completed by the next run (%j, then %i)", async (sizes, waiting) => {
    for (let at = 1; ; at++) {
      const { world, entries } = await begun(sizes, countedFrom(1_000, 1_000 + waiting));
      let wasReached = false;
      const ports = watched(world.ports, async (number, call) => {
        if (number < at) return call();
        wasReached = true;
        if (number === at && after) await call();
        // A process that has died does nothing more.
        throw new Error("cut off");
      });
      await world.run(ports).catch(() => undefined);
      if (!wasReached) {
        expect(at).toBeGreaterThan(10);
        return;
      }
      world.database.breakConnections();
      // The next run finds others waiting, too.
      world.database.add(counted(5_000));
      expect(await world.run()).toMatchObject({ outcome: "current" });
      await expectWhole(world, [...entries, counted(5_000)]);
    }
  });
});

test.each(SHAPES)(
  "a run that sleeps at any call and wakes up late does no harm (%j, then %i)",
  async (sizes, waiting) => {
    for (let at = 1; ; at++) {
      const { world, entries } = await begun(sizes, countedFrom(1_000, 1_000 + waiting));
      // Not even the lock keeps them apart: its connection was lost.
      world.database.locks = false;
      const [asleep, awake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let hasSlept = false;
      const ports = watched(world.ports, async (number, call) => {
        if (number === at) {
          hasSlept = true;
          asleep.resolve();
          await awake.promise;
        }
        return call();
      });
      const sleeper = world.run(ports).finally(asleep.resolve);
      await asleep.promise;
      world.database.add(counted(5_000));
      await world.run();
      world.database.add(counted(5_001));
      await world.run();
      awake.resolve();
      expect((await sleeper).outcome).toMatch(/current|overtaken/);
      await world.run();
      await expectWhole(world, [...entries, counted(5_000), counted(5_001)]);
      if (!hasSlept) break;
    }
  },
);

test("two runs at once do no harm in whatever order their calls come", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { world, entries } = await begun([seed * 5], countedFrom(5_000, 5_010));
    world.database.locks = false;
    let state = seed;
    const turns = () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % 7;
    };
    const slowly = () =>
      watched(world.ports, async (_, call) => {
        for (let left = turns(); left > 0; left--) await Promise.resolve();
        return call();
      });
    const runs = await Promise.all([world.run(slowly()), world.run(slowly())]);
    for (const { outcome } of runs) expect(outcome).toMatch(/current|overtaken/);
    world.database.add(counted(6_000));
    await world.run();
    await expectWhole(world, [...entries, counted(6_000)]);
  }
});

describe("a run stops, and changes nothing,", () => {
  const name = (path: string) => logObject(LAW.lawId, path);
  const put = (world: LogWorld, path: string, body: string | Uint8Array) =>
    world.objects.put(name(path), Buffer.from(body));
  const get = (world: LogWorld, path: string) => world.objects.objects.get(name(path)) ?? Buffer.alloc(0);
  const stranger = ed25519Pair(Buffer.alloc(32, 4));
  const signedBy = (root: Buffer, size: number, key = LOG_KEY) =>
    signNote(checkpointText({ origin: key.name, size, root }), key);

  const CHANGES: readonly (readonly [string, LogStop, (world: LogWorld) => unknown])[] = [
    ["when the store is ahead of the database", "store_ahead", (world) => forget(world, 2)],
    ["when the database is empty and the store is not", "store_ahead", (world) => forget(world, 0)],
    ["when the checkpoint is gone", "store_behind", ({ objects }) => objects.objects.delete(name("checkpoint"))],
    [
      "when an early checkpoint was put back",
      "store_behind",
      (world) => put(world, "checkpoint", get(world, "checkpoints/000000001")),
    ],
    ["when the checkpoint is unreadable", "checkpoint_differs", (world) => put(world, "checkpoint", "nothing")],
    [
      "when somebody else has signed the checkpoint",
      "checkpoint_differs",
      async (world) => {
        const key = noteSigner(LAW.origin, stranger.publicKey, stranger.privateKey);
        const { root, size } = lastOf(world);
        await put(world, "checkpoint", await signedBy(root, size, key));
      },
    ],
    [
      "when the checkpoint is one of another log",
      "checkpoint_differs",
      async (world) => {
        const { root, size } = lastOf(world);
        await put(world, "checkpoint", await signedBy(root, size, { ...LOG_KEY, name: `${LAW.origin}0` }));
      },
    ],
    [
      "when another root was signed for the same size",
      "checkpoint_differs",
      async (world) => put(world, "checkpoint", await signedBy(Buffer.alloc(32, 1), lastOf(world).size)),
    ],
    [
      "when a tile that is to be written is there with other bytes",
      "tile_differs",
      (world) => put(world, "tile/0/001.p/67", "other"),
    ],
    [
      "when a bundle that is to be written is there with other bytes",
      "tile_differs",
      (world) => put(world, "tile/entries/001.p/67", ""),
    ],
    [
      "when a checkpoint of the next epoch was kept",
      "store_ahead",
      async (world) => put(world, "checkpoints/000000004", await signedBy(Buffer.alloc(32, 1), 323)),
    ],
    [
      "when an entry in the database was changed",
      "entries_differ",
      ({ database }) => database.logEntries.splice(300, 1, counted(9_999)),
    ],
    [
      "when the root of a tile in the database was changed",
      "entries_differ",
      ({ database }) => database.roots.set("0/0", Buffer.alloc(32)),
    ],
    ["when the root of a tile in the database is gone", "entries_differ", ({ database }) => database.roots.clear()],
  ];

  test.each(CHANGES)("%s", async (_, reason, change) => {
    const { world } = await begun([300, 5, 6], countedFrom(1_000, 1_011));
    await change(world);
    const before = new Map(world.objects.objects);
    const run = await world.run();
    expect([run.outcome, run.stopped?.reason]).toEqual(["stopped", reason]);
    expect(run.stopped?.message).toMatch(/L2027-001.*\./);
    expect(world.objects.objects.get(name("checkpoint"))).toEqual(before.get(name("checkpoint")));
  });

  test("when the last committed epoch has a root that its entries do not give", async () => {
    const { world } = await begun([300], countedFrom(1_000, 1_010));
    const ports = watched(world.ports, async (_, call) => {
      // The first tile is not written.
      if (world.database.epochs.length === 2) throw new Error("cut off");
      return call();
    });
    await expect(world.run(ports)).rejects.toThrow("cut off");
    world.database.breakConnections();
    world.database.logEntries[305] = counted(9_999);
    const run = await world.run();
    expect(run.stopped?.reason).toBe("entries_differ");
    // What would have been wrong was not even written.
    expect([...world.objects.objects.keys()].filter((key) => key.includes("001.p/55"))).toEqual([]);
  });
});
