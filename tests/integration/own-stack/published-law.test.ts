import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CHECK_IDS } from "../../../client/verify/index.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import type { LawForm } from "../../../shared/domain/law.ts";
import { certifyLaw, publishLaw } from "../../../shared/messages/operators/conclusion.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import * as laws from "../../../shared/messages/operators/laws.ts";
import { sealRoll } from "../../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest } from "../../../shared/messages/operators/sealed-laws.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { type Alone, aloneFolder, outcomesOf } from "../../support/conclusion/verify-alone.ts";
import { buildOwnEnvironment, newVoters, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import { type TestTrustees, testTrustees } from "../../support/trustees.ts";
import { type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// An open and a sealed law from votes to their publication, and what somebody finds who has nothing but the published
// files and the client. Each test goes on where the one before it has ended.

vi.setConfig({ testTimeout: limitOf(120), hookTimeout: limitOf(120) });

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
let alone: Alone;

beforeAll(async () => {
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  const settings = { validate: consumer, aggregate: consumer, functions, publicLog: { minimumSubmissions: 1_000 } };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
  people = twoPeopleOf(env.stack);
  alone = await aloneFolder();
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
  await alone?.remove();
});

const OPEN = `O-${randomBytes(4).toString("hex")}`;
const SEALED = `S-${randomBytes(4).toString("hex")}`;
let trustees: TestTrustees;

const at = (name: string) => join(env.stack.data_dir, name);
const shown = (lawId: string) => people.anna.look(showLaw, { law_id: lawId });
const address = (lawId: string) => `${env.api.url}/api/v1/laws/${lawId}`;

/** Does an act of the stage, which needs one person. */
async function done(act: Act, request: object): Promise<unknown> {
  const outcome = await people.anna.perform(act, request);
  if (outcome.kind !== "done") throw new Error("it was proposed");
  return outcome.result;
}

/** A command that an operator types. */
function typed(...args: readonly string[]) {
  return runCommand("ops", [...args, "--data", env.stack.data_dir], "", { REFERENDUM_OPERATOR: "anna" });
}

async function ready(lawId: string, form: LawForm, voters: readonly Voter[]): Promise<void> {
  const added = laws.addLaw.result.parse(
    await done(laws.addLaw, { law_id: lawId, title: "A law", form, ...(form === "sealed" ? { proof: "voter" } : {}) }),
  );
  if (form === "sealed") {
    trustees = testTrustees(lawId, added.law.origin ?? "");
    await done(registerKeys, { law_id: lawId, keys: trustees.publicFile });
    await done(registerTest, { law_id: lawId, statement: trustees.statement(1, 2) });
  }
  await writeFile(at(`${lawId}.csv`), voters.map(({ nas, code }) => `${nas},${code}\n`).join(""));
  await sendRoll(people.anna, { laws: [lawId], source: at(`${lawId}.csv`) });
  await done(sealRoll, { law_id: lawId, expect: voters.length });
  await env.until(
    "the law takes votes",
    async () => (await env.api.request("GET", `/api/v1/laws/${lawId}`)).status === 200,
  );
}

async function cast(lawId: string, voter: Voter, vote: string): Promise<void> {
  const answer = await env.api.request("POST", "/api/v1/vote", {
    body: JSON.stringify({ ...voter, law_id: lawId, vote }),
    headers: { "content-type": "application/json" },
  });
  expect(answer.status).toBe(202);
  await env.decided([answer]);
}

const REFUSED = [
  [certifyLaw, "certify"],
  [publishLaw, "publish"],
] as const;

/** Wants certify and publish to be refused. */
async function refuse(lawId: string, why: RegExp, acts: readonly (typeof REFUSED)[number][] = REFUSED): Promise<void> {
  for (const [act, name] of acts) await expect(people.anna.perform(act, { law_id: lawId }), name).rejects.toThrow(why);
}

describe("an open and a sealed law", () => {
  test("take votes, and are neither certified nor published before that is over", async () => {
    for (const [lawId, form] of [
      [OPEN, "open"],
      [SEALED, "sealed"],
    ] as const) {
      const voters = newVoters(4);
      const [first, second, third] = voters as readonly Voter[] as readonly [Voter, Voter, Voter];
      await ready(lawId, form, voters);
      await cast(lawId, first, "oui");
      await cast(lawId, second, "non");
      await cast(lawId, third, "oui");
      await cast(lawId, first, "non");
      await refuse(lawId, /has not closed/);
    }
  });

  test("are counted", async () => {
    let latest = 0;
    for (const lawId of [OPEN, SEALED]) {
      const { in_force_at } = laws.closeLaw.result.parse(await done(laws.closeLaw, { law_id: lawId }));
      latest = Math.max(latest, Date.parse(in_force_at ?? ""));
    }
    await env.until("they have closed for long enough", async () => Date.now() > latest + 8_500, 60_000);
    await refuse(OPEN, /is not counted/);
    expect(await done(countLaw, { law_id: OPEN })).toMatchObject({ count: { oui: 2, non: 1, duplicate: 1 } });
    expect(await done(countLaw, { law_id: SEALED })).toMatchObject({ count: null, box: { envelopes: 3 } });
    await refuse(SEALED, /is not counted/);
    expect(await typed("export-box", SEALED, "--out", at("box.ndjson"))).toMatchObject({ code: 0 });
    await trustees.open(at("box.ndjson"), at("one.ndjson"));
    for (const number of ["first", "second"]) {
      const brought = await typed("bring-opening", SEALED, "--file", at("one.ndjson"));
      expect(brought.stdout).toMatch(new RegExp(`${number} opening`));
    }
    expect(await done(countLaw, { law_id: SEALED })).toMatchObject({ count: { oui: 2, non: 1, spoiled: 0 } });
    for (const lawId of [OPEN, SEALED]) {
      expect((await shown(lawId)).missing).toEqual([`It is not certified: npm run ops -- certify ${lawId}`]);
      await refuse(lawId, /is not certified.*ops -- certify/, [REFUSED[1]]);
    }
  });

  test("are certified, once", async () => {
    for (const lawId of [OPEN, SEALED]) {
      const certified = await typed("certify", lawId);
      expect(certified, certified.stderr).toMatchObject({ code: 0 });
      expect(certified.stdout).toMatch(/is certified; the SHA-256 of its certificate is [0-9a-f]{64}/);
      const again = await typed("certify", lawId);
      expect(again).toMatchObject({ code: 0, stdout: certified.stdout });
      expect(await shown(lawId)).toMatchObject({
        law: { state: "certified" },
        missing: [`It is not published: npm run ops -- publish ${lawId}`],
      });
    }
  });

  test.each([
    ["open", OPEN],
    ["sealed", SEALED],
  ])("are published: the %s one holds for somebody who has nothing but the client", async (form, lawId) => {
    const folder = join(alone.folder, "bundles", lawId);
    const published = await typed("publish", lawId, "--to", folder);
    expect(published, published.stderr).toMatchObject({ code: 0 });
    expect(published.stdout).toMatch(/is published with 4 submissions/);
    expect(existsSync(join(folder, "opened"))).toBe(form === "sealed");
    const { law, missing } = await shown(lawId);
    expect({ state: law.state, missing }).toEqual({ state: "published", missing: [] });
    const optional = ["1.03", "1.08", "1.09", "2.05", "2.13", "3.12", "3.13"];
    const ofSealed = ["3.08", "3.09", "3.10"];
    const expected = CHECK_IDS.filter((id) => !optional.includes(id) && (form === "sealed" || !ofSealed.includes(id)));
    for (const where of [folder, address(lawId)]) {
      const verified = await alone.verify(where);
      expect(verified.checks.flatMap(({ id, findings }) => findings.map((finding) => ({ id, finding })))).toEqual([]);
      expect({ ...outcomesOf(verified), verdict: verified.verdict }).toEqual({
        fails: [],
        holds: expected,
        verdict: "holds",
      });
    }
    const again = await typed("publish", lawId, "--to", folder);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/exists already/) });
    const rows = await env.target.pool.query("select from law_submissions union all select from opening_pieces");
    if (lawId === SEALED) expect(rows.rowCount).toBe(0);
  });
});
