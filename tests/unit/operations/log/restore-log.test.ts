import { describe, expect, test } from "vitest";
import { logObject } from "../../../../operations/log/log-objects.ts";
import type { LogStop } from "../../../../operations/log/log-stopped.ts";
import { restoreLog } from "../../../../operations/log/restore-log.ts";
import type { LogTables, SetStatus } from "../../../../proving/simulation/models/log-tables.ts";
import { checkpointText } from "../../../../shared/domain/log/checkpoint.ts";
import type { DescribedLaw } from "../../../../shared/domain/log/description.ts";
import { type LeafStatus, readEntry, submissionEntry } from "../../../../shared/domain/log/leaf.ts";
import { signNote } from "../../../../shared/domain/log/note.ts";
import { counted, countedFrom, LAW, LOG_KEY, LogWorld, watched } from "../../../support/log/log-world.ts";
import { filesIn, readPublishedLog } from "../../../support/log/published-log.ts";

const DESCRIBED: DescribedLaw = {
  ...{ lawId: LAW.lawId, origin: LAW.origin, form: "open", title: "A law", titles: {}, proof: "none" },
  ...{ opensAt: "2027-05-01T08:00:00.000Z", results: "live", promiseKeys: [], roll: { voters: 9, digest: "a" } },
};

const name = (path: string) => logObject(LAW.lawId, path);
const published = (world: LogWorld) => readPublishedLog(filesIn(world.objects, LAW.lawId), LOG_KEY);
const hex = (entries: readonly Buffer[]) => entries.map((entry) => entry.toString("hex"));
const restore = (world: LogWorld, ports = world.ports, isOver = () => false) => restoreLog(ports, LAW, isOver);

function act(world: LogWorld, number: number): void {
  const said = { at: "2027-05-01T09:00:00.000Z", act: "freeze-law", phase: "done", lawId: LAW.lawId, by: "b" };
  world.database.journal.push({ number, ...said, roleName: "", approvedBy: null, content: "{}" });
}

/** A published log of some epochs, and what the database was after each of them. */
async function begun(sizes: readonly number[]): Promise<{ world: LogWorld; backups: LogTables[]; entries: Buffer[] }> {
  const world = new LogWorld();
  world.database.described = DESCRIBED;
  const backups = [world.database.copy()];
  const entries: Buffer[] = [];
  for (const [at, size] of sizes.entries()) {
    act(world, at + 1);
    const more = countedFrom(1_000 * at, 1_000 * at + size);
    entries.push(...more);
    // What the next epoch will take waits in the backup.
    const [before, after] = [more.slice(0, size / 2), more.slice(size / 2)];
    world.database.add(...before);
    backups.push(world.database.copy());
    world.database.add(...after);
    await world.run();
    backups.push(world.database.copy());
  }
  return { world, backups, entries };
}

/** PostgreSQL becomes what it was, and the journal is brought back. */
function takeBack({ database }: LogWorld, backup: LogTables | undefined): void {
  if (backup === undefined) throw new Error("there is no such backup");
  Object.assign(database, backup.copy());
  database.breakConnections();
}

/** Every submission is in the log once, and the database has what is published. */
async function expectWhole(world: LogWorld, submissions: readonly Buffer[]): Promise<void> {
  const log = await published(world);
  const said = log.entries.filter((entry) => readEntry(entry)?.kind === "submission");
  expect(hex(said).sort()).toEqual(hex(submissions).sort());
  expect(new Set(hex(log.entries)).size).toBe(log.entries.length);
  expect(hex(world.database.logEntries)).toEqual(hex(log.entries));
  expect(world.database.waitingEntries).toEqual([]);
  const lines = Buffer.from(world.objects.objects.get(name("journal.ndjson")) ?? []).toString();
  expect(lines).toBe(world.database.texts.map(({ text }) => `${text}\n`).join(""));
}

describe("a log that is brought back", () => {
  test("goes on after what is published, whatever the moment of the backup", async () => {
    const { world, backups, entries } = await begun([300, 2, 700, 256]);
    const checkpoint = world.objects.objects.get(name("checkpoint"));
    for (const backup of backups.slice(0, -1)) {
      takeBack(world, backup);
      const isAhead = (backup.epochs.at(-1)?.number ?? 0) < 4;
      if (isAhead) expect((await world.run()).stopped?.reason).toBe("store_ahead");
      expect(await restore(world)).toMatchObject({ outcome: "restored", epochs: 4 - backup.epochs.length });
      expect(world.objects.objects.get(name("checkpoint"))).toEqual(checkpoint);
      expect(await world.run()).toMatchObject({ outcome: "current", epochs: 0 });
      await expectWhole(world, entries);
      expect(await restore(world)).toMatchObject({ outcome: "restored", epochs: 0, entries: 0 });
    }
    act(world, 9);
    world.database.add(counted(9_000));
    expect(await world.run()).toMatchObject({ epochs: 1 });
    await expectWhole(world, [...entries, counted(9_000)]);
  });

  test.each([
    ["before it", false],
    ["after it", true],
  ])("is brought back by the next try after a crash at any call, %s", async (_, after) => {
    for (let at = 1; ; at++) {
      const { world, backups, entries } = await begun([300, 4]);
      takeBack(world, backups[1]);
      let wasReached = false;
      const ports = watched(world.ports, async (number, call) => {
        if (number < at) return call();
        wasReached = true;
        if (number === at && after) await call();
        throw new Error("cut off");
      });
      await restore(world, ports).catch(() => undefined);
      if (!wasReached) break;
      world.database.breakConnections();
      await world.run();
      expect(await restore(world)).toMatchObject({ outcome: "restored" });
      expect(await world.run()).toMatchObject({ outcome: "current", epochs: 0 });
      await expectWhole(world, entries);
    }
  });

  test("comes back in parts, and waits for whoever has the lock", async () => {
    const { world, backups } = await begun([4, 4, 4]);
    takeBack(world, backups[0]);
    const other = await world.database.begin(LAW.lawId);
    expect(await restore(world)).toMatchObject({ outcome: "busy" });
    await other?.release();
    let looks = 0;
    const afterTwo = () => ++looks > 2;
    expect(await restore(world, world.ports, afterTwo)).toMatchObject({ outcome: "out_of_time", epochs: 2 });
    expect((await world.run()).stopped?.reason).toBe("store_ahead");
    expect(await restore(world)).toMatchObject({ outcome: "restored", epochs: 1 });
  });

  test("has an epoch that was signed and not published", async () => {
    const { world, backups, entries } = await begun([4, 4]);
    const early = Buffer.from(world.objects.objects.get(name("checkpoints/000000001")) ?? []);
    await world.objects.put(name("checkpoint"), early);
    takeBack(world, backups[2]);
    act(world, 3);
    world.database.add(counted(9_000));
    expect((await world.run()).stopped?.reason).toBe("store_ahead");
    expect(await restore(world)).toMatchObject({ epochs: 1 });
    expect(await world.run()).toMatchObject({ outcome: "current", epochs: 2 });
    await expectWhole(world, [...entries, counted(9_000)]);
  });

  test("replaces tiles of an epoch that was never signed", async () => {
    const { world, backups, entries } = await begun([4, 4]);
    for (const path of ["checkpoint", "checkpoints/000000002"]) world.objects.objects.delete(name(path));
    await world.objects.put(
      name("checkpoint"),
      Buffer.from(world.objects.objects.get(name("checkpoints/000000001")) ?? []),
    );
    takeBack(world, backups[2]);
    // As many entries as there were, and others.
    world.database.add(...countedFrom(9_000, 9_004));
    expect((await world.run()).stopped?.reason).toBe("tile_differs");
    expect(await restore(world)).toMatchObject({ epochs: 0 });
    expect(await world.run()).toMatchObject({ outcome: "current" });
    await expectWhole(world, [...entries.slice(0, 4), ...countedFrom(9_000, 9_004)]);
    // What a checkpoint covers is never replaced.
    const last = world.database.epochs.at(-1);
    await world.objects.put(name(`tile/0/000.p/${last?.size}`), Buffer.alloc(32));
    await world.objects.put(
      name("checkpoint"),
      Buffer.from(world.objects.objects.get(name("checkpoints/000000001")) ?? []),
    );
    expect((await world.run()).stopped?.reason).toBe("tile_differs");
  });
});

describe("it is refused, and the log stays as it was,", () => {
  const put = (world: LogWorld, path: string, body: string | Uint8Array) =>
    world.objects.put(name(path), Buffer.from(body));
  const textOf = (world: LogWorld, path: string) => Buffer.from(world.objects.objects.get(name(path)) ?? []).toString();
  const CASES: readonly (readonly [string, LogStop, (world: LogWorld) => unknown])[] = [
    [
      "when the database has gone another way",
      "checkpoint_differs",
      ({ database }) => {
        const [first] = database.epochs;
        if (first !== undefined) database.epochs = [{ ...first, root: Buffer.alloc(32, 1) }];
      },
    ],
    [
      "when a checkpoint is not of this log",
      "checkpoint_differs",
      async (world) => put(world, "checkpoints/000000002", await signNote("x\n", LOG_KEY)),
    ],
    [
      "when a checkpoint has another root",
      "entries_differ",
      async (world) => {
        const text = checkpointText({ origin: LAW.origin, size: 10, root: Buffer.alloc(32) });
        await put(world, "checkpoints/000000002", await signNote(text, LOG_KEY));
      },
    ],
    [
      "when checkpoints do not extend one another",
      "entries_differ",
      (world) => put(world, "checkpoints/000000002", textOf(world, "checkpoints/000000001")),
    ],
    [
      "when a checkpoint is gone",
      "store_behind",
      ({ objects }) => objects.objects.delete(name("checkpoints/000000002")),
    ],
    ["when a bundle is gone", "entries_differ", ({ objects }) => objects.objects.delete(name("tile/entries/000.p/11"))],
    ["when a bundle was changed", "entries_differ", (world) => put(world, "tile/entries/000.p/11", "x")],
    ["when a tile was changed", "tile_differs", (world) => put(world, "tile/0/000.p/11", "x")],
    ["when the journal is not back", "journal_differs", ({ database }) => database.journal.pop()],
    [
      "when the published journal was changed",
      "text_differs",
      (world) => put(world, "journal.ndjson", textOf(world, "journal.ndjson").replaceAll("freeze", "settle")),
    ],
    [
      "when the published journal was cut off",
      "entries_differ",
      (world) => put(world, "journal.ndjson", `${textOf(world, "journal.ndjson").split("\n")[0]}\n`),
    ],
    ["when the roll is not back", "roll_differs", ({ database }) => (database.described = undefined)],
    [
      "when the roll is another one",
      "roll_differs",
      ({ database }) => (database.described = { ...DESCRIBED, roll: { voters: 9, digest: "b" } }),
    ],
    [
      "when a description is not signed",
      "text_differs",
      (world) => put(world, "description.1", textOf(world, "description.1").replace("A law", "B law")),
    ],
  ];

  test.each(CASES)("%s", async (_, reason, change) => {
    const { world, backups } = await begun([4, 4]);
    takeBack(world, backups[2]);
    await change(world);
    const before = world.database.copy();
    await expect(restore(world)).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(/L2027-001.*(Keep|Restore|Put|Bring).*\.$/),
    });
    expect(world.database.logEntries).toEqual(before.logEntries);
    expect(world.database.epochs).toEqual(before.epochs);
    expect(world.database.restores).toEqual([]);
  });
});

describe("what the restored database says of a submission of which the log knows more", () => {
  const ENVELOPES = ["e".repeat(64), "f".repeat(64)] as const;
  const status = (of: string, said: LeafStatus, envelopeSha256: string | undefined = ENVELOPES[0]): SetStatus => ({
    requestId: of,
    envelopeSha256,
    status: said,
  });

  /** A log that says some statuses, epoch by epoch, in a database that was taken back to before all but the first. */
  async function restored(...said: readonly (readonly SetStatus[])[]): Promise<LogWorld> {
    const world = new LogWorld();
    world.database.described = DESCRIBED;
    await world.run();
    const backup = world.database.copy();
    for (const statuses of said) {
      world.database.enterStatuses(statuses);
      await world.run();
    }
    takeBack(world, backup);
    return world;
  }

  /** What the log says of a submission, in its order. */
  async function saidOf(world: LogWorld, requestId: string): Promise<string[]> {
    await world.run();
    const request = submissionEntry(requestId, undefined, "lost").subarray(1, 33);
    return (await published(world)).entries.flatMap((entry) => {
      const leaf = readEntry(entry);
      if (leaf?.kind !== "submission" || !leaf.request.equals(request)) return [];
      return [`${leaf.status} ${ENVELOPES.findIndex((one) => leaf.envelope.equals(Buffer.from(one, "hex")))}`];
    });
  }

  test.each<readonly [string, LeafStatus[], SetStatus[], string[]]>([
    ["the same: once", ["counted"], [status("a", "counted")], ["counted 0"]],
    ["less: it is lost, and rises again", ["counted"], [status("a", "invalid")], ["counted 0", "lost 0", "invalid 0"]],
    ["more: it rises", ["invalid"], [status("a", "counted")], ["invalid 0", "counted 0"]],
    [
      "another envelope: the first one is lost",
      ["counted"],
      [status("a", "counted", ENVELOPES[1])],
      ["counted 0", "lost 0", "counted 1"],
    ],
    ["what stands beside, once", ["counted", "repeated"], [status("a", "repeated")], ["counted 0", "repeated 0"]],
    ["nothing", ["duplicate"], [], ["duplicate 0"]],
  ])("%s", async (_, before, after, expected) => {
    for (const isEarly of [false, true]) {
      const world = await restored(...before.map((one) => [status("a", one)]));
      // Votes may be recorded before the log is back.
      if (isEarly) world.database.enterStatuses(after);
      await restore(world);
      if (!isEarly) world.database.enterStatuses(after);
      expect((await saidOf(world, "a")).toSorted()).toEqual(expected.toSorted());
      world.database.enterStatuses(after);
      expect(await saidOf(world, "a")).toHaveLength(expected.length);
    }
  });

  test("lost, and counted again, and lost by another restore", async () => {
    const world = await restored([status("a", "counted")], [status("b", "duplicate")]);
    await restore(world);
    for (const requestId of ["a", "b", "c"]) world.database.enterLost({ requestId, envelopeSha256: ENVELOPES[0] });
    world.database.enterLost({ requestId: "a", envelopeSha256: undefined });
    world.database.enterStatuses([status("a", "counted")]);
    expect(await saidOf(world, "a")).toEqual(["counted 0", "lost 0", "counted 0"]);
    expect(await saidOf(world, "b")).toEqual(["duplicate 0", "lost 0"]);
    expect(await saidOf(world, "c")).toEqual(["lost 0"]);
    // Both come before the next run: they are of two epochs, because entries of one are sorted.
    world.database.enterStatuses([status("c", "duplicate")]);
    world.database.enterLost({ requestId: "c", envelopeSha256: ENVELOPES[0] });
    expect(await saidOf(world, "c")).toEqual(["lost 0", "duplicate 0", "lost 0"]);
  });
});
