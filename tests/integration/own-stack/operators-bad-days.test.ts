import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { limitOf } from "../../../commands/test/tags.ts";
import { signalAll } from "../../../machine/processes.ts";
import { queueState } from "../../../operations/queues/depths.ts";
import { countRolls } from "../../../operations/roll/count.ts";
import { credentialLines } from "../../../operations/roll/credentials.ts";
import { sealRoll } from "../../../operations/roll/steps/seal-roll.ts";
import { stepPorts } from "../../../operations/roll/steps/step-ports.ts";
import { localStatus } from "../../../places/local/local-status.ts";
import type { StartedStack } from "../../../places/local/starter.ts";
import { OperatorsApi } from "../../../places/operators/client.ts";
import { sendRoll } from "../../../places/operators/send-roll.ts";
import { claiming } from "../../../places/operators/signing.ts";
import { brokenChain } from "../../../shared/domain/journal.ts";
import { readJournal } from "../../../shared/messages/operators/journal.ts";
import { freezeLaw } from "../../../shared/messages/operators/laws.ts";
import { redrive } from "../../../shared/messages/operators/queues.ts";
import { rebuildRolls } from "../../../shared/messages/operators/rolls.ts";
import { writeVote } from "../../../shared/messages/queue.ts";
import { waitUntil } from "../../../shared/runtime/wait.ts";
import { buildOwnEnvironment, type TestEnvironment } from "../../support/environment.ts";
import { aVote } from "../../support/factories.ts";
import { type Fault, type FaultyProxy, startFaultyProxy } from "../../support/faulty-proxy.ts";
import { whileStopped } from "../../support/processes.ts";
import { putOn } from "../../support/queues.ts";

vi.setConfig({ testTimeout: limitOf(180) });

const CHUNK = 1_000;
const VOTERS = 12 * CHUNK + 345;
/** A step is sent again sooner than by a person's command, so that a test does not wait for pauses. */
const FIRST_PAUSE_MS = 60;

let env: TestEnvironment;
let running: StartedStack;
const proxies: FaultyProxy[] = [];

beforeAll(async () => {
  ({ environment: env, running } = await buildOwnEnvironment({}));
});
afterAll(async () => {
  await env?.close();
  await running?.stop();
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

function operatorsUrl(): string {
  const { operators_url: url } = env.stack;
  if (url === undefined) throw new Error("the stack has no operators' API");
  return url;
}

/** The operators' API, with something happening to its calls on their way. */
async function apiThrough(faultOf: (call: number) => Fault, name = "anna"): Promise<OperatorsApi> {
  const proxy = await startFaultyProxy(operatorsUrl(), faultOf);
  proxies.push(proxy);
  return new OperatorsApi(proxy.url, claiming(name), FIRST_PAUSE_MS);
}

const apiOf = (name = "anna") => new OperatorsApi(operatorsUrl(), claiming(name), FIRST_PAUSE_MS);

/** Ends a process once the function is in the middle of something. It is asked for while a call is passed on. */
function killWhen(isAtWork: () => Promise<boolean>, what: "roll" | "operate" | "redis" | "postgres") {
  const killed: number[] = [];
  const killing: Promise<void>[] = [];
  const first = async () => {
    const pids = [...(await pidsOf(what))];
    const kill = async () => {
      await waitUntil("the function is at work", isAtWork, { withinMs: 30_000, everyMs: 2 });
      killed.push(...signalAll(pids, "SIGKILL"));
    };
    killing.push(kill());
  };
  const ended = async () => {
    await Promise.all(killing);
    return killed.length;
  };
  return { first, ended };
}

/** Whether a function is doing something in PostgreSQL. */
async function isInDatabase(name: string): Promise<boolean> {
  const { rows } = await env.target.pool
    .query("select from pg_stat_activity where application_name = $1 and state <> 'idle'", [name])
    .catch(() => ({ rows: [] }));
  return rows.length > 0;
}

async function pidsOf(what: "roll" | "operate" | "redis" | "postgres"): Promise<readonly number[]> {
  const { pids } = await localStatus(env.stack.data_dir);
  return what === "redis" || what === "postgres" ? [pids[what]] : (pids.functions[what] ?? []);
}

function newFile(): string {
  return [...credentialLines(VOTERS)].join("");
}

/** Two files without a person in common: of two that are made apart, one in seven pairs has one. */
function twoFiles(): [string, string] {
  const [header = "", ...pieces] = credentialLines(2 * VOTERS);
  const lines = pieces.join("").trimEnd().split("\n");
  const fileOf = (some: readonly string[]) => `${header}${some.join("\n")}\n`;
  return [fileOf(lines.slice(0, VOTERS)), fileOf(lines.slice(VOTERS))];
}

function send(api: OperatorsApi, lawId: string, text: string, onProgress?: (voters: number) => void) {
  const source = Readable.from([text]);
  return sendRoll(api, {
    laws: [lawId],
    source,
    chunkVoters: CHUNK,
    ...(onProgress === undefined ? {} : { onProgress }),
  });
}

/** The roll has this many voters, and can be sealed. */
async function expectWhole(lawId: string, voters: number): Promise<void> {
  await sealRoll(env.target, stepPorts(env.target), lawId, voters);
  const [roll] = await countRolls(env.target, [lawId]);
  expect(roll).toMatchObject({ postgresql: voters, redis: voters, complete: true, unfinished: [] });
}

/** The acts of a law in the journal, each with its phase, in order; the chain is whole. */
async function journalOf(lawId: string): Promise<string[]> {
  const { entries } = await apiOf().look(readJournal, { limit: 1_000 });
  expect(brokenChain(entries)).toBeUndefined();
  return entries.filter(({ law_id }) => law_id === lawId).map(({ act, phase }) => `${act} ${phase}`);
}

describe("a load goes on to its end", { tags: ["faults"] }, () => {
  test.each(["roll", "redis", "postgres"] as const)(
    "although %s is killed in its middle, perhaps twice",
    async (what) => {
      const { lawId } = await env.newLaw(null);
      const text = newFile();
      const kill = killWhen(() => isInDatabase("roll"), what);
      const api = await apiThrough((call) =>
        call === 5 || call === 9 ? { kind: "pass", first: kill.first } : { kind: "pass" },
      );
      const summary = await send(api, lawId, text);
      expect(await kill.ended()).toBeGreaterThan(0);
      expect(summary.laws).toMatchObject([{ voters: VOTERS, unfinished: [] }]);
      await expectWhole(lawId, VOTERS);
      expect(await journalOf(lawId)).toEqual([
        "begin-load begun",
        "begin-load done",
        "finish-load begun",
        "finish-load done",
      ]);
    },
  );

  test("although answers are lost, cut and late, requests come late, and the gateway throttles", async () => {
    const { lawId } = await env.newLaw(null);
    const kinds: readonly Fault[] = [
      { kind: "lose-answer" },
      { kind: "refuse", status: 429 },
      { kind: "cut-answer" },
      { kind: "refuse", status: 503, retryAfter: "1" },
      { kind: "lose-request" },
      { kind: "refuse", status: 502 },
    ];
    const api = await apiThrough((call) =>
      call % 2 === 0 ? { kind: "pass" } : (kinds[(call >> 1) % kinds.length] ?? { kind: "pass" }),
    );
    const summary = await send(api, lawId, newFile());
    expect(summary).toMatchObject({ voters: VOTERS, bad: 0 });
    expect(summary.laws).toMatchObject([{ loaded: VOTERS, known: 0 }]);
    await expectWhole(lawId, VOTERS);
  });

  test("by two people at once, of the same file and of different ones", async () => {
    const { lawId } = await env.newLaw(null);
    const [one, two] = twoFiles();
    const sent = [send(apiOf("anna"), lawId, one), send(apiOf("bruno"), lawId, one), send(apiOf("carla"), lawId, two)];
    const ends = await Promise.allSettled(sent);
    // Of the same file, whoever is second to end is told that somebody else has ended it.
    for (const end of ends)
      if (end.status === "rejected") expect(end.reason).toMatchObject({ message: /ended elsewhere/ });
    expect(ends.filter(({ status }) => status === "fulfilled").length).toBeGreaterThanOrEqual(2);
    await expectWhole(lawId, 2 * VOTERS);
  });

  test("by another person, when the first one's machine died", async () => {
    const { lawId } = await env.newLaw(null);
    const text = newFile();
    const dead = new Error("the machine died");
    let isDead = false;
    const api = apiOf("anna");
    const dying: Pick<OperatorsApi, "perform"> = {
      perform: (act, request, options) => {
        if (isDead) throw dead;
        return api.perform(act, request, options);
      },
    };
    const source = Readable.from([text]);
    const onProgress = (voters: number) => {
      if (voters < 5 * CHUNK) return;
      isDead = true;
      throw dead;
    };
    await expect(sendRoll(dying, { laws: [lawId], source, chunkVoters: CHUNK, onProgress })).rejects.toBe(dead);
    const loaded: number[] = [];
    const summary = await send(apiOf("bruno"), lawId, text, (voters) => loaded.push(voters));
    expect(loaded[0]).toBe(6 * CHUNK);
    expect(summary.laws).toMatchObject([{ loaded: VOTERS }]);
    await expectWhole(lawId, VOTERS);
    // The second one's begin and end; of the first one only the begin.
    expect(await journalOf(lawId)).toEqual([
      "begin-load begun",
      "begin-load done",
      "begin-load begun",
      "begin-load done",
      "finish-load begun",
      "finish-load done",
    ]);
  });
});

describe("a rebuild", { tags: ["faults"] }, () => {
  test.each(["roll", "redis", "postgres"] as const)("ends well although %s is killed in its middle", async (what) => {
    const { lawId, voters } = await env.newLaw(3_000);
    const answer = await env.api.vote({ lawId, voter: voters[0] });
    expect(await env.decided([answer])).toEqual(["counted"]);
    await env.target.redis.flushall();
    const kill = killWhen(() => isInDatabase("roll"), what);
    const api = await apiThrough((call) => (call === 1 ? { kind: "pass", first: kill.first } : { kind: "pass" }));
    const outcome = await api.perform(rebuildRolls, { laws: [lawId] });
    expect(outcome).toMatchObject({ kind: "done", result: { validate: "fed" } });
    expect(await kill.ended()).toBeGreaterThan(0);
    await expectWhole(lawId, 3_000);
    const again = await env.api.vote({ lawId, voter: voters[0] });
    expect(await env.decided([again])).toEqual(["duplicate"]);
    await env.checkLedger([answer.field("request_id"), again.field("request_id")]);
  });
});

describe("a redrive", { tags: ["faults"] }, () => {
  test("whose function is killed sends back what is left when it is asked again; nothing is lost", async () => {
    const { lawId } = await env.newLaw(1);
    // Of strangers, so that each is decided: invalid.
    const votes = Array.from({ length: 200 }, () => aVote({ lawId }));
    await apiOf().look(readJournal, {});
    await putOn(env.target, "votesDeadLetters", votes.map(writeVote));
    const depth = async () => {
      const { waiting, underWay } = await queueState(env.target, "votesDeadLetters");
      return waiting + underWay;
    };
    const kill = killWhen(async () => (await depth()) < votes.length, "operate");
    const api = await apiThrough((call) => (call === 0 ? { kind: "pass", first: kill.first } : { kind: "pass" }));
    // What the killed function had received is hidden for some seconds.
    await env.until("every dead letter is sent back", async () => {
      await api.perform(redrive, { queues: ["votes"] });
      return (await depth()) === 0;
    });
    expect(await kill.ended()).toBeGreaterThan(0);
    await env.until("every vote is decided", async () => {
      const { rows } = await env.target.pool.query("select from vote_audit where law_id = $1", [lawId]);
      return rows.length === votes.length;
    });
    const phases = (await apiOf().look(readJournal, { limit: 1_000 })).entries
      .filter(({ act }) => act === "redrive")
      .map(({ phase }) => phase);
    expect(phases.slice(0, 2)).toEqual(["begun", "done"]);
  });
});

describe("while PostgreSQL is away", { tags: ["faults"] }, () => {
  test("a law can be frozen; the answer says that the journal does not have it, and later it has", async () => {
    const { lawId } = await env.newLaw(1);
    const api = apiOf();
    // Warm: its first call would look up the schema.
    await api.look(readJournal, {});
    const [postgres = 0] = await pidsOf("postgres");
    await whileStopped(postgres, async () => {
      expect(await api.perform(freezeLaw, { law_id: lawId })).toMatchObject({
        kind: "done",
        result: { frozen: true, changed: true, in_journal: false },
      });
    });
    expect((await env.target.laws.get(lawId))?.frozen).toBe(true);
    await expect(api.perform(freezeLaw, { law_id: lawId })).resolves.toMatchObject({
      result: { frozen: true, changed: false, in_journal: true },
    });
    expect(await journalOf(lawId)).toContain("freeze-law done");
  });
});

test("a call for an act that there is not is refused and changes nothing", async () => {
  const answer = await fetch(new URL("v1/acts/no-such-act", `${operatorsUrl()}/`), {
    method: "POST",
    headers: { "content-type": "application/json", "x-operator": "anna" },
    body: JSON.stringify({ run: randomUUID(), request: {} }),
  });
  expect(answer.status).toBe(404);
});
