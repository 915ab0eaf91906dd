import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { attempt, type Check, describeCheck } from "../../../commands/doctor/check.ts";
import { examine } from "../../../commands/doctor/command.ts";
import { machineChecks } from "../../../commands/doctor/machine.ts";
import { rollChecks } from "../../../commands/doctor/rolls.ts";
import { apiCheck, stackChecks } from "../../../commands/doctor/stack.ts";
import { limitOf } from "../../../commands/test/tags.ts";
import { processIdentity } from "../../../machine/processes.ts";
import { queueUrl } from "../../../operations/queues/depths.ts";
import { loadRoll } from "../../../operations/roll/load-file.ts";
import { RedisRoll } from "../../../operations/roll/stores/redis-roll.ts";
import type { FoundOperators } from "../../../places/find-operators.ts";
import { dataDirOf } from "../../../places/local/data-dir.ts";
import { recordProcesses } from "../../../places/local/lock.ts";
import { announceStack, withdrawStack } from "../../../places/local/running-stacks.ts";
import { OperatorsApi } from "../../../places/operators/client.ts";
import { claiming } from "../../../places/operators/signing.ts";
import type { LocalDescription } from "../../../places/stack-description.ts";
import { type StageLaw, stage } from "../../../shared/messages/operators/stage.ts";
import { addReadyLaw } from "../../support/add-ready-law.ts";
import { loadAndSeal } from "../../support/load-and-seal.ts";
import { writeLaw } from "../../support/write-law.ts";
import { type OperatorsServer, startOperatorsServer } from "../support/operators-server.ts";
import { startTestTarget, type TestTarget } from "../support/test-target.ts";

/** They wait on real stores, beside whatever else the machine is doing. */
vi.setConfig({ testTimeout: limitOf(60) });

const find = (checks: readonly Check[], name: string) => checks.find((check) => check.name === name);

/** What a local stack writes of itself, with the API on a port and nothing behind it. */
function describedStack(port: number): LocalDescription {
  const nothing = "http://127.0.0.1:9";
  return {
    stage: "local",
    api_url: `http://127.0.0.1:${port}`,
    credentials_file: "",
    law_id: "",
    postgres_url: "postgres://x:x@127.0.0.1:9/x",
    redis_url: "redis://127.0.0.1:9",
    sqs_endpoint: nothing,
    dynamodb_endpoint: nothing,
    lambda_endpoint: nothing,
    secretsmanager_endpoint: nothing,
    region: "ca-central-1",
    outputs: { OperatorsApiUrl: nothing },
    data_dir: "",
    pids: { supervisor: process.pid, functions: {} },
    queue_storage: "disk",
  };
}

describe("the machine", () => {
  const dataDir = mkdtempSync(join(tmpdir(), `referendum-test-${process.pid}-`));
  afterAll(() => rmSync(dataDir, { recursive: true }));

  test("with everything in place has no finding", async () => {
    const checks = await machineChecks({ dataDir: join(dataDir, "new"), path: process.env["PATH"] ?? "", port: 0 });
    expect(checks.filter((check) => !check.ok)).toEqual([]);
    expect(checks.map((check) => check.name)).toContain("redis-server");
  });

  test("without Redis it says what to type", async () => {
    const checks = await machineChecks({ dataDir, path: "/nowhere", port: 0 });
    expect(find(checks, "redis-server")).toMatchObject({ ok: false, remedy: expect.stringMatching(/install/) });
  });

  test("a port that is taken is named, with a way out", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const checks = await machineChecks({ dataDir, path: "", port });
    server.close();
    expect(find(checks, `port ${port}`)).toMatchObject({ ok: false, remedy: expect.stringMatching(/--port 0/) });
  });

  test("a data directory that cannot be written is a finding", async () => {
    writeFileSync(join(dataDir, "file"), "");
    const checks = await machineChecks({ dataDir: join(dataDir, "file"), path: "", port: 0 });
    expect(find(checks, "data directory")).toMatchObject({ ok: false });
  });

  test("a port in use by another local stack is named with the directory of the stack", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const other = mkdtempSync(join(tmpdir(), "other-stack-"));
    writeFileSync(join(other, "stack.json"), JSON.stringify({ ...describedStack(port), data_dir: other }));
    announceStack(other);
    const checks = await machineChecks({ dataDir, path: "", port });
    withdrawStack();
    server.close();
    rmSync(other, { recursive: true });
    expect(find(checks, `port ${port}`)).toMatchObject({
      ok: false,
      found: `taken by the local stack of ${other} (process ${process.pid})`,
      remedy: expect.stringContaining(`--data ${other}`),
    });
  });

  test("servers that a stack left are also found when its start failed", async () => {
    recordProcesses(dataDirOf(dataDir), { redis: process.pid });
    const checks = await machineChecks({ dataDir, path: "", port: 0 });
    rmSync(dataDirOf(dataDir).processesFile);
    expect(find(checks, "left-over processes")).toMatchObject({
      ok: false,
      remedy: expect.stringContaining(`kill ${process.pid}`),
    });
  });

  test("a stack is examined although its API is down, and the doctor does not advise to run the doctor", async () => {
    const { lockFile, root } = dataDirOf(mkdtempSync(join(tmpdir(), "api-down-")));
    writeFileSync(lockFile, JSON.stringify(processIdentity(process.pid)));
    writeFileSync(join(root, "stack.json"), JSON.stringify({ ...describedStack(9), data_dir: root }));
    const checks = await examine({ data: root });
    rmSync(root, { recursive: true });
    expect(find(checks, "API")).toMatchObject({ ok: false });
    expect(find(checks, "operators' API")).toMatchObject({ ok: false });
    expect(checks.map(describeCheck).join("\n")).not.toMatch(/npm run doctor/);
  });

  test("when nothing runs, the report says so and what to type", async () => {
    const checks = await examine({ data: join(dataDir, "nothing") });
    expect(find(checks, "stack")).toEqual({
      name: "stack",
      ok: false,
      found: expect.stringMatching(/No local stack is running/),
      remedy: "npm start",
    });
  });
});

test("what a store knows that does not answer is a finding, and not taken for lost", () => {
  const law: StageLaw = {
    law_id: "D9",
    state: "open",
    voters: null,
    cached: 3,
    digest: "d1",
    complete: true,
    unfinished: null,
    mismatch: null,
    latest: null,
  };
  expect(rollChecks(null)).toMatchObject([{ ok: false, found: expect.stringMatching(/DynamoDB does not answer/) }]);
  expect(rollChecks([law])).toMatchObject([{ ok: false, found: expect.stringMatching(/PostgreSQL does not answer/) }]);
  const withoutRedis = { ...law, voters: 3, unfinished: [], cached: null, complete: null };
  expect(rollChecks([withoutRedis])).toMatchObject([{ ok: false, found: expect.stringMatching(/Redis does not/) }]);
});

test("a check that fails is a finding, not a crash", async () => {
  const [check] = await attempt("a service", "start it", async () => {
    throw Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  });
  expect(check && describeCheck(check)).toMatch(/^FAIL {2}a service: A service .* does not answer .*\n {6}→ start it$/);
});

describe("a stack", () => {
  let stack: TestTarget;
  let door: OperatorsServer;
  let found: FoundOperators;
  beforeAll(async () => {
    stack = await startTestTarget();
    door = await startOperatorsServer(stack.target);
    const { apiUrl, dataDir, credentialsFile } = stack.target.address;
    const api = new OperatorsApi(door.url, claiming("doctor"));
    found = { api, stage: "local", apiUrl, dataDir, credentialsFile };
  });
  afterAll(async () => {
    await door?.stop();
    await stack?.stop();
  });
  const said = () => found.api.look(stage, {});
  const checked = async () => [...(await apiCheck(found)), ...(await stackChecks(found, await said()))];
  const laws = async () => rollChecks((await said()).laws);
  const rolls = async (lawId: string) => find(await laws(), `roll of ${lawId}`);
  const source = () => Readable.from("100000001,AAAAAA\n100000002,BBBBBB\n");

  test("whose services answer has only one finding here, its missing API", async () => {
    const checks = await checked();
    expect(checks.filter((check) => !check.ok).map((check) => check.name)).toEqual(["API"]);
    expect(find(checks, "migrations")).toMatchObject({ ok: true, found: expect.stringMatching(/^all \d+ applied/) });
  });

  test("has findings for a paused mapping, dead letters and a queue that does not drain", async () => {
    const { target } = stack;
    await target.lambda.send(new UpdateEventSourceMappingCommand({ UUID: "validate", Enabled: false }));
    for (const queue of ["votes", "votesDeadLetters"] as const) {
      await target.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl(target, queue), MessageBody: "x" }));
    }
    const checks = await checked();
    expect(find(checks, "event source mappings")).toMatchObject({
      ok: false,
      found: "validate is disabled: votes wait",
      remedy: expect.stringMatching(/somebody disabled it by hand/),
    });
    expect(find(checks, "dead-letter queues")).toMatchObject({ ok: false, remedy: expect.stringMatching(/redrive/) });
    expect(find(checks, "votes queue")).toMatchObject({
      ok: false,
      found: expect.stringMatching(/^1 messages, not fewer/),
    });
  });

  test("has findings for no law, a law without a roll, and a roll that Redis lost, and none for a good one", async () => {
    expect(find(await laws(), "laws")).toMatchObject({ ok: false });
    await addReadyLaw(stack.target, { lawId: "D1", title: "A law" });
    expect(await rolls("D1")).toMatchObject({ ok: false, found: "not loaded: its votes wait" });
    await loadRoll(stack.target, { laws: ["D1"], source: source() });
    expect(await rolls("D1")).toMatchObject({
      ok: false,
      found: "2 voters, but not sealed: its votes wait",
      remedy: expect.stringContaining("npm run voters -- seal D1 --expect 2"),
    });
    await loadAndSeal(stack.target, "D1", source());
    expect(await rolls("D1")).toMatchObject({ ok: true, found: "2 voters" });
    await new RedisRoll(stack.target.redis).clear("D1");
    expect(await rolls("D1")).toMatchObject({ ok: false, found: "2 voters in PostgreSQL but 0 in Redis" });
    await new RedisRoll(stack.target.redis).removeMeta("D1");
    expect(await rolls("D1")).toMatchObject({ ok: false, remedy: "npm run ops -- rebuild-roll --law D1" });
  });

  test("has findings for a wrong roll: the latest votes are invalid, or the law names another pepper or key", async () => {
    const law = await addReadyLaw(stack.target, { lawId: "D2", title: "A law" });
    await loadAndSeal(stack.target, "D2", source());
    await stack.target.pool.query(
      `insert into vote_audit (request_id, voter_hash, law_id, status, "timestamp")
       select 'r' || n, '\\x00', 'D2', 'invalid', now() from generate_series(1, 10) as n`,
    );
    expect(await rolls("D2")).toMatchObject({
      ok: false,
      found: "10 of the last 10 votes are invalid: this looks like the wrong roll",
    });
    await writeLaw(stack.target, { ...law, pepperId: "1" });
    expect(await rolls("D2")).toMatchObject({
      ok: false,
      found: expect.stringMatching(/another pepper .* its votes wait/),
    });
    await writeLaw(stack.target, { ...law, keyVersion: law.keyVersion + 1 });
    expect(await rolls("D2")).toMatchObject({ ok: false, found: expect.stringMatching(/no voter can be added/) });
  });
});
