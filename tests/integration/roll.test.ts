import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { buildTestEnvironment, newVoters, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

// One after the other: a load holds the roll, and these are the loads that pause `validate`, as users' do.
describe("npm run voters -- load", () => {
  const load = (lawId: string, lines: readonly string[]) =>
    loadRoll(env.target, { laws: [lawId], source: Readable.from([lines.join("\n")]) });

  test("adds voters while a law is open and voted on", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const [late] = newVoters(1);
    const [status = ""] = await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    expect(status).toBe("counted");
    const { laws } = await load(lawId, ["nas,code", `${late.nas},${late.code}`]);
    expect(laws).toMatchObject([{ lawId, loaded: 1, voters: 2, complete: true }]);
    const answers = [await env.api.vote({ lawId, voter: late }), await env.api.vote({ lawId, voter: voters[0] })];
    expect(await env.decided(answers)).toEqual(["counted", "duplicate"]);
  });

  test("done again changes nothing, and forgets no claim", async () => {
    const { lawId, voters } = await env.newLaw(2);
    const lines = voters.map(({ nas, code }) => `${nas},${code}`);
    await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    const { laws } = await load(lawId, lines);
    expect(laws).toMatchObject([{ loaded: 0, known: 2, conflicts: 0, complete: true }]);
    expect(await env.decided([await env.api.vote({ lawId, voter: voters[0] })])).toEqual(["duplicate"]);
  });

  test("refuses a second code of the same person, by its line: one person, one vote", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const summary = await load(lawId, [`${voters[0].nas},OTHERCODE1`, "not a voter"]);
    expect(summary).toMatchObject({ bad: 2, laws: [{ loaded: 0, conflicts: 1 }] });
    expect(summary.badLines.map(({ line }) => line).sort()).toEqual([1, 2]);
    const other = { nas: voters[0].nas, code: "OTHERCODE1" };
    const answers = [await env.api.vote({ lawId, voter: other }), await env.api.vote({ lawId, voter: voters[0] })];
    expect(await env.decided(answers)).toEqual(["invalid", "counted"]);
  });
});
