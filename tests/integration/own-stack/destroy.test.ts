import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import type { OperatorsApi } from "../../../places/operators/client.ts";
import { countLaw } from "../../../shared/messages/operators/count.ts";
import type { Act } from "../../../shared/messages/operators/define-act.ts";
import { DestructionCertificate } from "../../../shared/messages/operators/destruction.ts";
import { deadLetters, setAside } from "../../../shared/messages/operators/queues.ts";
import { changeRoll, prepareRollChange } from "../../../shared/messages/operators/roll-changes.ts";
import { closeForAll } from "../../support/close-law.ts";
import { buildOwnEnvironment, type TestEnvironment, type Voter } from "../../support/environment.ts";
import { databaseRows, dynamoItems, files, formsOf, type Place, redisKeys } from "../../support/everything.ts";
import { runCommand } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";
import { twoPeopleOf } from "../../support/two-people.ts";

// What a destroyed law has left in the stores of a running stack, with the functions' own database roles: nothing that
// names a voter or a submission. Another law beside keeps everything.

vi.setConfig({ testTimeout: limitOf(120), hookTimeout: limitOf(180) });

let env: TestEnvironment;
let running: StartedStack;
let anna: OperatorsApi;
let destroyed: HeldLaw;
let other: HeldLaw;

interface HeldLaw {
  readonly lawId: string;
  readonly requestIds: readonly string[];
  /** Voter hashes, request ids and codes, in the forms that they may have in a store. */
  readonly names: readonly Buffer[];
}

async function done(act: Act, request: object): Promise<unknown> {
  const outcome = await anna.perform(act, request);
  if (outcome.kind !== "done") throw new Error("it was proposed");
  return outcome.result;
}

/** A law with what can name voters: votes of each outcome, and a change of its roll. */
async function aVotedLaw(): Promise<HeldLaw> {
  const { lawId, voters } = await env.newLaw(4);
  const added: Voter = { nas: "193456787", code: `Added${randomBytes(6).toString("hex")}` };
  const lines = `1,${added.nas},${added.code}`;
  const change = { law_id: lawId, kind: "add" as const };
  const { draft } = prepareRollChange.result.parse(await done(prepareRollChange, { ...change, voters: lines }));
  const { in_force_at } = changeRoll.result.parse(await done(changeRoll, { ...change, draft, voters: 1 }));
  await env.until("the change is in force", async () => Date.now() > Date.parse(in_force_at));
  const [first, second, third] = voters as readonly Voter[] as readonly [Voter, Voter, Voter];
  const stranger = { nas: "987654324", code: `Stranger${randomBytes(6).toString("hex")}` };
  const casts = [first, second, third, added, stranger, first];
  const answers = [];
  for (const [at, voter] of casts.entries()) {
    answers.push(await env.api.vote({ lawId, voter, vote: at % 2 === 0 ? "oui" : "non" }));
    if (at === 0) await env.decided(answers);
  }
  const statuses = await env.decided(answers);
  expect(statuses).toEqual(["counted", "counted", "counted", "counted", "invalid", "duplicate"]);
  const requestIds = answers.map((answer) => answer.field("request_id"));
  const { rows } = await env.target.pool.query<{ voter_hash: Buffer; person_hash: Buffer }>(
    "select voter_hash, person_hash from voter_roll where law_id = $1",
    [lawId],
  );
  expect(rows).toHaveLength(5);
  const hashes = rows.flatMap(({ voter_hash, person_hash }) => [voter_hash, person_hash]);
  const names = [...hashes, ...requestIds, ...casts.map(({ code }) => code)].flatMap((name) => formsOf(name));
  await closeForAll(env, lawId);
  return { lawId, requestIds, names };
}

/** Sets a message aside that no release can read, and that names a submission of a law. */
async function setOneAside({ lawId, requestIds }: HeldLaw): Promise<void> {
  const unreadable = JSON.stringify({ request_id: requestIds[0], law_id: lawId, of: "another release" });
  await putOn(env.target, "votesDeadLetters", [unreadable]);
  const found = deadLetters.result.parse(await anna.look(deadLetters, { queue: "votes" }));
  const fingerprint = found.unreadable[0]?.fingerprint ?? "none";
  const request = { queue: "votes", fingerprint, reason: "a test wrote it", law_id: lawId };
  expect(await done(setAside, request)).toMatchObject({ set_aside: 1 });
}

/** What the stack keeps: its stores, and the files of queues, objects and logs. */
async function* everything(): AsyncGenerator<Place> {
  yield* databaseRows(env.target);
  yield* redisKeys(env.target);
  yield* dynamoItems(env.target);
  for (const folder of ["objects", "queue", "logs"]) yield* files(join(env.stack.data_dir, folder), []);
}

async function placesWith({ names }: HeldLaw): Promise<string[]> {
  const found = new Set<string>();
  const kinds = new Set<string>();
  for await (const { name, content } of everything()) {
    kinds.add(name.split(" ")[0] ?? "");
    if (names.some((one) => content.includes(one))) found.add(name.replace(/\{.*\}/, "{…}"));
  }
  expect([...kinds].sort()).toEqual(["Redis", "file", "item", "table"]);
  return [...found].sort();
}

async function archived(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of files(join(env.stack.data_dir, "objects"), [])) found.push(name);
  return found.filter((name) => /roll-changes|set-aside/.test(name));
}

const ops = (...args: readonly string[]) => runCommand("ops", [...args, "--data", env.stack.data_dir]);

beforeAll(async () => {
  const consumer = { visibilityTimeoutSeconds: 6, maxReceiveCount: 600 };
  const functions = { validate: { timeoutSeconds: 5 }, aggregate: { timeoutSeconds: 5 } };
  const settings = { validate: consumer, aggregate: consumer, functions };
  ({ environment: env, running } = await buildOwnEnvironment({ settings }));
  anna = twoPeopleOf(env.stack).anna;
  [other, destroyed] = await Promise.all([aVotedLaw(), aVotedLaw()]);
  for (const law of [other, destroyed]) await setOneAside(law);
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});

describe("a law that is destroyed", () => {
  let beside: readonly string[];
  let turnout: unknown;
  let result: unknown;

  test("is not destroyed before it is counted", async () => {
    const refused = await ops("destroy", destroyed.lawId, "--yes");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/is closed, and is not destroyed before/) });
    for (const { lawId } of [destroyed, other]) {
      await env.until("the law can be counted", async () => {
        const outcome = await anna.perform(countLaw, { law_id: lawId }).catch((error: Error) => error.message);
        if (typeof outcome === "string" && !/counted \d+ seconds after|are in the queues/.test(outcome))
          throw new Error(outcome);
        return typeof outcome !== "string";
      });
    }
    turnout = (await env.api.request("GET", `/api/v1/turnout/${destroyed.lawId}`)).json;
    result = (await env.api.results(destroyed.lawId)).json;
    expect(result).toMatchObject({ total_votes: 4, state: "published" });
  });

  test("leaves nothing that names a voter or a submission, and another law beside keeps everything", async () => {
    beside = await placesWith(other);
    expect(await placesWith(destroyed)).toEqual(
      expect.arrayContaining([`item of ${env.target.output("ReceiptsTableName")}`]),
    );
    expect(await archived()).toHaveLength(4);
    const file = join(env.stack.data_dir, "certificate.json");
    expect(await ops("destroy", destroyed.lawId, "--yes", "--certificate", file)).toMatchObject({ code: 0 });
    const certificate = DestructionCertificate.parse(JSON.parse(await readFile(file, "utf8")));
    expect(certificate).toMatchObject({
      law_id: destroyed.lawId,
      concluded_as: "counted",
      removed: {
        ...{ voter_roll: 5, participation: 4, vote_audit: 6, duplicate_attempts: 1, ballots: 4, roll_drafts: 1 },
        ...{ receipts: 6, roll_in_redis: 5, set_aside: 1, set_aside_copies: 1, roll_change_copies: 1 },
      },
      shares: 0,
    });
    expect(await placesWith(destroyed)).toEqual([]);
    expect(await placesWith(other)).toEqual(beside);
    expect(await archived()).toHaveLength(2);
  });

  test("is answered sensibly, by its result and turnout as before, and by 410 for its receipts", async () => {
    const { lawId, requestIds } = destroyed;
    await env.until("the answers that are cached are over", async () => {
      const receipt = await env.api.receipt(requestIds[0] ?? "");
      return receipt.status === 410 && receipt.field("type") === "urn:referendum:problem:vote-destroyed";
    });
    expect((await env.api.receipt(other.requestIds[0] ?? "")).field("status")).toBe("counted");
    expect((await env.api.results(lawId)).json).toEqual(result);
    expect((await env.api.request("GET", `/api/v1/turnout/${lawId}`)).json).toEqual(turnout);
    expect((await env.api.request("GET", `/api/v1/laws/${lawId}`)).json).toMatchObject({
      law_id: lawId,
      state: "closed",
    });
    const voter = { nas: "193456787", code: "ABCDEF12" };
    expect((await env.api.vote({ lawId, voter, vote: "oui" })).status).toBe(409);
    expect(await ops("reconcile")).toMatchObject({ code: 0 });
    const shown = await runCommand("laws", ["show", lawId, "--data", env.stack.data_dir]);
    expect(shown.stdout).toMatch(/is destroyed: it took votes from.*with 4 votes.*Removed:/s);
    const journal = await ops("journal", lawId);
    expect(journal).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ended clear-destroyed-roll: What was left/),
    });
  });
});
