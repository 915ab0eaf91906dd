import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { OperatorsApi } from "../../../places/operators/client.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { ACTS } from "../../../shared/messages/operators/acts.ts";
import { certifyLaw, publishLaw } from "../../../shared/messages/operators/conclusion.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import {
  clearDestroyedRoll,
  destroyLaw,
  holdLaw,
  releaseHold,
} from "../../../shared/messages/operators/destruction.ts";
import { addLaw, changePromiseKey, closeLaw, openLaw } from "../../../shared/messages/operators/laws.ts";
import {
  deadLetters,
  listSetAside,
  setAside,
  settle,
  undoSetAside,
} from "../../../shared/messages/operators/queues.ts";
import { compareReceipts, markLost } from "../../../shared/messages/operators/receipts.ts";
import { changeRoll, findVoter, prepareRollChange } from "../../../shared/messages/operators/roll-changes.ts";
import { abandonLoad, sealRoll } from "../../../shared/messages/operators/rolls.ts";
import { registerKeys, registerTest, withdrawOpening } from "../../../shared/messages/operators/sealed-laws.ts";
import { showLaw } from "../../../shared/messages/operators/show-law.ts";
import { buildOwnEnvironment, loadVoters, newVoters, type TestEnvironment } from "../../support/environment.ts";
import { runCommand } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";
import { testTrustees } from "../../support/trustees.ts";
import { doneByTwo, type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// A stage on which two people must want what changes an election, with the functions' own database roles.

vi.setConfig({ testTimeout: limitOf(120) });

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
let anna: OperatorsApi;

beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment({ settings: { twoPeople: true } }));
  people = twoPeopleOf(env.stack);
  anna = people.anna;
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

describe("by two people", () => {
  const done = new Set<string>();
  const both = (act: (typeof ACTS)[keyof typeof ACTS], request: object) => {
    done.add(act.name);
    return doneByTwo(people, act, request);
  };

  test("a law is closed and opened again", async () => {
    const { lawId } = await env.newLaw(1);
    await both(closeLaw, { law_id: lawId });
    await env.until("the law is closed", async () => {
      const closesAt = (await env.target.laws.get(lawId))?.closesAt;
      return closesAt !== undefined && Date.parse(closesAt) <= Date.now();
    });
    await both(openLaw, { law_id: lawId, reopen: true });
    expect((await env.target.laws.get(lawId))?.closesAt).toBeUndefined();
  });

  test("a load that was cut off is given up, and the roll is sealed", async () => {
    const { lawId } = await env.newLaw(null);
    const file = join(env.stack.data_dir, "roll.csv");
    await writeFile(file, [...credentialLines(300)].join(""));
    const dead = new Error("the machine died");
    const onProgress = () => {
      throw dead;
    };
    const load = sendRoll(anna, { laws: [lawId], source: file, chunkVoters: 100, onProgress });
    await expect(load).rejects.toBe(dead);
    const [cutOff] = await countRolls(env.target, [lawId]);
    expect(cutOff).toMatchObject({ postgresql: 100, unfinished: [{ kind: "load" }] });
    await both(abandonLoad, { law_id: lawId, voters: 100 });
    const version = (await env.target.laws.get(lawId))?.version;
    const sealed = await both(sealRoll, { law_id: lawId, expect: 100, version });
    expect(sealed).toMatchObject({ law: { sealed_voters: 100 } });
    const [roll] = await countRolls(env.target, [lawId]);
    expect(roll).toMatchObject({ postgresql: 100, redis: 100, complete: true, unfinished: [] });
  });

  test("a sealed roll gets a voter, and somebody is looked for; no proposal has a NAS or a code", async () => {
    const { lawId } = await env.newLaw(1);
    const prepare = async (kind: "add" | "find", voters: string) => {
      const outcome = await anna.perform(prepareRollChange, { law_id: lawId, kind, voters });
      if (outcome.kind !== "done") throw new Error("it was proposed");
      return outcome.result.draft;
    };
    const draft = await prepare("add", "1,193456787,GH56JK78");
    expect(await both(changeRoll, { law_id: lawId, kind: "add", draft, voters: 1 })).toMatchObject({ on_roll: 2 });
    const sought = await prepare("find", "1,193456787");
    expect(await both(findVoter, { law_id: lawId, draft: sought })).toEqual({
      law_id: lawId,
      on_roll: true,
      has_voted: false,
    });
    const { rows } = await env.target.pool.query<{ text: string }>(
      "select proposals::text as text from proposals union all select journal::text from journal",
    );
    const kept = rows.map(({ text }) => text).join();
    expect(kept).toContain(draft);
    for (const secret of ["193456787", "GH56JK78"]) expect(kept).not.toContain(secret);
  });

  test("a law is settled", async () => {
    const { lawId } = await env.newLaw(1);
    expect(await both(settle, { law_id: lawId })).toMatchObject({ law_id: lawId, counted: 0, sent_back: 0 });
  });

  test("a closed law is counted", async () => {
    const { lawId } = await env.newLaw(2, { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" });
    expect(await both(countLaw, { law_id: lawId })).toMatchObject({ law: { state: "counted" }, count: { counted: 0 } });
  });

  test("a counted law is destroyed once its legal hold has ended", async () => {
    const { lawId } = await env.newLaw(2, { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" });
    await doneByTwo(people, countLaw, { law_id: lawId });
    await anna.perform(holdLaw, { law_id: lawId, reason: "a test" });
    await expect(anna.perform(destroyLaw, { law_id: lawId })).rejects.toThrow(/is on legal hold: a test/);
    await both(releaseHold, { law_id: lawId, reason: "a test" });
    expect(await both(destroyLaw, { law_id: lawId })).toMatchObject({
      law: { state: "destroyed" },
      removed: { voter_roll: 2 },
    });
    const ended = await anna.perform(clearDestroyedRoll, { law_id: lawId });
    expect(ended).toMatchObject({ kind: "done", result: { certificate: { law_id: lawId } } });
  });

  test("a sealed law gets the newest key for promises, the keys of its trustees and their test opening, an opening is taken back, and it is counted, certified and published", async () => {
    const lawId = `S-${randomBytes(4).toString("hex")}`;
    const window = { opens: "2020-01-01T08:00:00Z", closes: "2020-01-01T20:00:00Z" };
    const request = { law_id: lawId, title: "A sealed law", form: "sealed" as const, ...window };
    const added = await anna.perform(addLaw, request);
    if (added.kind !== "done") throw new Error("it was proposed");
    expect(await both(changePromiseKey, { law_id: lawId })).toMatchObject({ law: { law_id: lawId }, changed: false });
    const trustees = testTrustees(lawId, added.result.law.origin ?? "");
    await both(registerKeys, { law_id: lawId, keys: trustees.publicFile });
    await both(registerTest, { law_id: lawId, statement: trustees.statement(1, 2) });
    await loadVoters(env.target, [lawId], newVoters(1));
    expect(await both(countLaw, { law_id: lawId })).toMatchObject({ law: { box_closed: true }, count: null });
    const at = (name: string) => join(env.stack.data_dir, `${lawId}-${name}`);
    const ops = (...args: readonly string[]) =>
      runCommand("ops", [...args, "--data", env.stack.data_dir], "", { REFERENDUM_OPERATOR: "anna" });
    expect(await ops("export-box", lawId, "--out", at("box.ndjson"))).toMatchObject({ code: 0 });
    await trustees.open(at("box.ndjson"), at("opened.ndjson"));
    expect(await ops("bring-opening", lawId, "--file", at("opened.ndjson"))).toMatchObject({ code: 0 });
    const { box } = await anna.look(showLaw, { law_id: lawId });
    const sha256 = box?.openings[0]?.sha256 ?? "none";
    await both(withdrawOpening, { law_id: lawId, sha256, reason: "a test has brought it" });
    expect(await anna.look(showLaw, { law_id: lawId })).toMatchObject({ box: { openings: [] } });
    for (const name of ["anna", "bruno"]) {
      const args = ["bring-opening", lawId, "--file", at("opened.ndjson"), "--data", env.stack.data_dir];
      expect(await runCommand("ops", args, "", { REFERENDUM_OPERATOR: name })).toMatchObject({ code: 0 });
    }
    expect(await both(countLaw, { law_id: lawId })).toMatchObject({ law: { state: "counted" } });
    expect(await both(certifyLaw, { law_id: lawId })).toMatchObject({ law: { state: "certified" } });
    expect(await both(publishLaw, { law_id: lawId })).toMatchObject({ law: { state: "published" } });
  });

  test("receipts that nothing knows are marked as lost", async () => {
    const { orphans, sha256 } = await anna.look(compareReceipts, {});
    expect(await both(markLost, { orphans, sha256 })).toMatchObject({ marked: orphans });
  });

  test("what nothing can read is set aside, and sent back", async () => {
    await putOn(env.target, "outcomesDeadLetters", ["not a message"]);
    const { unreadable } = await anna.look(deadLetters, { queue: "outcomes" });
    const fingerprint = unreadable[0]?.fingerprint ?? "none";
    await both(setAside, { queue: "outcomes", fingerprint, reason: "a test has written it" });
    const { messages } = await anna.look(listSetAside, {});
    expect(messages.map((one) => one.fingerprint)).toContain(fingerprint);
    await both(undoSetAside, { fingerprint });
  });

  test("every act that needs two was done above", () => {
    const needTwo = Object.values(ACTS).filter(({ people }) => people === 2);
    expect([...done].sort()).toEqual(needTwo.map(({ name }) => name).sort());
  });
});
