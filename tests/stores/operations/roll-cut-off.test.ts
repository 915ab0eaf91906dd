import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { MappingConsumer } from "../../../operations/queues/consumer.ts";
import { abandonLoads } from "../../../operations/roll/abandon-load.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import { type LoadRequest, loadRoll } from "../../../operations/roll/load-file.ts";
import { rebuildRoll } from "../../../operations/roll/rebuild-roll.ts";
import { PostgresMarks } from "../../../operations/roll/stores/postgres-marks.ts";
import { rollPorts } from "../../../operations/roll/stores/roll-ports.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
import { voterHash } from "../../../shared/domain/voter-hash.ts";
import { RedisClaimStore } from "../../../shared/stores/claims.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(180) });

const VOTERS = 25_000;
let stack: TestTarget;
let directory: string;
let laws = 0;

beforeAll(async () => {
  stack = await startTestTarget();
  directory = mkdtempSync(join(stack.directory, "files-"));
});
afterAll(() => stack?.stop());

interface RollFile {
  readonly path: string;
  readonly last: { readonly nas: string; readonly code: string };
}

function newFile(name: string, voters = VOTERS): RollFile {
  const text = [...credentialLines(voters)].join("");
  const path = join(directory, name);
  writeFileSync(path, text);
  const [nas = "", code = ""] = text.trim().split("\n").at(-1)?.split(",") ?? [];
  return { path, last: { nas, code } };
}

async function newLaw(): Promise<Law> {
  return addReadyLaw(stack.target, { lawId: `cut-${++laws}`, title: "A law" });
}

function load(law: Law, file: RollFile, more: Partial<LoadRequest> = {}) {
  return loadRoll(stack.target, { laws: [law.lawId], source: file.path, ...more });
}

/** A load that ends after its first piece, by whatever is done to it then. */
async function cutOff(law: Law, file: RollFile, harm: (controller: AbortController) => void = (it) => it.abort()) {
  const controller = new AbortController();
  let isHarmed = false;
  const onProgress = () => {
    if (isHarmed) return;
    isHarmed = true;
    harm(controller);
  };
  await expect(load(law, file, { signal: controller.signal, onProgress })).rejects.toThrow();
}

/** What `validate` decides about a vote. */
async function claim({ lawId }: Law, { nas, code }: RollFile["last"], id = 1) {
  const [result] = await new RedisClaimStore(stack.target.redis).claim([
    { lawId, voterHash: voterHash(nas, code, lawId).toString("hex"), id: Buffer.alloc(16, id) },
  ]);
  return result?.kind === "decided" ? result.decision : result?.why;
}

async function rollOf({ lawId }: Law) {
  const [roll] = await countRolls(stack.target, [lawId]);
  if (roll === undefined) throw new Error("the law has no count");
  return roll;
}

const mapping = () => new MappingConsumer(stack.target.lambda, "validate");
const rebuild = (law: Law, signal?: AbortSignal) =>
  rebuildRoll({ ...rollPorts(stack.target), outcomesRecorded: async () => true }, [law], { signal });

describe("a load that is cut off", () => {
  test("lets the votes of its voters wait, says where it stopped, and is completed by the same file", async () => {
    const law = await newLaw();
    const file = newFile("members.csv");
    stack.mappingHistory.length = 0;
    await cutOff(law, file);
    expect(stack.mappingHistory).toEqual(["paused", "resumed"]);
    const roll = await rollOf(law);
    expect(roll).toMatchObject({
      complete: false,
      unfinished: [{ kind: "load", sourceName: "members.csv", isRunning: false }],
    });
    expect(roll.unfinished[0]?.linesDone).toBe(roll.postgresql + 1);
    expect(await claim(law, file.last)).toBe("roll_not_loaded");
    const { advice } = checkLedger(await readLedger(stack.target, { laws: [law.lawId] }));
    expect(advice).toEqual([expect.stringMatching(/not complete.*a load of members.csv stopped at line [\d,]+$/)]);

    expect((await load(law, file)).laws).toMatchObject([{ voters: VOTERS, complete: true, unfinished: [] }]);
    expect(await rollOf(law)).toMatchObject({ postgresql: VOTERS, redis: VOTERS, complete: true, unfinished: [] });
    expect(await claim(law, file.last)).toBe("accepted");
  });

  test("is not completed by another file, by a rebuild, or by a part of itself", async () => {
    const law = await newLaw();
    const [first, second] = [newFile("first.csv"), newFile("second.csv", 10)];
    await cutOff(law, first);
    expect((await load(law, second)).laws).toMatchObject([{ loaded: 10, complete: false }]);
    expect(await claim(law, second.last)).toBe("roll_not_loaded");
    expect(await rebuild(law)).toMatchObject([{ complete: false, unfinished: [{ sourceName: "first.csv" }] }]);
    expect(await claim(law, first.last)).toBe("roll_not_loaded");
    await load(law, first);
    expect(await claim(law, second.last)).toBe("accepted");
    expect(await claim(law, first.last)).toBe("accepted");
  });

  test("of two files must be repeated for both", async () => {
    const law = await newLaw();
    const [first, second] = [newFile("one.csv"), newFile("two.csv")];
    await cutOff(law, first);
    await cutOff(law, second);
    expect((await load(law, second)).laws).toMatchObject([
      { complete: false, unfinished: [{ sourceName: "one.csv" }] },
    ]);
    expect((await load(law, first)).laws).toMatchObject([{ complete: true }]);
  });

  test("of a law with votes lets every vote of it wait, even those of voters loaded before", async () => {
    const law = await newLaw();
    const before = newFile("before.csv", 5);
    await load(law, before);
    expect(await claim(law, before.last)).toBe("accepted");
    const more = newFile("more.csv");
    await cutOff(law, more);
    expect([await claim(law, before.last), await claim(law, more.last)]).toEqual([
      "roll_not_loaded",
      "roll_not_loaded",
    ]);
    await load(law, more);
    expect([await claim(law, before.last), await claim(law, before.last, 2)]).toEqual(["accepted", "duplicate"]);
  });

  test.each<
    [string, (target: TestTarget["target"]) => Promise<unknown>, (target: TestTarget["target"]) => Promise<unknown>]
  >([
    [
      "PostgreSQL ends its sessions",
      ({ pool }) =>
        pool.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'referendum-command' and pid <> pg_backend_pid()",
        ),
      async () => undefined,
    ],
    [
      "Redis takes no more voters",
      ({ redis }) => redis.config("SET", "maxmemory", "1mb"),
      ({ redis }) => redis.config("SET", "maxmemory", "0"),
    ],
  ])("because %s: the same holds", async (name, harm, mend) => {
    const law = await newLaw();
    const file = newFile("harmed.csv", 100_000);
    const harms: Promise<unknown>[] = [];
    await cutOff(law, file, () => void harms.push(harm(stack.target)));
    await Promise.allSettled(harms);
    await mend(stack.target);
    expect(await rollOf(law), name).toMatchObject({ complete: false, unfinished: [{ sourceName: "harmed.csv" }] });
    expect(await claim(law, file.last)).toBe("roll_not_loaded");
    expect(await mapping().state()).toBe("Enabled");
    const [again] = (await load(law, file)).laws;
    // Redis may lack what PostgreSQL had taken before; the file brings it.
    expect(again).toMatchObject({ voters: 100_000, cached: 100_000, complete: true });
  });

  test("because the file was changed under it: the load does not count as done", async () => {
    const law = await newLaw();
    const file = newFile("changing.csv", 100_000);
    const onProgress = () => writeFileSync(file.path, [...credentialLines(100_000)].join(""));
    await expect(load(law, file, { onProgress })).rejects.toThrow(/changing.csv was changed while it was loaded/);
    expect(await rollOf(law)).toMatchObject({ complete: false });
  });

  test("can be abandoned by a person who says how many voters the roll has", async () => {
    const law = await newLaw();
    const file = newFile("wrong.csv");
    await cutOff(law, file);
    const { postgresql } = await rollOf(law);
    await expect(abandonLoads(stack.target, law.lawId, VOTERS)).rejects.toThrow(
      `The roll of ${law.lawId} has ${postgresql} voters, not ${VOTERS}; nothing was changed.`,
    );
    expect(await claim(law, file.last)).toBe("roll_not_loaded");
    expect(await abandonLoads(stack.target, law.lawId, postgresql)).toMatchObject({
      voters: postgresql,
      complete: true,
    });
    expect(await claim(law, file.last)).toBe("invalid");
    await expect(abandonLoads(stack.target, law.lawId, postgresql)).rejects.toThrow(/No load of .* has stopped/);
  });

  test("has changed nothing if its file had no voter, or if it was interrupted while it read the file", async () => {
    const law = await newLaw();
    const before = newFile("good.csv", 5);
    await load(law, before);
    stack.mappingHistory.length = 0;
    const empty = { ...before, path: join(directory, "empty.csv") };
    writeFileSync(empty.path, "nas,code\r\n");
    await expect(load(law, empty)).rejects.toThrow("There is no voter in empty.csv; nothing was changed.");
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(load(law, newFile("big.csv"), { signal })).rejects.toThrow("interrupted");
    expect(stack.mappingHistory).toEqual([]);
    expect(await rollOf(law)).toMatchObject({ postgresql: 5, complete: true, unfinished: [] });
  });

  test("is also reported while it is under way", async () => {
    const law = await newLaw();
    const seen: Promise<unknown>[] = [];
    await load(law, newFile("running.csv"), { onProgress: () => void seen.push(rollOf(law)) });
    expect(await seen[0]).toMatchObject({ unfinished: [{ kind: "load", sourceName: "running.csv", isRunning: true }] });
  });
});

describe("a rebuild that is cut off", () => {
  test("leaves the roll incomplete, and no load makes it complete: the claims may be stale", async () => {
    const law = await newLaw();
    const file = newFile("voters.csv", 20);
    await load(law, file);
    // A claim that PostgreSQL knows nothing of, as after a restored database.
    expect(await claim(law, file.last, 9)).toBe("accepted");
    await expect(rebuild(law, AbortSignal.abort(new Error("interrupted")))).rejects.toThrow("interrupted");
    expect(await rollOf(law)).toMatchObject({ complete: false, unfinished: [{ kind: "rebuild", isRunning: false }] });
    expect((await load(law, file)).laws).toMatchObject([{ known: 20, complete: false }]);
    expect(await claim(law, file.last)).toBe("roll_not_loaded");
    expect(await rebuild(law)).toMatchObject([{ voters: 20, complete: true }]);
    expect(await claim(law, file.last)).toBe("accepted");
  });

  test("of a law without a roll lets its votes wait, because an empty roll is not a roll", async () => {
    const law = await newLaw();
    expect(await rebuild(law)).toMatchObject([{ voters: 0, complete: false }]);
    expect(await claim(law, { nas: "123456789", code: "ABCDEF" })).toBe("roll_not_loaded");
  });

  test("of more laws than a command has connections does not wait for itself", async () => {
    const many = await Promise.all(Array.from({ length: 6 }, newLaw));
    const ports = { ...rollPorts(stack.target), outcomesRecorded: async () => true };
    expect(await rebuildRoll(ports, many)).toHaveLength(6);
  });
});

describe("validate", () => {
  test("stays disabled when a person had disabled it, whether the work ends whole or not", async () => {
    const law = await newLaw();
    const file = newFile("paused.csv");
    await mapping().pause();
    stack.mappingHistory.length = 0;
    await cutOff(law, file);
    expect((await load(law, file)).laws).toMatchObject([{ complete: true, validate: "disabled_before" }]);
    expect(await rebuild(law)).toMatchObject([{ validate: "disabled_before" }]);
    expect(stack.mappingHistory).toEqual([]);
    await mapping().resume();
  });

  test("goes on after the next work when work that had paused it was killed", async () => {
    const law = await newLaw();
    // A killed load leaves the mapping disabled, and its note.
    const marks = new PostgresMarks(stack.target.pool);
    await marks.notePause();
    await mapping().pause();
    await marks.confirmPause(await mapping().lastChange());
    expect((await load(law, newFile("after.csv", 5))).laws).toMatchObject([{ validate: "fed" }]);
    expect(await mapping().state()).toBe("Enabled");
    expect(await marks.pauseNote()).toBeUndefined();
  });

  test("stays paused by a person although a restored backup brings back the note of work that had paused it", async () => {
    const law = await newLaw();
    const marks = new PostgresMarks(stack.target.pool);
    await mapping().pause();
    await marks.notePause();
    await marks.confirmPause(await mapping().lastChange());
    // That work went on; later a person disables it, and the database is restored to the moment of the note.
    await mapping().resume();
    await mapping().pause();
    expect((await load(law, newFile("restored.csv", 5))).laws).toMatchObject([{ validate: "disabled_before" }]);
    expect(await mapping().state()).toBe("Disabled");
    expect(await marks.pauseNote()).toBeUndefined();
    // Another load knows no more of it.
    expect(await rebuild(law)).toMatchObject([{ validate: "disabled_before" }]);
    await mapping().resume();
  });

  test("goes on when the last of two pieces of work at the same time has ended", async () => {
    const [one, other] = [await newLaw(), await newLaw()];
    const right = await rollPorts(stack.target).database.lock([one.lawId]);
    try {
      const { laws: loaded } = await load(other, newFile("inner.csv", 5));
      expect(loaded).toMatchObject([{ complete: true, validate: "others_at_work" }]);
      expect(await mapping().state()).toBe("Disabled");
    } finally {
      await right.giveBack();
    }
    expect((await load(one, newFile("last.csv", 5))).laws).toMatchObject([{ validate: "fed" }]);
    expect(await mapping().state()).toBe("Enabled");
  });
});
