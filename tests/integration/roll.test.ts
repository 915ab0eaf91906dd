import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addLaw } from "../../operations/laws/add.ts";
import { loadRoll } from "../../operations/roll/load-file.ts";
import { sealRoll } from "../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../operations/roll/steps/step-ports.ts";
import { buildTestEnvironment, newVoters, type TestEnvironment } from "../support/environment.ts";

let env: TestEnvironment;
beforeAll(async () => {
  env = await buildTestEnvironment();
});
afterAll(async () => {
  await env?.checkLedger();
  await env?.close();
});

describe("npm run voters -- load", () => {
  const load = (lawId: string, lines: readonly string[]) =>
    loadRoll(env.target, { laws: [lawId], source: Readable.from([lines.join("\n")]) });

  test("lets the votes of a law that is open already wait until its roll is sealed, as of an earlier release", async () => {
    const { lawId } = await env.newLaw(null);
    const [first, second] = newVoters(2);
    const answers = [await env.api.vote({ lawId, voter: first }), await env.api.vote({ lawId, voter: first })];
    const lines = [first, second].map((voter) => `${voter?.nas},${voter?.code}`);
    expect((await load(lawId, ["nas,code", ...lines])).laws).toMatchObject([{ loaded: 2, voters: 2 }]);
    expect((await load(lawId, lines)).laws).toMatchObject([{ loaded: 0, known: 2 }]);
    for (const answer of answers) {
      expect((await env.api.receipt(answer.field("request_id"))).field("status")).toBe("received");
    }
    await sealRoll(env.target, stepPorts(env.target), lawId, 2);
    expect((await env.decided(answers)).toSorted()).toEqual(["counted", "duplicate"]);
  });

  test("refuses a second code of the same person, by its line: one person, one vote", async () => {
    const { lawId } = await addLaw(env.target, { lawId: `D-${randomBytes(6).toString("hex")}`, title: "A draft" });
    const [voter] = newVoters(1);
    const summary = await load(lawId, [`${voter.nas},${voter.code}`, `${voter.nas},OTHERCODE1`, "not a voter"]);
    expect(summary).toMatchObject({ bad: 2, laws: [{ loaded: 1, conflicts: 1 }] });
    expect(summary.badLines.map(({ line }) => line).sort()).toEqual([2, 3]);
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
