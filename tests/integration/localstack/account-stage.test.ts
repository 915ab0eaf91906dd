import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leftovers } from "../../../places/localstack/leftovers.ts";
import { SAMPLE_VOTERS } from "../../../places/sample-credentials.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { AccountStage } from "../../support/account-stage/stage.ts";
import { type Answer, apiClient } from "../../support/api-client.ts";
import type { Voter } from "../../support/environment.ts";
import { startedLocalStack } from "../../support/localstack-faults.ts";

/** With Docker, functions are containers that do not reach servers of this machine. */
const possible = startedLocalStack().state.started.localstack !== undefined;
const VOTERS = 60;
const COUNTED_WITHIN_MS = 120_000;
/** The interval between two steps of a published tally is a minute on stage dev. */
const PUBLISHED_WITHIN_MS = 240_000;
/** Each time takes a minute on an idle machine. */
const PUT_UP_WITHIN_MS = 900_000;
const LAW = "L-DEV";

let directory: string;
let stage: AccountStage;

/** A voter of the sample roll, whose codes carry a check. */
function voterAt(index: number): Voter {
  const [, ...lines] = readFileSync(join(directory, "credentials-dev.csv"), "utf8").split("\n");
  const [nas = "", code = ""] = lines[index]?.trim().split(",") ?? [];
  return { nas, code };
}

/** Adds a law with the sample roll and casts a vote of each of its first voters, each counted. */
async function voteOn(lawId: string): Promise<Answer[]> {
  await stage.command("laws", "add", lawId, "--title", "A law of stage dev");
  await stage.command("voters", "load", "--sample", "--law", lawId);
  await stage.command("voters", "seal", lawId, "--expect", String(SAMPLE_VOTERS));
  const api = apiClient(await stage.apiUrl());
  const answers: Answer[] = [];
  for (let index = 0; index < VOTERS; index++) {
    answers.push(await api.vote({ lawId, voter: voterAt(index), vote: index % 3 === 0 ? "non" : "oui" }));
  }
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
  // The published tally moves in steps that hide a vote: receipts tell sooner.
  const waiting = new Set(answers.map((answer) => answer.field("request_id")));
  await waitUntil(
    `${VOTERS} votes are counted`,
    async () => {
      for (const id of waiting) {
        if ((await api.receipt(id)).json["status"] !== "counted") return false;
        waiting.delete(id);
      }
      return true;
    },
    { withinMs: COUNTED_WITHIN_MS },
  );
  return answers;
}

describe.runIf(possible)("the stacks of stage dev", { tags: ["localstack"], timeout: PUT_UP_WITHIN_MS }, () => {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "referendum-account-stage-"));
    stage = await AccountStage.prepare(startedLocalStack().state.endpoint, directory);
    await stage.deploy();
  }, PUT_UP_WITHIN_MS);

  afterAll(async () => {
    await stage?.destroy();
    await stage?.stopServers();
  }, PUT_UP_WITHIN_MS);

  test("each of their resources that LocalStack knows is created", async () => {
    expect(stage.resources.size).toBe(5);
    for (const [stack, resources] of stage.resources) {
      expect([stack, (await stage.resourcesOf(stack)).size]).toEqual([stack, resources]);
    }
  });

  test("the queues feed the functions' live aliases", async () => {
    const client = new LambdaClient(stage.clientOptions);
    try {
      const { EventSourceMappings = [] } = await client.send(new ListEventSourceMappingsCommand());
      const functions = EventSourceMappings.map(({ FunctionArn = "" }) => FunctionArn.split(":function:")[1]).sort();
      expect(functions).toEqual(["referendum-dev-aggregate:live", "referendum-dev-validate:live"]);
    } finally {
      client.destroy();
    }
  });

  test("votes are counted, and the commands that operators type on AWS work", async () => {
    const [first] = await voteOn(LAW);
    const api = apiClient(await stage.apiUrl());
    const receipt = await api.receipt(first?.field("request_id") ?? "");
    expect(receipt.json).toMatchObject({ status: "counted", law_id: LAW });
    expect((await api.request("GET", "/api/v1/health")).json).toMatchObject({ status: "healthy" });

    const json = async (name: string, ...args: string[]): Promise<unknown> =>
      JSON.parse(await stage.command(name, ...args, "--json"));
    expect(await json("voters", "count", "--law", LAW)).toMatchObject({
      laws: [{ law_id: LAW, postgresql: 1_000, redis: 1_000, complete: true }],
    });
    expect(await json("ops", "reconcile", "--law", LAW)).toMatchObject({ verdict: "clean" });
    expect(await json("ops", "redrive")).toMatchObject({ votes: { moved: 0 }, outcomes: { moved: 0 } });
    await stage.command("ops", "freeze", LAW);
    const refused = await api.vote({ lawId: LAW, voter: voterAt(VOTERS) });
    expect(refused.json).toMatchObject({ type: expect.stringContaining("law-not-open") });
    await stage.command("ops", "unfreeze", LAW);
    await stage.command("ops", "rebuild-roll", LAW);
    const again = await api.vote({ lawId: LAW, voter: voterAt(0) });
    const status = async () => (await api.receipt(again.field("request_id"))).json["status"];
    await waitUntil("a second vote is decided", async () => (await status()) !== "received", {
      withinMs: COUNTED_WITHIN_MS,
    });
    expect(await status()).toBe("duplicate");
    await stage.command("ops", "drain");
    await stage.command("laws", "close", LAW, "--yes");
    expect(await json("ops", "reconcile", "--law", LAW)).toMatchObject({ verdict: "clean" });
    const journal = (await stage.command("ops", "journal", LAW, "--json")).trim().split("\n");
    const done = journal.map((line) => JSON.parse(line)).filter(({ phase }) => phase === "done");
    const acts = ["add-law", "finish-load", "freeze-law", "unfreeze-law", "rebuild-rolls", "close-law"];
    expect(done.map(({ operator, act }) => `${operator}: ${act}`)).toEqual(
      expect.arrayContaining(acts.map((act) => `account-stage: ${act}`)),
    );
    const results = async () => (await api.results(LAW)).json;
    await waitUntil("all votes are published", async () => (await results())["total_votes"] === VOTERS, {
      withinMs: PUBLISHED_WITHIN_MS,
    });
    expect(await results()).toMatchObject({ oui_count: (VOTERS * 2) / 3, non_count: VOTERS / 3 });
  });

  test("they can be taken down, which leaves nothing, and put up again", async () => {
    await stage.destroy();
    expect(await leftovers("dev", stage.clientOptions)).toEqual([]);
    await stage.emptyServers();
    rmSync(join(directory, "credentials-dev.csv"), { force: true });
    await stage.deploy();
    await voteOn(LAW);
  });
});
