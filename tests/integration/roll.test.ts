import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addLaw } from "../../operations/laws/add.ts";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import { buildTestEnvironment, loadVoters, newVoters, type TestEnvironment } from "../support/environment.ts";

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

  /** A law with a roll that is not sealed, as laws of earlier releases have. */
  const unsealed = async (count: number) => {
    const { lawId } = await env.newLaw(null);
    const voters = newVoters(count);
    await loadVoters(env.target, [lawId], voters);
    return { lawId, voters };
  };

  test("adds voters while a law without a seal is open and voted on", async () => {
    const { lawId, voters } = await unsealed(1);
    const [late] = newVoters(1);
    const [status = ""] = await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    expect(status).toBe("counted");
    const { laws } = await load(lawId, ["nas,code", `${late.nas},${late.code}`]);
    expect(laws).toMatchObject([{ lawId, loaded: 1, voters: 2, complete: true }]);
    const answers = [await env.api.vote({ lawId, voter: late }), await env.api.vote({ lawId, voter: voters[0] })];
    expect(await env.decided(answers)).toEqual(["counted", "duplicate"]);
  });

  test("done again changes nothing, and forgets no claim", async () => {
    const { lawId, voters } = await unsealed(2);
    const lines = voters.map(({ nas, code }) => `${nas},${code}`);
    await env.decided([await env.api.vote({ lawId, voter: voters[0] })]);
    const { laws } = await load(lawId, lines);
    expect(laws).toMatchObject([{ loaded: 0, known: 2, conflicts: 0, complete: true }]);
    expect(await env.decided([await env.api.vote({ lawId, voter: voters[0] })])).toEqual(["duplicate"]);
  });

  test("refuses a second code of the same person, by its line: one person, one vote", async () => {
    const { lawId, voters } = await unsealed(1);
    const summary = await load(lawId, [`${voters[0].nas},OTHERCODE1`, "not a voter"]);
    expect(summary).toMatchObject({ bad: 2, laws: [{ loaded: 0, conflicts: 1 }] });
    expect(summary.badLines.map(({ line }) => line).sort()).toEqual([1, 2]);
    const other = { nas: voters[0].nas, code: "OTHERCODE1" };
    const answers = [await env.api.vote({ lawId, voter: other }), await env.api.vote({ lawId, voter: voters[0] })];
    expect(await env.decided(answers)).toEqual(["invalid", "counted"]);
  });

  test("is refused once the roll is sealed, and the law is voted on as before", async () => {
    const { lawId, voters } = await env.newLaw(1);
    const [late] = newVoters(1);
    await expect(load(lawId, [`${late.nas},${late.code}`])).rejects.toThrow(/is sealed with 1 voters/);
    const answers = [await env.api.vote({ lawId, voter: late }), await env.api.vote({ lawId, voter: voters[0] })];
    expect(await env.decided(answers)).toEqual(["invalid", "counted"]);
  });

  test("leaves the law a draft until the roll is sealed: nothing is accepted before", async () => {
    const { lawId } = await addLaw(env.target, { lawId: `D-${randomBytes(6).toString("hex")}`, title: "A draft" });
    const [voter] = newVoters(1);
    await load(lawId, [`${voter.nas},${voter.code}`]);
    expect((await env.api.vote({ lawId, voter })).status).toBe(404);
    await sealRoll(env.target, stepPorts(env.target), lawId, 1);
    // Ingest remembers for seconds that there was no such law.
    let answer = await env.api.vote({ lawId, voter });
    await env.until("ingest knows the law", async () => {
      if (answer.status === 404) answer = await env.api.vote({ lawId, voter });
      return answer.status === 202;
    });
    expect(await env.decided([answer])).toEqual(["counted"]);
  });
});
