import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { readLedger } from "../../../operations/ledger/read.ts";
import { abandonLoads } from "../../../operations/roll/abandon-load.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import { type LoadRequest, loadRoll } from "../../../operations/roll/load-file.ts";
import { sealRoll } from "../../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import type { Law } from "../../../shared/domain/law.ts";
import { checkLedger } from "../../../shared/domain/ledger.ts";
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
}

function newFile(name: string, voters = VOTERS): RollFile {
  const text = [...credentialLines(voters)].join("");
  const path = join(directory, name);
  writeFileSync(path, text);
  return { path };
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

async function rollOf({ lawId }: Law) {
  const [roll] = await countRolls(stack.target, [lawId]);
  if (roll === undefined) throw new Error("the law has no count");
  return roll;
}

const seal = ({ lawId }: Law, voters: number) => sealRoll(stack.target, stepPorts(stack.target), lawId, voters);

describe("a load that is cut off", () => {
  test("says where it stopped, keeps the roll from being sealed, and is completed by the same file", async () => {
    const law = await newLaw();
    const file = newFile("members.csv");
    await cutOff(law, file);
    const roll = await rollOf(law);
    expect(roll).toMatchObject({
      complete: false,
      unfinished: [{ kind: "load", sourceName: "members.csv", isRunning: false }],
    });
    expect(roll.unfinished[0]?.linesDone).toBe(roll.postgresql + 1);
    const { advice } = checkLedger(await readLedger(stack.target, { laws: [law.lawId] }));
    expect(advice).toEqual([expect.stringMatching(/not complete.*a load of members.csv stopped at line [\d,]+$/)]);
    await expect(seal(law, roll.postgresql)).rejects.toThrow(/a load of members.csv .* Nothing was changed/);

    expect((await load(law, file)).laws).toMatchObject([{ voters: VOTERS, unfinished: [] }]);
    await seal(law, VOTERS);
    expect(await rollOf(law)).toMatchObject({ postgresql: VOTERS, redis: VOTERS, complete: true, unfinished: [] });
  });

  test("of two files must be repeated for both, and not for another one", async () => {
    const law = await newLaw();
    const [first, second, third] = [newFile("one.csv"), newFile("two.csv"), newFile("three.csv", 10)];
    await cutOff(law, first);
    await cutOff(law, second);
    expect((await load(law, third)).laws).toMatchObject([
      { loaded: 10, unfinished: [{ sourceName: "two.csv" }, { sourceName: "one.csv" }] },
    ]);
    expect((await load(law, second)).laws).toMatchObject([{ unfinished: [{ sourceName: "one.csv" }] }]);
    expect((await load(law, first)).laws).toMatchObject([{ unfinished: [] }]);
  });

  test("because PostgreSQL ends its sessions: the same holds", async () => {
    const law = await newLaw();
    const file = newFile("harmed.csv", 100_000);
    const harms: Promise<unknown>[] = [];
    const { pool } = stack.target;
    const harm = () =>
      pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'referendum-command' and pid <> pg_backend_pid()",
      );
    await cutOff(law, file, () => void harms.push(harm()));
    await Promise.allSettled(harms);
    expect(await rollOf(law)).toMatchObject({ unfinished: [{ sourceName: "harmed.csv" }] });
    expect((await load(law, file)).laws).toMatchObject([{ voters: 100_000, unfinished: [] }]);
  });

  test("because the file was changed under it: the load does not count as done", async () => {
    const law = await newLaw();
    const file = newFile("changing.csv", 100_000);
    const onProgress = () => writeFileSync(file.path, [...credentialLines(100_000)].join(""));
    await expect(load(law, file, { onProgress })).rejects.toThrow(/changing.csv was changed while it was loaded/);
    expect(await rollOf(law)).toMatchObject({ unfinished: [{ sourceName: "changing.csv" }] });
  });

  test("can be abandoned by a person who says how many voters the roll has", async () => {
    const law = await newLaw();
    await cutOff(law, newFile("wrong.csv"));
    const { postgresql } = await rollOf(law);
    await expect(abandonLoads(stack.target, law.lawId, VOTERS)).rejects.toThrow(
      `The roll of ${law.lawId} has ${postgresql} voters, not ${VOTERS}; nothing was changed.`,
    );
    expect(await abandonLoads(stack.target, law.lawId, postgresql)).toEqual({
      lawId: law.lawId,
      voters: postgresql,
      unfinished: [],
    });
    await expect(abandonLoads(stack.target, law.lawId, postgresql)).rejects.toThrow(/No load of .* has stopped/);
    await seal(law, postgresql);
    expect(await rollOf(law)).toMatchObject({ complete: true });
  });

  test("has changed nothing if its file had no voter, or if it was interrupted while it read the file", async () => {
    const law = await newLaw();
    const before = newFile("good.csv", 5);
    await load(law, before);
    const empty = { ...before, path: join(directory, "empty.csv") };
    writeFileSync(empty.path, "nas,code\r\n");
    await expect(load(law, empty)).rejects.toThrow("There is no voter in empty.csv; nothing was changed.");
    const signal = AbortSignal.abort(new Error("interrupted"));
    await expect(load(law, newFile("big.csv"), { signal })).rejects.toThrow("interrupted");
    expect(await rollOf(law)).toMatchObject({ postgresql: 5, unfinished: [] });
  });

  test("is also reported while it is under way", async () => {
    const law = await newLaw();
    const seen: Promise<unknown>[] = [];
    await load(law, newFile("running.csv"), { onProgress: () => void seen.push(rollOf(law)) });
    await Promise.all(seen);
    expect(await seen[0]).toMatchObject({ unfinished: [{ kind: "load", sourceName: "running.csv", isRunning: true }] });
  });
});
