import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { Refusal } from "../../../shared/domain/refusal.ts";
import { approve, listProposals, type Proposal } from "../../../shared/messages/operators/journal.ts";
import { addLaw, listLaws } from "../../../shared/messages/operators/laws.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { type Running, startCommand } from "../../support/processes.ts";
import { type TwoPeople, twoPeopleOf } from "../../support/two-people.ts";

// The whole command, as Anna types it, on a stage that wants two people; Bruno approves what she proposes.

vi.setConfig({ testTimeout: limitOf(420) });

/** For so long a loaded machine may take for a rehearsal. */
const WITHIN_MS = 400_000;

let env: TestEnvironment;
let running: StartedStack;
let people: TwoPeople;
let out: string;

beforeAll(async () => {
  // A law is counted after the visibility timeout and some seconds. On a loaded machine a function needs some to start.
  const consumer = { visibilityTimeoutSeconds: 21, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 20 }, aggregate: { timeoutSeconds: 20 } };
  const settings = { twoPeople: true, validate: consumer, aggregate: consumer, functions };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
  people = twoPeopleOf(env.stack);
  out = join(env.stack.data_dir, "rehearsals");
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

function rehearse(lawId: string, ...args: readonly string[]): Running {
  const options = ["--voters", "40", "--out", out, "--data", env.stack.data_dir, ...args];
  return startCommand("laws", ["rehearse", lawId, ...options], "", { REFERENDUM_OPERATOR: "anna" });
}

async function pendingOf(): Promise<readonly Proposal[]> {
  const { proposals } = await people.bruno.look(listProposals, {});
  return proposals.filter(({ state }) => state === "pending");
}

/** Approves everything that is proposed until the command has ended. */
async function approvedBy(command: Running): Promise<readonly string[]> {
  const approved: string[] = [];
  let isOver = false;
  void command.ended.finally(() => {
    isOver = true;
  });
  await env.until(
    "the rehearsal has ended",
    async () => {
      for (const { id, hash, act } of await pendingOf()) {
        await people.bruno.perform(approve, { id, hash });
        approved.push(act);
      }
      return isOver;
    },
    WITHIN_MS,
  );
  return approved;
}

test("a rehearsal by two people goes through the whole life of a law, and every figure is what it must be", async () => {
  await people.anna.perform(addLaw, { law_id: "MODEL", title: "A law", title_fr: "Une loi", form: "sealed" });
  const command = rehearse("MODEL", "--json");
  const approved = await approvedBy(command);
  const { code, stdout, stderr } = await command.ended;
  const report = JSON.parse(stdout);
  const wrong = report.figures.filter((one: { expected: unknown; found: unknown }) => one.expected !== one.found);
  expect({ wrong, unexpected: report.unexpected, failed: report.failed, code }).toEqual({
    ...{ wrong: [], unexpected: [], failed: null, code: 0 },
  });
  expect(approved.toSorted()).toEqual(
    ["change-roll", "change-roll", "change-roll", "close-law", "count-law", "open-law", "seal-roll"].toSorted(),
  );
  expect(stderr).toMatch(/A second person approves, until .*, to seal the roll of rehearsal-MODEL-.* with 40 voters/);

  const id: string = report.rehearsal_id;
  expect(stderr.split(`The rehearsal is the law ${id}; its votes do not count.`)).toHaveLength(2);
  expect(JSON.parse(await readFile(join(out, `${id}.json`), "utf8"))).toEqual(report);
  expect(await readFile(join(out, `${id}.txt`), "utf8")).toMatch(/All \d+ figures are what they must be/);
  expect(report.submissions.length).toBeGreaterThan(15);
  expect(report.acts.map(({ act }: { act: string }) => act)).toContain("count");
  const { laws } = await people.anna.look(listLaws, {});
  expect(laws.find(({ law_id }) => law_id === id)).toMatchObject({
    rehearsal: true,
    state: "counted",
    results: "after_close",
    form: "open",
  });
  expect(stderr).toContain("This rehearsal leaves out: sealed ballots");
  expect(laws.find(({ law_id }) => law_id === "MODEL")).toMatchObject({ rehearsal: false, state: "draft" });
});

test("an interrupted one says which law is left, and another one takes another id", async () => {
  const command = rehearse("MODEL");
  await env.until("the seal is proposed", async () => (await pendingOf()).length > 0, WITHIN_MS);
  const [proposal] = await pendingOf();
  command.kill("SIGINT");
  const { code, stderr } = await command.ended;
  expect(code).toBe(130);
  expect(proposal?.law_id).toMatch(/^rehearsal-MODEL-[0-9a-f]{6}$/);
  expect(stderr).toContain(`the law ${proposal?.law_id} was added, it is left as it is`);
  expect(stderr).toContain(`npm run laws -- show ${proposal?.law_id}`);
});

test("a law that is a rehearsal itself, or is not there, is not rehearsed; nor is a law given its mark", async () => {
  const { laws } = await people.anna.look(listLaws, {});
  const id = laws.find(({ rehearsal }) => rehearsal)?.law_id ?? "";
  expect(await rehearse(id).ended).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^\S+ is a rehearsal itself/),
  });
  expect(await rehearse("NONE").ended).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^There is no law NONE/),
  });
  const real = people.anna.perform(addLaw, { law_id: "rehearsal-of-nothing", title: "A law" });
  await expect(real).rejects.toThrow(Refusal);
});
