import { createReadStream, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { existingLaws } from "../../../operations/laws/existing-laws.ts";
import { withRight } from "../../../operations/roll/change.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { loadRoll } from "../../../operations/roll/load-file.ts";
import { sealRoll } from "../../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import { rollPorts } from "../../../operations/roll/stores/roll-ports.ts";
import { writeSampleCredentials } from "../../../places/sample-credentials.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { writeLaw } from "../../support/write-law.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

let stack: TestTarget;
beforeAll(async () => {
  stack = await startTestTarget();
});
afterAll(() => stack?.stop());

async function newLaw(lawId: string) {
  return addReadyLaw(stack.target, { lawId, title: `The law ${lawId}` });
}

function load(lawIds: readonly string[], ...lines: string[]) {
  return loadRoll(stack.target, { laws: lawIds, source: Readable.from(lines.map((line) => `${line}\n`)) });
}

describe("loading a roll", () => {
  test("puts voters into PostgreSQL; Redis gets them when the roll is sealed", async () => {
    await newLaw("load-1");
    const file = join(stack.directory, "load-1.csv");
    await writeSampleCredentials(file, 25_000);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    stack.mappingHistory.length = 0;

    const summary = await loadRoll(stack.target, { laws: ["load-1"], source: createReadStream(file) });

    expect(summary).toMatchObject({ voters: 25_000, bad: 0 });
    expect(summary.laws).toMatchObject([{ lawId: "load-1", loaded: 25_000, known: 0, voters: 25_000 }]);
    const draft = { law_id: "load-1", postgresql: 25_000, redis: 0, digest: null, complete: false, unfinished: [] };
    expect(await countRolls(stack.target, ["load-1"])).toEqual([draft]);
    await sealRoll(stack.target, stepPorts(stack.target), "load-1", 25_000);
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(await countRolls(stack.target, ["load-1"])).toEqual([{ ...draft, redis: 25_000, digest, complete: true }]);
    expect(stack.mappingHistory, "no vote is decided before, so validate need not stop").toEqual([]);
  });

  test("changes nothing when it is repeated, and adds new voters", async () => {
    await newLaw("load-2");
    await load(["load-2"], "nas,code", "100000001,AAAAAA", "100000002,BBBBBB");
    const again = await load(["load-2"], "100000001,AAAAAA", "100 000 002,BBBBBB", "100000003,CCCCCC");
    expect(again.laws).toMatchObject([{ loaded: 1, known: 2, conflicts: 0, voters: 3 }]);
  });

  test("reports bad lines by number and reason, never by content, and loads the rest", async () => {
    await newLaw("load-4");
    const summary = await load(
      ["load-4"],
      "\ufeffNAS;code\r",
      "100000001,AAAAAA\r",
      "",
      "12345678,BBBBBB",
      '"100000002","CCCCCC"',
      'a stray " quote',
      "100000003,short",
      "100000004,DDDDDD,extra",
      "100000001,ZZZZZZ",
      "100000005;EEEEEE",
    );
    expect(summary.laws).toMatchObject([{ loaded: 3, conflicts: 1 }]);
    expect(summary.badLines).toEqual([
      { line: 4, kind: "nas_8_digits", reason: "the nas has 8 digits" },
      { line: 6, kind: "columns", reason: "must have two columns: nas,code" },
      {
        line: 7,
        kind: "code_malformed",
        reason: "the code must be 6 to 32 letters and digits; case matters",
      },
      { line: 8, kind: "columns", reason: "must have two columns: nas,code" },
      { line: 9, kind: "second_code", reason: "this nas is on the roll of load-4 under another code" },
    ]);
    expect(JSON.stringify(summary.badLines)).not.toMatch(/12345678|ZZZZZZ|short/);
  });

  test("accounts for every line of each load, for each law: loaded, already there or refused", async () => {
    await newLaw("load-11a");
    await newLaw("load-11b");
    await load(["load-11b"], "100000009,OTHERS");
    const lines = [
      "nas;code;",
      "100000001;AAAAAA;",
      "100000001;AAAAAA;",
      "100000001;BBBBBB;",
      "1;CCCCCC;",
      "",
      "100000009;DDDDDD;",
    ];
    for (const _ of ["first", "again"]) {
      const { lines: all, laws } = await load(["load-11a", "load-11b"], ...lines);
      expect(all).toBe(5);
      for (const { loaded, known, refused } of laws) expect(loaded + known + refused).toBe(all);
    }
    const again = await load(["load-11a", "load-11b"], ...lines);
    expect(again.laws).toMatchObject([
      { loaded: 0, known: 3, refused: 2, voters: 2 },
      { loaded: 0, known: 2, refused: 3, voters: 2 },
    ]);
    expect(again.faults).toMatchObject([
      { kind: "second_code", count: 3 },
      { kind: "nas_too_short", count: 1, lines: [5] },
    ]);
  });

  test("refuses a second code for a nas that was loaded before", async () => {
    await newLaw("load-5");
    await load(["load-5"], "100000001,AAAAAA");
    const second = await load(["load-5"], "100000002,BBBBBB", "100-000-001,CCCCCC");
    expect(second).toMatchObject({ bad: 1, badLines: [{ line: 2 }] });
    expect(second.laws).toMatchObject([{ loaded: 1, conflicts: 1, voters: 2 }]);
  });

  test("fills several laws at once, each with different hashes", async () => {
    await newLaw("load-6a");
    await addReadyLaw(stack.target, { lawId: "load-6b", title: "With pepper", pepper: true });
    const summary = await load(["load-6a", "load-6b", "load-6a"], "100000001,AAAAAA", "100000002,BBBBBB");
    expect(summary.laws.map((law) => [law.lawId, law.loaded])).toEqual([
      ["load-6a", 2],
      ["load-6b", 2],
    ]);
    const { rows } = await stack.target.pool.query(
      "select count(distinct voter_hash) as hashes from voter_roll where law_id in ('load-6a', 'load-6b')",
    );
    expect(rows).toEqual([{ hashes: "4" }]);
    await sealRoll(stack.target, stepPorts(stack.target), "load-6b", 2);
    const meta = await new RedisRoll(stack.target.redis).meta("load-6b");
    expect(meta).toMatchObject({ voters: 2, pepperId: "1" });
  });

  test("refuses a law that does not exist, and a roll that was made with another pepper", async () => {
    await expect(load(["nowhere"], "100000001,AAAAAA")).rejects.toThrow(/There is no law nowhere/);
    const law = await newLaw("load-9");
    await load(["load-9"], "100000001,AAAAAA");
    await writeLaw(stack.target, { ...law, pepperId: "1" });
    await expect(load(["load-9"], "100000002,BBBBBB")).rejects.toThrow(/was made with no pepper/);
  });

  test("refuses two loads of one law at the same time", async () => {
    await newLaw("load-10");
    const [law] = await existingLaws(stack.target, ["load-10"]);
    if (law === undefined) throw new Error("the law was not added");
    await withRight(rollPorts(stack.target), [law], async () => {
      await expect(load(["load-10"], "100000002,BBBBBB")).rejects.toThrow(/Another process is changing/);
    });
    expect(await load(["load-10"], "100000002,BBBBBB")).toMatchObject({ laws: [{ loaded: 1 }] });
  });
});

test("generated credentials have distinct NAS and codes of at least 80 bits", async () => {
  const file = join(stack.directory, "generated.csv");
  await writeSampleCredentials(file, 50_000);
  const [header, ...rows] = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(header).toBe("nas,code");
  expect(new Set(rows.map((row) => row.slice(0, 9))).size).toBe(50_000);
  expect(rows.every((row) => /^[0-9]{9},[A-HJ-NP-Z2-9]{16}$/.test(row))).toBe(true);
  await expect(writeSampleCredentials(file, 1)).rejects.toThrow(/exists already/);
});
